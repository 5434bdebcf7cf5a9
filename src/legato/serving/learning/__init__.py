"""`legato learn`: what becomes of actions, made into tables of propensities hour by hour."""
