"""What the type of an event alone says of it, found out once for each type."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from legato.core.events.event import Event
from legato.core.events.payloads import Payload, PayloadCheck, read_with
from legato.core.events.touchpoint import TouchpointEncoders
from legato.core.events.vocabulary import (
    AWAITING,
    CONSENTS,
    OUTCOME,
    REFERENCE,
    VOCABULARY,
    Vocabulary,
    lifts_of,
)
from legato.core.values.results import Rejected

MOST_EVENT_TYPES = 4_096
"""Types come from outside, so no more than these are remembered."""


class EventType(Struct, frozen=True, gc=False):
    """One event type: its name (kept once), what reads its data, who caused it, its reach.

    `check` is for what was read, where reading is not enough. `encoders` pack its touchpoints.
    """

    name: str
    encoders: TouchpointEncoders
    read: Callable[[bytes], Payload] | None
    check: PayloadCheck | None
    initiated: bool
    is_click: bool
    is_outcome: bool
    is_consent: bool
    is_reference: bool
    is_look: bool
    is_awaiting: bool
    gives_address: bool
    reach: int
    lifts: frozenset[str]

    def read_payload(self, event: Event) -> Payload | Rejected | None:
        """Read and check the payload that this type calls for; None if none."""
        return None if self.read is None else read_with(self.read, self.check, event)


class EventTypes(dict[str, EventType]):
    """Event type -> what a vocabulary knows of it, found out when it is first asked for."""

    def __init__(self, vocabulary: Vocabulary = VOCABULARY) -> None:
        self.vocabulary = vocabulary

    def __missing__(self, event_type: str) -> EventType:
        words = self.vocabulary
        reach = words.reach_of(event_type)
        kind = EventType(
            name=event_type,
            encoders=TouchpointEncoders(event_type),
            read=words.reader_of(event_type),
            check=words.check_of(event_type),
            initiated=words.initiated(event_type),
            is_click=event_type == "message.clicked",
            is_outcome=event_type.startswith(OUTCOME),
            is_consent=event_type in CONSENTS,
            is_reference=event_type.startswith(REFERENCE),
            is_look=event_type == "product.viewed",
            is_awaiting=event_type in AWAITING,
            gives_address=words.gives_address(event_type),
            reach=reach,
            lifts=lifts_of(reach),
        )
        if len(self) < MOST_EVENT_TYPES:
            self[event_type] = kind
        return kind

    def read_payload(self, event: Event) -> Payload | Rejected | None:
        """Read and check the payload that the event's type calls for; None if none."""
        return self[event.type].read_payload(event)


EVENT_TYPES = EventTypes()
