"""Which keys a context names: whatever is said of one of them is told to its customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from legato.core.context.codec import Naming
from legato.core.context.context import Cart, LookedAt, Order
from legato.core.values.time import LONG_AGO, Instant


def names_in(context: Naming, since: Instant = LONG_AGO) -> frozenset[str]:
    """List the keys that a context names; of its orders, those after `since`."""
    return frozenset(
        name
        for name in chain(
            _in_carts(context.carts),
            _looked_at(context.looked_at),
            _ordered(order for order in context.orders if order.time > since),
        )
        if name
    )


def _in_carts(carts: Mapping[str, Cart]) -> Iterator[str]:
    for cart in carts.values():
        for sku, line in cart.lines.items():
            yield sku
            yield from line.item.other_ids


def _looked_at(looked: Mapping[str, LookedAt]) -> Iterator[str]:
    for name, look in looked.items():
        yield name
        yield from look.other_ids


def _ordered(orders: Iterator[Order]) -> Iterator[str]:
    for order in orders:
        yield order.id
        yield from order.skus
        for names in order.other_ids:
            yield from names
