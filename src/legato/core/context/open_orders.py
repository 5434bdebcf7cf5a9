"""Orders on their way: kept in a store of the past, for a playbook that asks for them.

What is bought in a shop is taken along, so of an order that was placed there something must be
told besides: that it was sent off, is late, or waits to be collected.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.goals import Goal
from legato.core.context.past import KeptPast, PastEntry, entries_in
from legato.core.context.retention import KEEP_ASKED, SHOWN_MOST
from legato.core.events.event import Event
from legato.core.values.time import DAY, Instant

_STORE = "order"
_PLACED, _UNPAID = "order.completed", "payment.failed"
_SHOP = "store"
_ON_THE_WAY = {
    _PLACED: "not sent yet",
    "delivery.dispatched": "on its way",
    "delivery.delayed": "late",
    "order.ready_for_pickup": "ready to be collected",
}
"""What is told of an order by which it is open, and how far it is then."""
_OVER = frozenset(
    ("delivery.completed", "order.cancelled", "order.picked_up", "order.returned")
)
_TYPES = (*sorted({*_ON_THE_WAY, *_OVER, _UNPAID}),)

ORDER_NEED = KeptPast(
    _STORE, _TYPES, (("type",), ("channel",), ("order_id",)), KEEP_ASKED + DAY, SHOWN_MOST
)
"""What must be kept to know which orders are on their way."""


class OpenOrder(Struct, frozen=True):
    """An order, since when it is known, and how far it is.

    The channel is where it was placed; empty if nobody told of that.
    """

    id: str
    time: Instant
    channel: str
    state: str

    @property
    def goal(self) -> Goal:
        """How it stands among the goals."""
        return Goal("order", self.id)


def open_orders(context: Context, known: Instant, now: Instant) -> list[OpenOrder]:
    """List the orders that are on their way for all that was told by `known`.

    That it arrived may not be told: it counts until nothing was heard of it for 30 days.
    """
    told: dict[str, list[PastEntry]] = {}
    for entry in entries_in(context, _STORE):
        if entry.time <= known and entry.values[2]:
            told.setdefault(str(entry.values[2]), []).append(entry)
    return [each for name in told for each in _open(name, told[name], now)]


def ends_order(event: Event, goal: Goal) -> bool:
    """Does an event tell of an order that it is on its way no more?"""
    return event.order_id == goal.key and event.type in (*_OVER, _UNPAID)


def _open(order_id: str, told: list[PastEntry], now: Instant) -> Iterable[OpenOrder]:
    """Tell an order if it is open by these, which are in order of time."""
    steps = [each for each in told if each.values[0] in _ON_THE_WAY]
    kinds = {each.values[0] for each in told}
    taken_along = all(each.values[:2] == [_PLACED, _SHOP] for each in steps)
    if taken_along or not kinds.isdisjoint(_OVER):
        return ()
    first, last = steps[0], steps[-1]
    failed = max((each.time for each in told if each.values[0] == _UNPAID), default=0)
    if failed >= last.time or last.time + KEEP_ASKED <= now:
        return ()
    channel = str(first.values[1]) if first.values[0] == _PLACED else ""
    return (OpenOrder(order_id, first.time, channel, _ON_THE_WAY[last.values[0]]),)
