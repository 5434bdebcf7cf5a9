"""What the type of an event alone says of it, found out once for each type."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.context.lifecycle import lifts_of, reach_of
from legato.core.context.timeline import Stamps
from legato.core.events.payloads import Payload, reader_of
from legato.core.events.vocabulary import initiated

MOST_KINDS = 4_096
"""Types come from outside, so no more than these are remembered."""


class Kind(Struct, frozen=True, gc=False):
    """One event type: its name (kept once), what reads its data, who caused it, its reach.

    `stamps` packs its touchpoints.
    """

    name: str
    stamps: Stamps
    read: Callable[[bytes], Payload] | None
    initiated: bool
    is_click: bool
    is_outcome: bool
    is_consent: bool
    reach: int
    lifts: frozenset[str]


class Kinds(dict[str, Kind]):
    """Event type -> its kind."""

    def __missing__(self, event_type: str) -> Kind:
        kind = Kind(
            name=event_type,
            stamps=Stamps(event_type),
            read=reader_of(event_type),
            initiated=initiated(event_type),
            is_click=event_type == "message.clicked",
            is_outcome=event_type.startswith("action."),
            is_consent=event_type == "consent.updated",
            reach=reach_of(event_type),
            lifts=lifts_of(reach_of(event_type)),
        )
        if len(self) < MOST_KINDS:
            self[event_type] = kind
        return kind


KINDS = Kinds()
