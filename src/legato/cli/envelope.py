"""An event as a person tells it on the command line, made into an envelope."""

from __future__ import annotations

import time
import uuid

from msgspec import Struct

from legato.cli.args import read_pairs
from legato.core.events.event import Event
from legato.core.values.time import (
    Instant,
    in_words,
    in_words_ms,
    read_instant,
    read_span,
    read_time,
)
from legato.queries.errors import Unclear
from legato.queries.identifier_lookup import read_identifier

FIELDS = ("cart_id", "order_id", "case_id", "session_id", "brand", "device")
"""What of an envelope may be told as it is; absent where it is None."""


class ToldEvent(Struct, frozen=True, kw_only=True):
    """What the command line said: `words` are the type and then `key=value` pairs."""

    words: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    channel: str = ""
    at: str = ""
    event_id: str = ""
    cart_id: str | None = None
    order_id: str | None = None
    case_id: str | None = None
    session_id: str | None = None
    brand: str | None = None
    device: str | None = None
    file: str | None = None
    topic: str | None = None


class Envelope(Struct, omit_defaults=True, kw_only=True):
    """An event as it goes to a source topic, as JSON."""

    id: str
    type: str
    channel: str
    time: str
    identifiers: dict[str, str]
    session_id: str | None = None
    cart_id: str | None = None
    order_id: str | None = None
    case_id: str | None = None
    brand: str | None = None
    device: str | None = None
    location: dict[str, object] | None = None
    data: dict[str, object] = {}


def envelope_of(told: ToldEvent, now: Instant) -> Envelope:
    """Make the envelope of one event; raises Unclear."""
    data = read_pairs(told.words[1:])
    location = data.pop("location", None)
    if location is not None and not isinstance(location, dict):
        raise Unclear("`location` has parts; write for example `location.venue=BER-1`")
    return Envelope(
        id=told.event_id or uuid.uuid4().hex,
        type=_type_of(told.words),
        channel=_channel_of(told.channel),
        time=in_words_ms(read_moment(told.at, now)),
        identifiers=_identifiers(told.identifiers),
        location=location,
        data=data,
        **{name: getattr(told, name) for name in FIELDS},
    )


def event_of(envelope: Envelope) -> Event:
    """Make of an envelope what the line resolves: all but its payload."""
    return Event(
        id=envelope.id,
        type=envelope.type,
        channel=envelope.channel,
        time=read_instant(envelope.time),
        identifiers=dict(envelope.identifiers),
    )


def wall_clock() -> Instant:
    """Read the time of this machine in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def read_moment(text: str, now: Instant) -> Instant:
    """Read RFC 3339, epoch milliseconds, or a span from now (`-50m`, `+1h`); empty = now."""
    try:
        if not text:
            return now
        if text[0] in "+-":
            return now + read_span(text[1:]) * (-1 if text[0] == "-" else 1)
        return read_time(text)
    except ValueError:
        example = in_words(now)
        raise Unclear(f"`{text}` is not a time; write `{example}`, `-50m` or `+1h`") from None


def _type_of(words: tuple[str, ...]) -> str:
    if not words or "=" in words[0]:
        raise Unclear("which type of event? name it first, for example `cart.item_added`")
    return words[0]


def _channel_of(channel: str) -> str:
    if not channel:
        raise Unclear("on which channel? add for example `--channel web`")
    return channel


def _identifiers(texts: tuple[str, ...]) -> dict[str, str]:
    if not texts:
        raise Unclear("who did it? add for example `--as loyalty:42`")
    return dict(map(read_identifier, texts))
