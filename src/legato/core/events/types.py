"""What the type of an event alone says of it, found out once for each type."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.events.payloads import Payload
from legato.core.events.touchpoint import TouchpointEncoders
from legato.core.events.vocabulary import initiated, lifts_of, reach_of, reader_of

MOST_EVENT_TYPES = 4_096
"""Types come from outside, so no more than these are remembered."""


class EventType(Struct, frozen=True, gc=False):
    """One event type: its name (kept once), what reads its data, who caused it, its reach.

    `stamps` packs its touchpoints.
    """

    name: str
    encoders: TouchpointEncoders
    read: Callable[[bytes], Payload] | None
    initiated: bool
    is_click: bool
    is_outcome: bool
    is_consent: bool
    reach: int
    lifts: frozenset[str]


class EventTypes(dict[str, EventType]):
    """Event type -> its kind."""

    def __missing__(self, event_type: str) -> EventType:
        kind = EventType(
            name=event_type,
            encoders=TouchpointEncoders(event_type),
            read=reader_of(event_type),
            initiated=initiated(event_type),
            is_click=event_type == "message.clicked",
            is_outcome=event_type.startswith("action."),
            is_consent=event_type == "consent.updated",
            reach=reach_of(event_type),
            lifts=lifts_of(reach_of(event_type)),
        )
        if len(self) < MOST_EVENT_TYPES:
            self[event_type] = kind
        return kind


EVENT_TYPES = EventTypes()
