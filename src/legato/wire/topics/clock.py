"""Clock records: what a source partition has passed on, and what a partition heard of it."""

from __future__ import annotations

import msgspec

from legato.core.engine import CLOCK, SourceWatermark
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant
from legato.wire.formats.envelope import unreadable

STATE_KEY = CLOCK.encode()
"""Key of the record of customer.contexts that keeps a partition's clock; no customer's id
starts with a zero byte."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(SourceWatermark).decode
_decode_state = msgspec.json.Decoder(dict[str, int]).decode


def write_watermark(passed: SourceWatermark) -> bytes:
    """Write a clock record of customer.events; it is sent without a key."""
    return _encode(passed)


def read_watermark(value: bytes | None) -> SourceWatermark | Unreadable:
    """Read a record of customer.events that has no key."""
    try:
        return _decode(value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def write_clock(passed: dict[str, Instant]) -> bytes:
    """Write a partition's clock (source -> passed) for customer.contexts."""
    return _encode(passed)


def read_clock(value: bytes | None) -> dict[str, Instant]:
    """Read a partition's clock; raises msgspec.MsgspecError, for Legato itself wrote it."""
    return _decode_state(value) if value else {}
