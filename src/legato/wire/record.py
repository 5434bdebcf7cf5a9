"""A record of Kafka as this room sees it: bytes, and headers as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

Headers: TypeAlias = Sequence[tuple[str, bytes | None]] | None
BOM = b"\xef\xbb\xbf"
"""What some systems write before a text; Avro never starts with it."""
QUERY = "legato-query-"
"""What headers begin with that bear what stood in the query of the address that was called."""
DELIVERY = "legato-delivery"
"""A header with what a vendor calls its delivery: the id of an event that has none."""


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


def delivery_of(headers: Headers) -> str:
    """Return what a vendor calls the delivery that a record came in; empty if in none."""
    return (header(headers, DELIVERY) or b"").decode(errors="replace")
