"""A channel event: something a customer did, or had done to them, on a channel."""

from __future__ import annotations

from msgspec import Raw, Struct

from legato.core.instant import MINUTE, Instant, Span

FUTURE: Span = 5 * MINUTE
"""How far `time` may lie ahead of `received` before it is clamped and flagged."""
NO_DATA = Raw()
"""Empty and false; msgspec cannot decode `Raw | None`, it takes that for None."""


class Location(Struct, frozen=True, omit_defaults=True, gc=False):
    """Where it happened: a venue (shop, park, kiosk) in a region."""

    venue: str | None = None
    region: str | None = None


class Event(Struct, omit_defaults=True, gc=False, kw_only=True):
    """The envelope of every event; `data` stays JSON until its type asks for a payload.

    `time` and `received` are epoch milliseconds: when it happened, and when the log took it.
    `customer_id` is filled by identify, or comes from a trusted source. Only the door of the
    line (`wire`) writes to an event after it was read.
    """

    id: str
    type: str
    channel: str
    time: int
    received: int = 0
    source: str = ""
    customer_id: str = ""
    identifiers: dict[str, str] | None = None
    session_id: str | None = None
    cart_id: str | None = None
    order_id: str | None = None
    case_id: str | None = None
    brand: str | None = None
    location: Location | None = None
    device: str | None = None
    clamped: bool = False
    data: Raw = NO_DATA


def clamp(event: Event, received: Instant) -> Event:
    """Note when the log took the event, and pull a time from the future back to it."""
    event.received = received
    if event.time > received + FUTURE:
        event.time = received + FUTURE
        event.clamped = True
    return event
