"""A dead letter: the record as it came, and what `legato.error.*` says of it."""

from __future__ import annotations

from msgspec import Struct

from legato.serving.records import Record

PREFIX = "legato.error."


class DeadLetter(Struct, frozen=True):
    """Why a record died, and where it lay before; `reason` is one word."""

    record: Record
    stage: str
    reason: str
    message: str
    topic: str
    partition: int
    offset: int

    @property
    def origin(self) -> str:
        """Where it lay, as `topic partition:offset`."""
        return f"{self.topic} {self.partition}:{self.offset}"

    @property
    def own_headers(self) -> tuple[tuple[str, bytes | None], ...]:
        """The headers that it came with."""
        return tuple(pair for pair in self.record.headers if not pair[0].startswith(PREFIX))


def read_dead_letter(record: Record) -> DeadLetter:
    """Read the error headers of a record; what is missing is empty, or -1."""
    said = {
        name: record.header(PREFIX + name) for name in ("stage", "class", "message", "topic")
    }
    return DeadLetter(
        record=record,
        stage=said["stage"],
        reason=said["class"],
        message=said["message"],
        topic=said["topic"],
        partition=_number(record, "partition"),
        offset=_number(record, "offset"),
    )


def _number(record: Record, name: str) -> int:
    text = record.header(PREFIX + name)
    return int(text) if text.isdecimal() else -1
