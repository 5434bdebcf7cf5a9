"""A record of Kafka as this room sees it: bytes, and headers as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

Headers: TypeAlias = Sequence[tuple[str, bytes | None]] | None
BOM = b"\xef\xbb\xbf"
"""What some systems write before a text; Avro never starts with it."""


class RawRecord(Struct, frozen=True):
    """What a producer sends: `value` is None for a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


def header(headers: Headers, name: str) -> bytes | None:
    """Return the last header of that name (in any case), as Kafka's own clients do."""
    wanted = name.lower()
    for known, value in reversed(headers or ()):
        if known.lower() == wanted:
            return value
    return None
