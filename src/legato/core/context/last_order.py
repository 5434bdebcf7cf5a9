"""The last order of all, which is what most are: what is in the carts now is what it took from.

It leaves what `order_laying.py` would, which knows how to lay an order into the past.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.cart_times import Touch, last_touch_of, place_of
from legato.core.context.context import Cart, Order
from legato.core.context.order_laying import shares, take, take_off


def lay_last(carts: dict[str, Cart], order: Order, mark: bytes) -> tuple[Order, list[str]]:
    """Close the cart that an order came from, and take its articles out of all others.

    Returns the order as it was laid, and the goals that it took from: those of carts that it
    closed come last. `carts` are those with anything to finish; the closed ones stay in it.
    """
    own = order.cart_id or _own(carts, order)
    closed, taken, ended = list[str](), list[str](), list[str]()
    for key, cart in carts.items():
        filled = bool(cart.lines)
        if key == own:
            for sku in sorted(cart.lines):
                take_off(cart, sku, (order.time, -cart.lines[sku].item.quantity, mark))
        elif not (order.skus and take(cart, order, order.time, mark)):
            continue
        elif cart.lines:
            taken.append(f"cart:{key}")
            continue
        closed.append(key)
        if cart.checkout is not None:
            ended.append(f"checkout:{key}")
            cart.checkout = None
        if filled:
            ended.append(f"cart:{key}")
        cart.step = ""
    closed.sort()
    return replace(order, closed=tuple(closed), own=own), [*taken, *ended]


def _own(carts: dict[str, Cart], order: Order) -> str:
    """Name the cart that an order came from, if it does not; empty if none did."""
    open_carts = [key for key, cart in carts.items() if cart.is_open]
    touches = {key: _last_touch(carts[key]) for key in open_carts}
    place = place_of(order.channel)
    here = [key for key in open_carts if touches[key][1] == place]
    found = [key for key in here if carts[key].checkout is not None]
    if not found and order.skus:
        found = [key for key in here if shares(carts[key], order, order.time)]
    elif not found:
        found = here or (open_carts if len(open_carts) == 1 else [])
    return max(found, key=lambda key: (touches[key][0], key), default="")


def _last_touch(cart: Cart) -> Touch:
    """An older Legato kept no touches."""
    if cart.touches:
        return last_touch_of(cart.touches)
    return cart.touched, place_of(cart.origin)
