"""One touchpoint of a customer's timeline, packed once, when its event happens.

An entry is its length (2 bytes, big-endian) and the MessagePack of a `Touchpoint`, which has no
fifth field where it has no brand.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Layout
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.values.time import Instant

MOST_ENCODERS = 256
"""Channels come from outside, so no more than these are kept packed for a type."""

TouchpointEncoder: TypeAlias = tuple[Callable[[bytes, Instant, bytes], bytes], bytes, bytes]
ARRAY_OF_4_UINT64 = 0x94CF
ARRAY_OF_5_UINT64 = 0x95CF
FRONT = Layout(">HHQ")
_pack = msgspec.msgpack.Encoder().encode


class Touchpoint(Struct, array_like=True, gc=False, frozen=True):
    """One touchpoint as it is remembered; `note` is what a person would want to know of it.

    `brand` is its event's, empty if that names none.
    """

    time: Instant
    type: str
    channel: str
    note: str = ""
    brand: str = ""


class TouchpointEncoders(dict[str, TouchpointEncoder]):
    """Channel -> what packs a touchpoint of one type that has no note and no brand.

    Most touchpoints differ from one before in nothing but their time: a stamp is the function
    to pack with, and what stands in front of the time and behind it.
    """

    def __init__(self, event_type: str) -> None:
        self._type = event_type

    def __missing__(self, channel: str) -> TouchpointEncoder:
        whole = encode_touchpoint(0, self._type, channel)
        stamp = Layout(f">4sQ{len(whole) - FRONT.size}s").pack, whole[:4], whole[FRONT.size :]
        if len(self) < MOST_ENCODERS:
            self[channel] = stamp
        return stamp


def encode_touchpoint(
    time: Instant, kind: str, channel: str, note: str = "", brand: str = ""
) -> bytes:
    """Pack one touchpoint; its time takes 8 bytes whatever it is, so that `insert` finds it."""
    if brand:
        rest = _pack((kind, channel, note, brand))[1:]
        return FRONT.pack(10 + len(rest), ARRAY_OF_5_UINT64, time) + rest
    rest = _pack((kind, channel, note))[1:]
    return FRONT.pack(10 + len(rest), ARRAY_OF_4_UINT64, time) + rest
