"""What the type of an event alone says of it, found out once for each type."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.events.payloads import Payload, reader_of
from legato.core.events.touchpoint import TouchpointEncoders
from legato.core.events.vocabulary import initiated

MOST_EVENT_TYPES = 4_096
"""Types come from outside, so no more than these are remembered."""


STAGES = ("awareness", "acquisition", "onboarding", "engagement")
"""How far the relation with a customer gets."""
_REACHES = {
    "product.viewed": 1,
    "cart.item_added": 1,
    "cart.updated": 1,
    "checkout.started": 1,
    "account.created": 2,
    "order.completed": 3,
    "product.first_used": 3,
}


def reach_of(event_type: str) -> int:
    """Return the index in STAGES that an event of this type brings a customer to."""
    return _REACHES.get(event_type, 0)


def lifts_of(reach: int) -> frozenset[str]:
    """Return the stages that an event with this reach moves a customer on from."""
    return frozenset(STAGES[:reach])


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
