"""A channel event: something a customer did, or had done to them, on a channel."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from legato.core.values.time import LATEST, MINUTE, Instant, Span

FUTURE: Span = 5 * MINUTE
"""How far `time` may lie ahead of `received` before it is clamped and flagged."""
NO_DATA = Raw()
"""Empty and false; msgspec cannot decode `Raw | None`, it takes that for None."""
TEXT_MAX = 256
"""Characters of the longest id, type, channel or identifier."""

Name = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
Happened = Annotated[int, Meta(gt=0, lt=LATEST)]
"""What decoding checks by itself, at the price of nearly nothing."""


class Location(Struct, frozen=True, omit_defaults=True, gc=False):
    """Where it happened: a venue (shop, park, kiosk) in a region."""

    venue: str | None = None
    region: str | None = None


class Event(Struct, omit_defaults=True, gc=False, kw_only=True):
    """The envelope of every event; `data` stays JSON until its type asks for a payload.

    `time` and `received` are epoch milliseconds: when it happened, and when the log took it.
    `customer_id` is filled by identify, or comes from a trusted source. `authenticated` says
    whether the identifiers are proven to be one customer's; if it says nothing, the source's
    rule holds. `initiated` is False where the source says that the customer did not do it.
    `key` and `before` are told by changes of references alone: what changed, and from what.
    Only the door of the line (`wire`, identify) writes to an event once read.
    """

    id: Name
    type: Name
    channel: Name
    time: Happened
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
    authenticated: bool | None = None
    initiated: bool | None = None
    key: str | None = None
    before: dict[str, Any] | None = None


def clamp(event: Event, received: Instant) -> Event:
    """Note when the log took the event, and pull a time from the future back to it."""
    event.received = received
    if event.time > received + FUTURE:
        event.time = received + FUTURE
        event.clamped = True
    return event
