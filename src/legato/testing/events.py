"""Events as a test tells them: what happened and when, all else with a sane default."""

from __future__ import annotations

import re

import msgspec

from legato.core.events.event import Event
from legato.core.values.ids import derive_id
from legato.core.values.results import Rejected
from legato.core.values.time import HOUR, MINUTE, Instant, read_instant, read_span
from legato.wire.formats.envelope import Misunderstood
from legato.wire.source.validation import readable

START: Instant = 1_772_445_600_000
"""2 March 2026, 10:00 UTC, a Monday: when stories start."""
_MIDNIGHT: Instant = START - 10 * HOUR
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NOT_TOLD = {"type", "time", "customer_id", "data", "key", "before"}
_ENVELOPE = frozenset(Event.__struct_fields__) - _NOT_TOLD


def instant(at: str | Instant) -> Instant:
    """Read a time of a story as epoch milliseconds; raises ValueError on anything else.

    A time of day is on the first day, a span is counted from the start of the story (10:00),
    forwards or back; RFC 3339 and epoch milliseconds are taken as they are.

    >>> instant("11:30") == instant("+90m") == instant("2026-03-02T11:30:00Z")
    True
    >>> instant("-1h") == instant("09:00")
    True
    """
    if isinstance(at, int):
        return at
    if found := _TIME_OF_DAY.fullmatch(at):
        return _MIDNIGHT + int(found[1]) * HOUR + int(found[2]) * MINUTE
    if at[:1] in ("+", "-"):
        span = read_span(at[1:])
        return START + span if at[0] == "+" else START - span
    try:
        return read_instant(at)
    except ValueError:
        raise ValueError(
            f"`{at}` is no time of a story; write for example `10:00`, `+1h` or RFC 3339"
        ) from None


def event(
    kind: str,
    /,
    at: str | Instant = START,
    customer: str = "kim",
    channel: str = "web",
    **told: object,
) -> Event:
    """Make an event; what the envelope does not know (`sku`, `price`, …) goes into `data`.

    `at` is read by `instant`. Without a `customer` (`""`) the line finds out by `identifiers`
    whose it is. The id comes from all that is told: the same event told twice is a duplicate.
    Raises ValueError when it is not what its type calls for (docs/contracts.md).

    >>> shoe = event("cart.item_added", at="10:05", sku="SHOE-42", price=89, cart_id="c1")
    >>> shoe.type, shoe.channel, shoe.customer_id, shoe.cart_id
    ('cart.item_added', 'web', 'kim', 'c1')
    >>> bytes(shoe.data)
    b'{"sku":"SHOE-42","price":89}'
    """
    time = instant(at)
    envelope: dict[str, object] = {
        "id": derive_id(kind, channel, customer, time, sorted(told.items())),
        "type": kind,
        "channel": channel,
        "time": time,
        "customer_id": customer,
        "data": {name: value for name, value in told.items() if name not in _ENVELOPE},
        **{name: value for name, value in told.items() if name in _ENVELOPE},
    }
    try:
        made = msgspec.json.decode(msgspec.json.encode(envelope), type=Event)
    except msgspec.ValidationError as error:
        raise ValueError(f"`{kind}`: {error}") from None
    match readable(made):
        case Event():
            return made
        case Rejected(message=why) | Misunderstood(why=Rejected(message=why)):
            raise ValueError(why)
