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

MOST_FRAMES = 4_096
"""Types and channels come from outside, so no more than these are kept packed."""

_Frame: TypeAlias = tuple[Callable[[bytes, Instant, bytes], bytes], bytes, bytes]
_pack = msgspec.msgpack.Encoder().encode
_by_time = attrgetter("time")


class Touch(Struct, array_like=True, gc=False, frozen=True):
    """One touchpoint as it is remembered; `note` is what a person would want to know of it."""

    time: Instant
    type: str
    channel: str
    note: str = ""


_unpack = msgspec.msgpack.Decoder(list[Touch]).decode


class _Frames(dict[tuple[str, str], _Frame]):
    """Type and channel -> what stands around the time of a touchpoint without a note."""

    def __missing__(self, key: tuple[str, str]) -> _Frame:
        tail = b"".join(map(_pack, (*key, "")))
        head = (10 + len(tail)).to_bytes(2, "big") + b"\x94\xcf"  # an array of 4, a uint64
        frame = Layout(f">4sQ{len(tail)}s").pack, head, tail
        if len(self) < MOST_FRAMES:
            self[key] = frame
        return frame


_frames = _Frames()


def entry(time: Instant, kind: str, channel: str, note: str) -> bytes:
    """Pack one touchpoint; most differ from one before in nothing but their time."""
    if note:
        packed = _pack((time, kind, channel, note))
        return len(packed).to_bytes(2, "big") + packed
    write, head, tail = _frames[kind, channel]
    return write(head, time, tail)


def without_first(trail: bytes) -> bytes:
    """Drop the oldest touchpoint."""
    return trail[2 + int.from_bytes(trail[:2], "big") :]


def touches(trail: bytes) -> Iterator[Touch]:
    """Unpack the touchpoints, oldest first; all at once, since each call costs."""
    packed, at, end = [], 0, len(trail)
    while at < end:
        start = at + 2
        at = start + (trail[at] << 8 | trail[at + 1])
        packed.append(trail[start:at])
    return iter(_unpack(b"\xdd%b%b" % (len(packed).to_bytes(4, "big"), b"".join(packed))))


def write_trail(told: Iterable[Touch]) -> bytes:
    """Pack touchpoints in order of time; ties stay as they are told."""
    ordered = sorted(told, key=_by_time)
    return b"".join(
        entry(touch.time, touch.type, touch.channel, touch.note) for touch in ordered
    )
