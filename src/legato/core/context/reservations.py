"""Open reservations: kept in a store of the past, for a playbook that asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.goals import Goal
from legato.core.context.interests import NAMES, SHOWN, TRIED_ON, shown_item
from legato.core.context.looked_at import article_of, names_among
from legato.core.context.past import KeptPast, PastEntry, entries_in
from legato.core.context.retention import KEEP_ASKED, RESERVED_FOR, SHOWN_MOST
from legato.core.context.runs import KeepsRuns
from legato.core.events.event import Event
from legato.core.events.payloads import Item
from legato.core.values.time import DAY, NEVER, Instant, read_instant

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
    other_names: tuple[str, ...] = ()

    @property
    def goal(self) -> Goal:
        """How it stands among the goals."""
        return Goal("reservation", self.item.sku)

    def is_open(self, now: Instant) -> bool:
        """Is it kept for them still?"""
        return now < (self.time + RESERVED_FOR if self.until is None else self.until)


def reserved_names(context: KeepsRuns, at: Instant | None) -> Iterator[str]:
    """Name the articles that are reserved at an instant; without one, all that ever were."""
    if at is not None:
        for each in _reserved(context, NEVER).values():
            if each.is_open(at):
                yield from (each.item.sku, *each.other_names)
        return
    for entry in entries_in(context, _STORE):
        name, others = names_among(entry.values[_FIRST_NAME:_FIRST_SHOWN])
        yield from (name, *others)


def open_reservations(context: Context, known: Instant, now: Instant) -> list[OpenReservation]:
    """List what is open of all that was reserved by `known`, as it was by then."""
    return [each for each in _reserved(context, known).values() if each.is_open(now)]


def ends_reservation(event: Event, goal: Goal) -> bool:
    """Is this what an event releases, calls off or tries on? Without an article, all is."""
    if event.type == _MADE or event.type not in _TYPES:
        return False
    return article_of(event)[0] in ("", goal.key)


def _reserved(context: KeepsRuns, known: Instant) -> dict[str, OpenReservation]:
    """What was neither released, called off nor tried on; without an article that means all."""
    made: dict[str, OpenReservation] = {}
    for entry in entries_in(context, _STORE):
        if entry.time > known:
            break
        name, others = names_among(entry.values[_FIRST_NAME:_FIRST_SHOWN])
        if entry.values[0] == _MADE:
            made[name or NO_ARTICLE] = _read(entry, name or NO_ARTICLE, others)
        elif name:
            made.pop(name, None)
        else:
            made.clear()
    return made


def _read(entry: PastEntry, name: str, others: tuple[str, ...]) -> OpenReservation:
    _, channel, venue, until, *_ = entry.values
    item = shown_item(name, entry.values[_FIRST_SHOWN:])
    place = str(channel), str(venue or "")
    return OpenReservation(item, entry.time, *place, until_told(until), others)


def until_told(told: object) -> Instant | None:
    """Read until when; what is no instant tells nothing."""
    try:
        return read_instant(told) if isinstance(told, str | int) else None
    except ValueError:
        return None
