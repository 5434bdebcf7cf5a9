"""What every event must hold, whatever it was written in."""

from __future__ import annotations

import msgspec

from legato.core.events.event import FUTURE, NO_DATA, TEXT_MAX, Event
from legato.core.events.payloads import ConsentsPayload
from legato.core.events.types import EVENT_TYPES
from legato.core.events.vocabulary import VOCABULARY
from legato.core.events.wishes import read_wishes
from legato.core.events.words import CHANNELS, unknown_word
from legato.core.identity.unsound import names_nothing
from legato.core.values.results import Rejected
from legato.core.values.time import Instant, is_plausible, why_implausible
from legato.wire.formats.envelope import Misunderstood, unreadable, without_nothing

FIRST_ID = "\x01"
"""No customer_id is less: keys of contexts that start with a zero byte are Legato's own."""

_NAMELESS = Rejected("no_identifier", "no identifier; send at least one", "read")
_MISNAMED = Rejected(
    "bad_envelope",
    f"an identifier is longer than {TEXT_MAX} characters, or has no type",
    "read",
)
_decode = msgspec.json.Decoder().decode


def sound(event: Event, received: Instant, unit: str = "ms") -> Event | Rejected:
    """Check id, type, channel and time, and pull a time from the future back to `received`.

    `unit` is what the source's times count, for a word on what they seem to count instead.
    """
    if not is_plausible(event.time):
        message = f"`time` {why_implausible(event.time, unit)}, or send epoch ms"
        return Rejected("bad_time", message, "read")
    for name in ("id", "type", "channel"):
        if not 0 < len(getattr(event, name)) <= TEXT_MAX:
            message = f"`{name}` is empty or longer than {TEXT_MAX} characters"
            return Rejected("bad_envelope", message, "read")
    event.received = received
    event.clamped = 0 < received < event.time - FUTURE
    if event.clamped:
        event.time = received + FUTURE
    return event


def without_unsound_ids(event: Event) -> None:
    """Leave out the id of an order, a cart or a case that stands for none.

    What two orders lack in common would make one of them.
    """
    for name in ("order_id", "cart_id", "case_id"):
        named = getattr(event, name)
        if named is not None and names_nothing(named):
            setattr(event, name, None)


def owned(event: Event, key: bytes | None) -> Event | Rejected:
    """Settle whose event it is where the source knows: the record lies by its key."""
    named = event.customer_id
    try:
        owner = key.decode() if key is not None else named
    except UnicodeDecodeError:
        return Rejected("bad_key", "the key is not UTF-8", "read")
    if owner != named and named:
        return Rejected("bad_key", "the key is not the event's `customer_id`", "read")
    if not is_customer_id(owner):
        message = f"no customer_id of 1 to {TEXT_MAX} characters; send it as the key"
        return Rejected("bad_key", message, "read")
    event.customer_id = owner
    return event


def is_customer_id(text: str) -> bool:
    """Tell whether a text may name a customer."""
    return text >= FIRST_ID and len(text) <= TEXT_MAX


def addressed(event: Event, channels: frozenset[str]) -> Event | Misunderstood | Rejected:
    """Check the same as `identified`, of a source whose map names customers by id.

    What became of an action may name its customer so; then identifiers say nothing of that.
    """
    if VOCABULARY.tells_of_action(event.type) and is_customer_id(event.customer_id):
        return readable(event, channels)
    return identified(event, channels)


def identified(
    event: Event, channels: frozenset[str] = CHANNELS
) -> Event | Misunderstood | Rejected:
    """Check what the hop to the customer needs: an identifier, and data that all can read."""
    if event.customer_id:
        event.customer_id = ""
    given = event.identifiers or {}
    for name, value in given.items():
        if not value:
            event.identifiers = {name: value for name, value in given.items() if value}
            return identified(event, channels)
        if not name or len(name) > TEXT_MAX or len(value) > TEXT_MAX:
            return _MISNAMED
    return readable(event, channels) if given else _NAMELESS


def readable(
    event: Event, channels: frozenset[str] = CHANNELS
) -> Event | Misunderstood | Rejected:
    """Check the payload that the event's type calls for, else that the data is sound JSON.

    `channels` are those that a playbook names.
    """
    kind = EVENT_TYPES[event.type]
    if kind.read is None:
        return _whole(event) if event.data else event
    payload = kind.read_payload(event)
    if type(payload) is ConsentsPayload:
        return _understood(event, payload, channels)
    if type(payload) is not Rejected:
        return event
    if without_nothing(event.data) is event.data:
        return payload
    event.data = NO_DATA
    return readable(event, channels)


def _whole(event: Event) -> Event | Rejected:
    """Check that the data is sound JSON where no payload is called for."""
    try:
        _decode(event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("bad_payload", f"`data`: {unreadable(error).message}", "read")
    return event


def _understood(
    event: Event, told: ConsentsPayload, channels: frozenset[str]
) -> Event | Misunderstood | Rejected:
    """See whether all words of a consent are known."""
    wishes = read_wishes(told, channels)
    if not wishes.faults:
        return event
    why = unknown_word(event.type, *wishes.faults)
    return Misunderstood(event, why) if wishes.followed else why
