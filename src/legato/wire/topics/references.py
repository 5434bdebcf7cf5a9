"""References as lines of a log, among events: `{"reference": "price", "key": …, "time": …}`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct

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


def _version(told: _Line) -> ReferenceLine:
    if not (told.value is None or isinstance(told.value, dict)):
        raise ValueError("`value` is no object; send one, or null once it is gone")
    key = str(told.key) if type(told.key) is int else told.key
    time = _instant("time", told.time)
    version = ReferenceVersion(told.reference, key, time, content_of(told.value))
    if fault := fault_of(version):
        raise ValueError(fault)
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
