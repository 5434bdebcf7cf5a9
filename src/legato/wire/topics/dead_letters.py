"""Records that could not be followed: the original untouched, and headers that say why."""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.wire.record import Headers, RawRecord

PREFIX = "legato.error."
MESSAGE_MAX = 300
ADAPTER_STAGE = "adapter"
"""Where an action died that an adapter could not do."""
_BATCH = 128
"""Bytes that Kafka may put around the only record of a batch."""


class Coordinates(Struct, frozen=True):
    """Where a record came from; `timestamp` is the broker's, in epoch ms."""

    topic: str
    partition: int
    offset: int
    timestamp: Instant


def dead_letter(
    original: RawRecord, at: Coordinates, why: Unreadable | Rejected, limit: int
) -> RawRecord:
    """Make the record for dead.letters; beyond `limit` bytes only its hash and place are kept.

    Older `legato.error.*` headers are replaced, so that a letter sent again tells of its last
    failure alone.
    """
    told = _told(at, why)
    kept = tuple((name, value) for name, value in original.headers if not _is_ours(name))
    whole = RawRecord(original.key, original.value, kept + told)
    if _size(whole) <= limit:
        return whole
    value = original.value or b""
    traces = {"sha256": sha256(value).hexdigest(), "size": str(len(value))}
    short = RawRecord(original.key, None, kept + told + _headers(traces))
    return short if _size(short) <= limit else RawRecord(None, None, told + _headers(traces))


def redriven(letter: RawRecord) -> RawRecord:
    """Return the original record of a dead letter, ready to be sent again."""
    kept = tuple((name, value) for name, value in letter.headers if not _is_ours(name))
    return RawRecord(letter.key, letter.value, kept)


def errors_of(headers: Headers) -> dict[str, str]:
    """Read what `legato.error.*` headers say: `stage`, `class`, `message`, `topic`, …"""
    return {
        name.removeprefix(PREFIX): value.decode(errors="replace")
        for name, value in headers or ()
        if _is_ours(name) and value is not None
    }


def _told(at: Coordinates, why: Unreadable | Rejected) -> tuple[tuple[str, bytes | None], ...]:
    facts = {
        "stage": why.stage,
        "class": why.reason,
        "message": _one_line(why.message),
        "topic": at.topic,
        "partition": str(at.partition),
        "offset": str(at.offset),
        "timestamp": str(at.timestamp),
    }
    return _headers(facts)


def _headers(facts: dict[str, str]) -> tuple[tuple[str, bytes | None], ...]:
    return tuple((PREFIX + name, fact.encode()) for name, fact in facts.items())


def _one_line(message: str) -> str:
    """Keep a log readable whatever a record held: no line breaks, no control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in message[:MESSAGE_MAX])


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX)


def _size(record: RawRecord) -> int:
    headers = sum(len(name.encode()) + len(value or b"") + 8 for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers + _BATCH
