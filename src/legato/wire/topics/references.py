"""References: records of their topic, and lines of a log among events.

A record `price/SHOE-42` has `{"time": …, "value": {…}}`, or nothing once it is gone; a line has
`{"reference": "price", "key": "SHOE-42", "time": …, "value": {…}}`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from legato.core.references.versions import ReferenceVersion, content_of, fault_of
from legato.core.values.results import Rejected
from legato.core.values.time import Instant, is_plausible, read_instant


class ReferenceLine(Struct, frozen=True):
    """A version of a reference, and when it became known."""

    version: ReferenceVersion
    known: Instant


class _Line(Struct, gc=False):
    """What a line may say; one with an id or a type is an event, whatever else it has."""

    reference: Any = UNSET
    key: Any = UNSET
    time: Any = None
    value: Any = UNSET
    received: Any = None
    id: Any = UNSET
    type: Any = UNSET


_decode = msgspec.json.Decoder(_Line).decode


def read_reference(line: bytes) -> ReferenceLine | Rejected | None:
    """Read a line of a reference; None if it is none."""
    if b'"reference"' not in line:
        return None
    try:
        told = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if UNSET in (told.reference, told.key) or not told.id is told.type is UNSET:
        return None
    try:
        return _version(told)
    except ValueError as error:
        return Rejected("bad_reference", f"reference: {error}", "read")


def write_reference_record(version: ReferenceVersion) -> tuple[bytes, bytes]:
    """Write a version that is not gone as key and value of the topic."""
    value = {"time": version.time, "value": Raw(version.value)}
    return f"{version.kind}/{version.key}".encode(), msgspec.json.encode(value)


def read_reference_record(
    key: bytes | None, value: bytes | None, received: Instant
) -> ReferenceVersion | Rejected:
    """Read a record of the topic; one without value is gone from `received` on."""
    try:
        kind, _, name = (key or b"").decode().partition("/")
        if value is None:
            return _checked(ReferenceVersion(kind, name, received))
        told = _decode(value)
        _check_value(told.value)
        time = _instant("time", told.time)
        return _checked(ReferenceVersion(kind, name, time, content_of(told.value)))
    except (msgspec.MsgspecError, RecursionError):
        return Rejected("bad_reference", "reference: the value is no JSON object", "read")
    except ValueError as error:
        return Rejected("bad_reference", f"reference: {error}", "read")


def _check_value(value: object) -> None:
    if not (value is None or isinstance(value, dict)):
        raise ValueError("`value` is no object; send one, or null once it is gone")


def _checked(version: ReferenceVersion) -> ReferenceVersion:
    if fault := fault_of(version):
        raise ValueError(fault)
    return version


def _version(told: _Line) -> ReferenceLine:
    _check_value(told.value)
    key = str(told.key) if type(told.key) is int else told.key
    time = _instant("time", told.time)
    version = _checked(ReferenceVersion(told.reference, key, time, content_of(told.value)))
    known = time if told.received is None else _instant("received", told.received)
    return ReferenceLine(version, known)


def _instant(field: str, told: object) -> Instant:
    """Read a time; raises ValueError, also for one that nobody means."""
    if isinstance(told, int | str):
        try:
            at = read_instant(told)
        except ValueError:
            at = 0
        if is_plausible(at):
            return at
    raise ValueError(f"`{field}` is neither RFC 3339 with zone nor epoch ms from 2000 on")
