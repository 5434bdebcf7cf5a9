"""To try by hand: a shop, the desk and a mail catcher, with all of Legato behind them."""
