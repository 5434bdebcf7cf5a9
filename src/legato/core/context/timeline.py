"""The last touchpoints of a customer, kept as bytes.

Every event adds one, and hardly anybody reads them: a handoff, a view. So each is packed once,
when it happens, and a context is written and restored without looking at them again. An entry
is its length (2 bytes, big-endian) and the MessagePack of a `Touch`; the newest comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from operator import attrgetter
from struct import Struct as Layout
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, MsgspecError, Struct

from legato.core.values.time import Instant

MOST = 30
"""How many touchpoints are kept."""

MOST_STAMPS = 256
"""Channels come from outside, so no more than these are kept packed for a type."""

Stamp: TypeAlias = tuple[Callable[[bytes, Instant, bytes], bytes], bytes, bytes]
_ARRAY_OF_4_UINT64 = 0x94CF
_front = Layout(">HHQ")
_pack = msgspec.msgpack.Encoder().encode
_Short: TypeAlias = Annotated[int, Meta(ge=0, le=127)]
_by_time = attrgetter("time")


class Touch(Struct, array_like=True, gc=False, frozen=True):
    """One touchpoint as it is remembered; `note` is what a person would want to know of it."""

    time: Instant
    type: str
    channel: str
    note: str = ""


Row: TypeAlias = tuple[Instant, str, str, str]
"""The same as a plain tuple, for those who make something else of it."""

_unpack = msgspec.msgpack.Decoder(list[Touch]).decode
_unpack_rows = msgspec.msgpack.Decoder(list[Row]).decode


class Stamps(dict[str, Stamp]):
    """Channel -> what packs a touchpoint of one type that has no note.

    Most touchpoints differ from one before in nothing but their time: a stamp is the function
    to pack with, and what stands in front of the time and behind it.
    """

    def __init__(self, event_type: str) -> None:
        self._type = event_type

    def __missing__(self, channel: str) -> Stamp:
        whole = entry(0, self._type, channel)
        stamp = Layout(f">4sQ{len(whole) - _front.size}s").pack, whole[:4], whole[_front.size :]
        if len(self) < MOST_STAMPS:
            self[channel] = stamp
        return stamp


def entry(time: Instant, kind: str, channel: str, note: str = "") -> bytes:
    """Pack one touchpoint; its time takes 8 bytes whatever it is, so that `insert` finds it."""
    rest = _pack((kind, channel, note))[1:]
    return _front.pack(10 + len(rest), _ARRAY_OF_4_UINT64, time) + rest


def insert(trail: bytearray, time: Instant, late: bytes) -> None:
    """Put a touchpoint in its place by time, behind those of the same time."""
    at, end = 0, len(trail)
    while at < end:
        length, _, other = _front.unpack_from(trail, at)
        if other > time:
            break
        at += 2 + length
    trail[at:at] = late


def touches(trail: bytes | bytearray) -> list[Touch]:
    """Unpack the touchpoints, oldest first."""
    return _unpack(_as_array(trail))


def rows(trail: bytes | bytearray, count: int) -> Sequence[Row]:
    """Unpack the touchpoints as tuples, oldest first; quick where `count` says how many.

    To MessagePack the length of a short entry is two small integers, so short entries are an
    array as they stand. That of a longer one is none: with the 0x94 0xcf behind it, any integer
    it may begin is at least 148, or negative.
    """
    if 0 <= count <= MOST:
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


def write_trail(told: Iterable[Touch]) -> bytearray:
    """Pack touchpoints in order of time; ties stay as they are told."""
    return bytearray().join(
        entry(touch.time, touch.type, touch.channel, touch.note)
        for touch in sorted(told, key=_by_time)
    )
