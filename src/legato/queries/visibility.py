"""Who may be seen at a venue or in a queue, and why: read off a context and the clock alone.

A customer is visible to a venue while they are there, expected (for an order to collect or what
is reserved), or there by what somebody told (a resume code, a scan, a claim), and for two hours
after. Who asked to be forgotten is visible to none. The context is as `wire/context_view.py`
lays it out, and cut to what its reader may see: what is cut off makes nobody visible.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from legato.core.context.erasure import REQUESTED
from legato.core.context.retention import STAYS_VISIBLE
from legato.core.values.time import LONG_AGO, Instant
from legato.queries.shown import Json

WhyVisible: TypeAlias = Literal["present", "guest", "expected", "left", "lapsed"]
"""They are there; they are by what was told; they are expected; they were seen elsewhere since;
what they were expected for is over by its time."""


class Visibility(Struct, frozen=True):
    """Why a customer is visible to a venue, since when, and until when if nothing happens.

    `what` are the goals that they are expected for, also of one who came: `order:ID`,
    `reservation:SKU`. `since` is 0 where only until when is known.
    """

    why: WhyVisible
    since: Instant
    until: Instant
    what: tuple[str, ...] = ()


class VisibleContact(Struct, frozen=True):
    """That a customer is in contact with a queue, since when, or since when they wait there."""

    since: Instant
    until: Instant
    channel: str
    agent: str
    waiting: Instant | None


def visible_at(
    context: Json, venue: str, now: Instant, guest_until: Instant = LONG_AGO
) -> Visibility | None:
    """Say why a customer is visible to a venue; None if they are not.

    `guest_until` is until when somebody told that they are there.
    """
    if has_asked_to_be_forgotten(context):
        return None
    expected = [
        each
        for each in context.get("expected", ())
        if each["venue"] == venue and now < each["until"] + STAYS_VISIBLE
    ]
    what = tuple(each["what"] for each in expected if now < each["until"])
    visit = _visit(context, venue, now, what)
    if visit is not None and visit.why == "present":
        return visit
    if now < guest_until:
        return Visibility("guest", 0, guest_until, what)
    return _expectation(expected, what, now) or visit


def contact_in(
    context: Json, queue: str, now: Instant, default_queue: str = ""
) -> VisibleContact | None:
    """Say that a customer is in contact with a queue, or waits in it; None if they do not.

    A contact that names no queue is one of the default.
    """
    contact = context.get("contact")
    if contact is None or now >= contact["until"]:
        return None
    if (contact["queue"] or default_queue) != queue:
        return None
    if has_asked_to_be_forgotten(context):
        return None
    waiting = contact.get("waiting")
    since = contact["started"] if waiting is None else waiting
    return VisibleContact(
        since, contact["until"], contact["channel"], contact["agent"], waiting
    )


def waits_in(action: Json, queue: str, contact: VisibleContact | None) -> bool:
    """Does an open action wait in a queue, or with a customer who is in contact with it?

    Whoever is passed on takes along what waits; so does who was in no queue as it was decided.
    """
    waits = action.get("queue", "")
    return bool(waits) and (contact is not None or waits == queue)


def has_asked_to_be_forgotten(context: Json) -> bool:
    """Does a request to be forgotten stand?"""
    erasure = context.get("erasure")
    return erasure is not None and erasure["status"] == REQUESTED


def _visit(context: Json, venue: str, now: Instant, what: tuple[str, ...]) -> Visibility | None:
    """Say that they are there, or left for another venue not long ago."""
    visits = context.get("venues", ())
    time = max((each["time"] for each in visits if each["venue"] == venue), default=LONG_AGO)
    if now >= time + STAYS_VISIBLE:
        return None
    went_on = any(each["time"] > time for each in visits)
    return Visibility("left" if went_on else "present", time, time + STAYS_VISIBLE, what)


def _expectation(
    expected: list[Json], what: tuple[str, ...], now: Instant
) -> Visibility | None:
    """Say since when they are expected, or that it is over by its time."""
    if not expected:
        return None
    holds = [each for each in expected if not what or now < each["until"]]
    since = min(each["since"] for each in holds)
    until = max(each["until"] for each in holds) + STAYS_VISIBLE
    return Visibility("expected" if what else "lapsed", since, until, what)
