"""The last touchpoints of a customer, kept as bytes.

Every event adds one, and hardly anybody reads them: a handoff, a view. So each is packed once,
when it happens, and a context is written and restored without looking at them again. The
newest entry (`events/touchpoint.py`) comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, MsgspecError

from legato.core.context.retention import MOST_TOUCHPOINTS
from legato.core.events.touchpoint import FRONT, Touchpoint, encode_touchpoint
from legato.core.values.time import Instant

_Short: TypeAlias = Annotated[int, Meta(ge=0, le=127)]
_by_time = attrgetter("time")


Row: TypeAlias = tuple[Any, ...]
"""The same as a plain tuple, for those who make something else of it; no brand has no field."""

_unpack = msgspec.msgpack.Decoder(list[Touchpoint]).decode
_unpack_rows = msgspec.msgpack.Decoder(list[Row]).decode


def insert(trail: bytearray, time: Instant, late: bytes) -> None:
    """Put a touchpoint in its place by time, behind those of the same time."""
    at, end = 0, len(trail)
    while at < end:
        length, _, other = FRONT.unpack_from(trail, at)
        if other > time:
            break
        at += 2 + length
    trail[at:at] = late


def touches(trail: bytes | bytearray) -> list[Touchpoint]:
    """Unpack the touchpoints, oldest first."""
    return _unpack(_as_array(trail))


def rows(trail: bytes | bytearray, count: int) -> Sequence[Row]:
    """Unpack the touchpoints as tuples, oldest first; quick where `count` says how many.

    To MessagePack the length of a short entry is two small integers, so short entries are an
    array as they stand. That of a longer one is none: with the 0x94 or 0x95 behind it, any
    integer it may begin is at least 148, or negative.
    """
    if 0 <= count <= MOST_TOUCHPOINTS:
        with suppress(MsgspecError):
            return _of_short(count)(_array(3 * count, trail))[2::3]
    return _unpack_rows(_as_array(trail))


@cache
def _of_short(count: int) -> Callable[[bytes], tuple[Any, ...]]:
    return msgspec.msgpack.Decoder(tuple[(_Short, _Short, Row) * count]).decode  # type: ignore[misc]


def _as_array(trail: bytes | bytearray) -> bytes:
    """Make one array of all entries, since each call to unpack costs."""
    packed, at, end = [], 0, len(trail)
    while at < end:
        start = at + 2
        at = start + (trail[at] << 8 | trail[at + 1])
        packed.append(trail[start:at])
    return _array(len(packed), b"".join(packed))


def _array(count: int, packed: bytes | bytearray) -> bytes:
    return b"\xdd" + count.to_bytes(4, "big") + packed


def write_timeline(told: Iterable[Touchpoint]) -> bytearray:
    """Pack touchpoints in order of time; ties stay as they are told."""
    return bytearray().join(
        encode_touchpoint(touch.time, touch.type, touch.channel, touch.note, touch.brand)
        for touch in sorted(told, key=_by_time)
    )
