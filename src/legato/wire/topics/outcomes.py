"""What became of an action, as adapters report it: Avro or JSON, then an event of the line."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec
from msgspec import Raw, Struct

from legato.core.events.event import Event
from legato.core.values.ids import derive_id
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant, read_instant
from legato.wire.formats.avro import read_avro, write_avro
from legato.wire.formats.envelope import Reading, unreadable
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers
from legato.wire.source.validation import is_customer_id, sound

Status = Literal[
    "delivered",
    "failed",
    "opened",
    "clicked",
    "accepted",
    "rejected",
    "converted",
    "expired",
    "revoked_too_late",
]
STATUSES: tuple[str, ...] = get_args(Status)


class Outcome(Struct, frozen=True, omit_defaults=True):
    """One report on one action; a report that is repeated counts once, by its id."""

    action_id: str
    customer_id: str
    channel: str
    status: Status
    time: Instant
    reason: str | None = None
    outcome_id: str = ""


class _Reported(Struct):
    """An outcome before its time is settled."""

    action_id: str
    customer_id: str
    channel: str
    status: Status
    time: int | str
    reason: str | None = None
    outcome_id: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Reported).decode


def write_outcome(outcome: Outcome, registry: Registry) -> bytes:
    """Write as Avro, to be sent under the key `customer_id`; raises RegistryDown."""
    datum: dict[str, Any] = msgspec.to_builtins(outcome)
    return write_avro(datum, registry.own("outcome"))


def read_outcome(
    value: bytes | None, headers: Headers, received: Instant, registry: Registry
) -> Reading:
    """Read a report as an event `action.STATUS` of its customer; raises RegistryDown."""
    if not value:
        return Unreadable("empty", "the record has no value; send an outcome")
    try:
        reported = _opened(value, headers, registry)
    except msgspec.ValidationError as error:
        return Rejected("bad_outcome", f"outcome: {error}", "read")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
    return reported if isinstance(reported, Unreadable) else _event(reported, received)


def _opened(value: bytes, headers: Headers, registry: Registry) -> _Reported | Unreadable:
    if value[0] == ord("{"):
        return _decode(value)
    datum = read_avro(value, headers, registry)
    return datum if isinstance(datum, Unreadable) else msgspec.convert(datum, _Reported)


def _event(reported: _Reported, received: Instant) -> Event | Rejected:
    if not (reported.action_id and is_customer_id(reported.customer_id)):
        return Rejected("bad_outcome", "an outcome of no action or no customer", "read")
    try:
        time = read_instant(reported.time)
    except ValueError:
        return Rejected("bad_time", "`time` is neither RFC 3339 with zone nor epoch ms", "read")
    given = {"action_id": reported.action_id, "reason": reported.reason}
    event = Event(
        id=reported.outcome_id or derive_id(reported.action_id, reported.status),
        type=f"action.{reported.status}",
        channel=reported.channel,
        time=time,
        source="outcomes",
        customer_id=reported.customer_id,
        data=Raw(_encode({name: value for name, value in given.items() if value})),
    )
    return sound(event, received)
