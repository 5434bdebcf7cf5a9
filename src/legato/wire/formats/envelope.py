"""The envelope as others write it: times in words, numbers for ids."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from legato.core.events.event import NO_DATA, Event, Location
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant, read_instant

Word: TypeAlias = str | int


class Misunderstood(Struct, frozen=True):
    """An event with words that nobody knows: `why` is its dead letter.

    It is followed all the same, as far as it refuses something.
    """

    event: Event
    why: Rejected


Reading: TypeAlias = Event | Unreadable | Rejected
SourceReading: TypeAlias = Reading | Misunderstood


class LenientPlace(Struct, gc=False):
    """A location whose names may be numbers."""

    venue: Word | None = None
    region: Word | None = None


class BareEnvelope(Struct, kw_only=True, gc=False):
    """An envelope without payload, before times and ids are settled."""

    id: Word
    type: str
    channel: str
    time: int | float | str
    customer_id: Word | None = None
    identifiers: dict[str, Word | None] | None = None
    session_id: Word | None = None
    cart_id: Word | None = None
    order_id: Word | None = None
    case_id: Word | None = None
    brand: Word | None = None
    location: LenientPlace | None = None
    device: Word | None = None
    authenticated: bool | None = None


class LenientEnvelope(BareEnvelope, kw_only=True, gc=False):
    """An envelope as JSON; fields that are not known are ignored."""

    data: Raw = NO_DATA


_decode = msgspec.json.Decoder(LenientEnvelope).decode


def read_loose(value: bytes) -> Reading:
    """Read a JSON envelope, or say in a word why it is none."""
    try:
        loose = _decode(value)
    except msgspec.ValidationError as error:
        return Rejected("bad_envelope", f"envelope: {error}", "read")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
    return normalize(loose, loose.data)


def unreadable(error: Exception) -> Unreadable:
    """Name what is wrong with bytes that should be JSON, without repeating any of them."""
    if isinstance(error, UnicodeError):
        return Unreadable("not_utf8", "a text is not UTF-8")
    if isinstance(error, RecursionError):
        return Unreadable("too_deep", "nested too deeply; send flatter `data`")
    return Unreadable("not_json", str(error))


def normalize(bare: BareEnvelope, data: Raw) -> Event | Rejected:
    """Turn times and ids into those of the core."""
    time = _instant(bare.time)
    if time is None:
        return Rejected("bad_time", "`time` is neither RFC 3339 with zone nor epoch ms", "read")
    return Event(
        id=str(bare.id),
        type=bare.type,
        channel=bare.channel,
        time=time,
        customer_id=_text(bare.customer_id) or "",
        identifiers=_identifiers(bare.identifiers),
        session_id=_text(bare.session_id),
        cart_id=_text(bare.cart_id),
        order_id=_text(bare.order_id),
        case_id=_text(bare.case_id),
        brand=_text(bare.brand),
        location=_location(bare.location),
        device=_text(bare.device),
        data=data,
        authenticated=bare.authenticated,
    )


def _instant(time: float | str) -> Instant | None:
    try:
        if isinstance(time, str):
            return int(time) if time.isdecimal() else read_instant(time)
        return round(time)
    except (ValueError, OverflowError):
        return None


def _text(word: Word | None) -> str | None:
    return word if word is None or isinstance(word, str) else str(word)


def _identifiers(given: dict[str, Word | None] | None) -> dict[str, str] | None:
    """Leave out what is null or blank; numbers become their digits."""
    if not given:
        return None
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def _location(place: LenientPlace | None) -> Location | None:
    return None if place is None else Location(_text(place.venue), _text(place.region))
