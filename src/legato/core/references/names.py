"""Which keys a context names: whatever is said of one of them is told to its customer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain

from legato.core.context.codec import Naming
from legato.core.context.contact import queue_waited_in
from legato.core.context.context import Cart, LookedAt, Order
from legato.core.context.past import PAST
from legato.core.context.reservations import reserved_names
from legato.core.context.retention import KEEP_ORDERS
from legato.core.context.runs import keys_of_runs
from legato.core.values.time import Instant


def names_in(
    context: Naming, at: Instant | None = None, but: Container[str] = ()
) -> frozenset[str]:
    """List the keys that a context names at an instant; without one, all that it ever may.

    What lies in the runs of the situations `but` does not count.
    """
    return frozenset(
        name
        for name in chain(
            _in_carts(context.carts),
            _looked_at(context.looked_at),
            _ordered(context.orders, at),
            _in_runs(context, but),
            reserved_names(context, at),
            _queued(context, at),
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


def _ordered(orders: Iterable[Order], at: Instant | None) -> Iterator[str]:
    for order in orders:
        if at is None or order.time > at - KEEP_ORDERS:
            yield order.id
            yield from order.skus
            for names in order.other_ids:
                yield from names


def _in_runs(context: Naming, but: Container[str]) -> Iterator[str]:
    runs = {word: kept for word, kept in context.runs.items() if word != PAST}
    return (key for situation, key in keys_of_runs(runs) if situation not in but)


def _queued(context: Naming, at: Instant | None) -> tuple[str, ...]:
    """The queue in which they wait; without an instant, the last one."""
    contact = context.contact
    if contact is None:
        return ()
    if at is None:
        return (contact.queue.word if contact.queue else "",)
    return (queue_waited_in(contact, at),)
