"""The envelope as others write it: times in words, numbers for ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from legato.core.events.event import NO_DATA, Event, Location
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import Instant, read_instant

Word: TypeAlias = str | int
Nothing: TypeAlias = (
    bool
    | Annotated[list[Any], Meta(max_length=0)]
    | Annotated[dict[str, Any], Meta(max_length=0)]
)
"""What others write where they have nothing to say, besides null and an empty text."""
Given: TypeAlias = Word | Nothing | None
"""A field that may be left out."""
_NoObject: TypeAlias = (
    bool | Annotated[str, Meta(max_length=0)] | Annotated[list[Any], Meta(max_length=0)] | None
)
Reading: TypeAlias = Event | Unreadable | Rejected
MappedReading: TypeAlias = Reading | Ignored
"""What a source's maps make of an event; Ignored where a map leaves it out."""


class Misunderstood(Struct, frozen=True):
    """An event with words that nobody knows: `why` is its dead letter.

    It is followed all the same, as far as it refuses something.
    """

    event: Event
    why: Rejected


SourceReading: TypeAlias = MappedReading | Misunderstood
"""What becomes of an event of a source."""


class Several(Struct, frozen=True):
    """A record that holds several events: what becomes of each, in their order."""

    readings: tuple[SourceReading, ...]


def each_of(read: SourceReading | Several) -> tuple[SourceReading, ...]:
    """List what became of a record, whether it held one event or several."""
    return read.readings if isinstance(read, Several) else (read,)


class LenientPlace(Struct, gc=False):
    """A location whose names may be numbers."""

    venue: Given = None
    region: Given = None


class BareEnvelope(Struct, kw_only=True, gc=False):
    """An envelope without payload, before times and ids are settled."""

    id: Word | None = None
    type: str
    channel: str
    time: int | float | str
    customer_id: Given = None
    identifiers: dict[str, Given] | _NoObject = None
    session_id: Given = None
    cart_id: Given = None
    order_id: Given = None
    case_id: Given = None
    brand: Given = None
    location: LenientPlace | _NoObject = None
    device: Given = None
    authenticated: bool | Literal[""] | None = None


class LenientEnvelope(BareEnvelope, kw_only=True, gc=False):
    """An envelope as JSON; fields that are not known are ignored."""

    data: Raw = NO_DATA


NO_ID = Rejected("bad_envelope", "envelope: Object missing required field `id`", "read")
_EMPTY = re.compile(r"`\w+` of length <= 0")
_NO_DATA = (b"false", b"[]", b'""')
_decode = msgspec.json.Decoder(LenientEnvelope).decode


def read_loose(value: bytes, delivery: str = "") -> Reading:
    """Read a JSON envelope, or say in a word why it is none.

    `delivery` is the id of an event that has none.
    """
    try:
        loose = _decode(value)
    except msgspec.ValidationError as error:
        return no_envelope(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
    if nameless(loose.id):
        loose.id = delivery or None
    return normalize(loose, loose.data)


def nameless(name: object) -> bool:
    """Tell whether an event has no id of its own."""
    return name is None or name == ""


def no_envelope(error: msgspec.ValidationError) -> Rejected:
    """Say which field of the envelope is not what it should be."""
    told = _EMPTY.sub("a text, a number or nothing", str(error))
    return Rejected("bad_envelope", f"envelope: {told}", "read")


def unreadable(error: Exception) -> Unreadable:
    """Name what is wrong with bytes that should be JSON, without repeating any of them."""
    if isinstance(error, UnicodeError):
        return Unreadable("not_utf8", "a text is not UTF-8")
    if isinstance(error, RecursionError):
        return Unreadable("too_deep", "nested too deeply; send flatter `data`")
    return Unreadable("not_json", str(error))


def normalize(bare: BareEnvelope, data: Raw) -> Event | Rejected:
    """Turn times and ids into those of the core; what says nothing is left out."""
    if bare.id is None:
        return NO_ID
    time = _instant(bare.time)
    if time is None:
        return Rejected("bad_time", "`time` is neither RFC 3339 with zone nor epoch ms", "read")
    try:
        return _event(bare, time, without_nothing(data))
    except ValueError as error:
        return Rejected("bad_envelope", f"envelope: {error}", "read")


def _event(bare: BareEnvelope, time: Instant, data: Raw) -> Event:
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
        authenticated=None if bare.authenticated == "" else bare.authenticated,
    )


def _instant(time: float | str) -> Instant | None:
    try:
        if isinstance(time, str):
            digits = time.isascii() and time.isdigit()
            return int(time) if digits else read_instant(time)
        return round(time)
    except (ValueError, OverflowError):
        return None


def _text(word: Given) -> str | None:
    """Read a name; what says nothing is left out. Raises ValueError for `true`."""
    if word is None or word is False:
        return None
    if isinstance(word, str):
        return word if word and not word.isspace() else None
    if word is True:
        raise ValueError("`true` is no name; send a text, a number or nothing")
    return str(word) if isinstance(word, int) else None


def _identifiers(given: dict[str, Given] | _NoObject) -> dict[str, str] | None:
    """Leave out what says nothing; numbers become their digits."""
    if not isinstance(given, dict):
        _check_false(given)
        return None
    return {name: text for name, value in given.items() if (text := _text(value)) is not None}


def _location(place: LenientPlace | _NoObject) -> Location | None:
    if not isinstance(place, LenientPlace):
        _check_false(place)
        return None
    venue, region = _text(place.venue), _text(place.region)
    return Location(venue, region) if venue or region else None


def without_nothing(data: Raw) -> Raw:
    """Take `data` that says nothing for none."""
    return NO_DATA if len(data) <= len(_NO_DATA[0]) and bytes(data) in _NO_DATA else data


def texts_of(given: Mapping[str, object]) -> dict[str, str]:
    """Take the identifiers that a line has, whatever else is wrong with it."""
    found = {name: value for name, value in given.items() if type(value) in (str, int)}
    return {name: str(value) for name, value in found.items() if value != ""}


def _check_false(given: _NoObject) -> None:
    if given is True:
        raise ValueError("`true` tells no names; send an object or nothing")
