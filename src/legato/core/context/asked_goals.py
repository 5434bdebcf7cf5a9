"""Goals that are known only while a playbook asks for them: interest, reservation, order.

What they are made of lies in stores of the past (`core/context/past.py`), so that it costs
nobody anything who does not ask. What is open is worked out whenever it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.goals import Goal, GoalKind, goal_named
from legato.core.context.interests import (
    LONGEST_INTEREST,
    Interest,
    interest_need,
    looked_at,
    open_interests,
)
from legato.core.context.open_orders import ORDER_NEED, OpenOrder, ends_order, open_orders
from legato.core.context.past import KeptPast
from legato.core.context.reservations import (
    RESERVATION_NEED,
    OpenReservation,
    ends_reservation,
    open_reservations,
)
from legato.core.context.retention import KEEP_ASKED, MOST_INTERESTS
from legato.core.events.event import Event
from legato.core.values.time import LONG_AGO, Instant, Span

Spans = Mapping[GoalKind, Span]
LONGEST: Spans = {
    "interest": LONGEST_INTEREST,
    "reservation": KEEP_ASKED,
    "order": KEEP_ASKED,
}
"""How long each of them may be known."""


def needs_of(spans: Spans) -> tuple[KeptPast, ...]:
    """Say what must be kept so that these are known for so long."""
    needs = {"reservation": RESERVATION_NEED, "order": ORDER_NEED}
    if "interest" in spans:
        needs["interest"] = interest_need(spans["interest"])
    return tuple(needs[kind] for kind in LONGEST if kind in spans)


class AskedGoals(Struct, frozen=True):
    """What is open of each kind."""

    interests: list[Interest] = []
    reservations: list[OpenReservation] = []
    orders: list[OpenOrder] = []

    def __bool__(self) -> bool:
        """Is there anything?"""
        return bool(self.interests or self.reservations or self.orders)

    def __contains__(self, goal: Goal) -> bool:
        """Is it among them, be it beyond the first ten?"""
        return goal in (
            *(each.goal for each in self.interests),
            *(each.goal for each in self.reservations),
            *(each.goal for each in self.orders),
        )

    @property
    def goals(self) -> list[Goal]:
        """All of them, but of interests the first ten."""
        return [
            *(each.goal for each in self.interests[:MOST_INTERESTS]),
            *(each.goal for each in self.reservations),
            *(each.goal for each in self.orders),
        ]


def asked_goals(context: Context, spans: Spans, known: Instant, now: Instant) -> AskedGoals:
    """List those of these kinds that are open at `now`, by all that was known by `known`.

    Of interest that is what was looked at within its span.
    """
    return AskedGoals(
        open_interests(context, now - spans["interest"], known) if "interest" in spans else [],
        open_reservations(context, known, now) if "reservation" in spans else [],
        open_orders(context, known, now) if "order" in spans else [],
    )


def asked_goals_among(context: Context, goals: tuple[str, ...], now: Instant) -> AskedGoals:
    """List what is open still of goals that were named."""
    wanted = {*map(goal_named, goals)}
    kinds = {goal.kind: LONGEST[goal.kind] for goal in wanted if goal.kind in LONGEST}
    if not kinds:
        return AskedGoals()
    found = asked_goals(context, kinds, now, now)
    return AskedGoals(
        [each for each in found.interests if each.goal in wanted],
        [each for each in found.reservations if each.goal in wanted],
        [each for each in found.orders if each.goal in wanted],
    )


def is_ended_by(event: Event, goal: Goal) -> bool:
    """Is it over with this very event, unless it is told of by orders (`reduced_goals`)?"""
    if goal.kind == "reservation":
        return ends_reservation(event, goal)
    return goal.kind == "order" and ends_order(event, goal)


def goals_told_of(context: Context, until: Instant) -> set[str]:
    """Name all that was told of by then, of these kinds, as far as it is kept."""
    goals = [each.goal for each in looked_at(context, LONG_AGO, until)]
    goals += (each.goal for each in open_reservations(context, until, until))
    goals += (each.goal for each in open_orders(context, until, until))
    return {goal.name for goal in goals}
