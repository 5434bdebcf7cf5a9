"""Open reservations: kept in a store of the past, for a playbook that asks for them."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.goals import Goal
from legato.core.context.interests import NAMES, SHOWN, TRIED_ON, shown_item
from legato.core.context.looked_at import article_of, names_among
from legato.core.context.past import KeptPast, PastEntry, entries_in
from legato.core.context.retention import KEEP_ASKED, RESERVED_FOR, SHOWN_MOST
from legato.core.events.event import Event
from legato.core.events.payloads import Item
from legato.core.values.time import DAY, Instant, read_instant

NO_ARTICLE = "-"
"""What stands for the article of a reservation that names none."""
_STORE = "reservation"
_MADE = "reservation.made"
_TYPES = (TRIED_ON, "reservation.cancelled", _MADE, "reservation.released")
_PATHS = (
    ("type",),
    ("channel",),
    ("location", "venue"),
    ("data", "until"),
    *(("data", name) for name in (*NAMES, *SHOWN)),
)
_FIRST_NAME, _FIRST_SHOWN = len(_PATHS) - len((*NAMES, *SHOWN)), len(_PATHS) - len(SHOWN)

RESERVATION_NEED = KeptPast(_STORE, _TYPES, _PATHS, KEEP_ASKED + DAY, SHOWN_MOST)
"""What must be kept to know which reservations are open."""


class OpenReservation(Struct, frozen=True):
    """What is reserved, on which channel that was, where it lies, and until when, if told."""

    item: Item
    time: Instant
    channel: str
    venue: str
    until: Instant | None

    @property
    def goal(self) -> Goal:
        """How it stands among the goals."""
        return Goal("reservation", self.item.sku)

    def is_open(self, now: Instant) -> bool:
        """Is it kept for them still?"""
        return now < (self.time + RESERVED_FOR if self.until is None else self.until)


def open_reservations(context: Context, known: Instant, now: Instant) -> list[OpenReservation]:
    """List what is open of all that was reserved by `known`, as it was by then."""
    return [each for each in _reserved(context, known).values() if each.is_open(now)]


def ends_reservation(event: Event, goal: Goal) -> bool:
    """Is this what an event releases, calls off or tries on? Without an article, all is."""
    if event.type == _MADE or event.type not in _TYPES:
        return False
    return article_of(event)[0] in ("", goal.key)


def _reserved(context: Context, known: Instant) -> dict[str, OpenReservation]:
    """What was neither released, called off nor tried on; without an article that means all."""
    made: dict[str, OpenReservation] = {}
    for entry in entries_in(context, _STORE):
        if entry.time > known:
            break
        name, _ = names_among(entry.values[_FIRST_NAME:_FIRST_SHOWN])
        if entry.values[0] == _MADE:
            made[name or NO_ARTICLE] = _read(entry, name or NO_ARTICLE)
        elif name:
            made.pop(name, None)
        else:
            made.clear()
    return made


def _read(entry: PastEntry, name: str) -> OpenReservation:
    _, channel, venue, until, *_ = entry.values
    item = shown_item(name, entry.values[_FIRST_SHOWN:])
    return OpenReservation(item, entry.time, str(channel), str(venue or ""), until_told(until))


def until_told(told: object) -> Instant | None:
    """Read until when; what is no instant tells nothing."""
    try:
        return read_instant(told) if isinstance(told, str | int) else None
    except ValueError:
        return None
