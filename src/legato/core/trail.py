"""The last touchpoints of a customer, kept as bytes.

Every event adds one, and hardly anybody reads them: a handoff, a view. So each is packed once,
when it happens, and a context is written and restored without looking at them again. An entry
is its length (2 bytes, big-endian) and the MessagePack of a `Touch`; the newest comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from struct import Struct as Layout
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.instant import Instant

MOST = 30
"""How many touchpoints are kept."""

MOST_STAMPS = 256
"""Channels come from outside, so no more than these are kept packed for a type."""

Stamp: TypeAlias = tuple[Callable[[bytes, Instant, bytes], bytes], bytes, bytes]
_ARRAY_OF_4_UINT64 = 0x94CF
_front = Layout(">HHQ")
_pack = msgspec.msgpack.Encoder().encode
_by_time = attrgetter("time")


class Touch(Struct, array_like=True, gc=False, frozen=True):
    """One touchpoint as it is remembered; `note` is what a person would want to know of it."""

    time: Instant
    type: str
    channel: str
    note: str = ""


_unpack = msgspec.msgpack.Decoder(list[Touch]).decode


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


def touches(trail: bytes | bytearray) -> Iterator[Touch]:
    """Unpack the touchpoints, oldest first; all at once, since each call costs."""
    packed, at, end = [], 0, len(trail)
    while at < end:
        start = at + 2
        at = start + (trail[at] << 8 | trail[at + 1])
        packed.append(trail[start:at])
    return iter(_unpack(b"\xdd%b%b" % (len(packed).to_bytes(4, "big"), b"".join(packed))))


def write_trail(told: Iterable[Touch]) -> bytearray:
    """Pack touchpoints in order of time; ties stay as they are told."""
    return bytearray().join(
        entry(touch.time, touch.type, touch.channel, touch.note)
        for touch in sorted(told, key=_by_time)
    )
