"""A dead letter: the record as it came, and what `legato.error.*` says of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from legato.queries.errors import NotFound
from legato.queries.record_filter import Theirs, everybodys
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import errors_of, redriven


class ReadDeadLetter(Struct, frozen=True):
    """Why a record died, and where it lay before; `reason` is one word."""

    record: TopicRecord
    stage: str
    reason: str
    message: str
    topic: str
    partition: int
    offset: int
    time: int
    size: int | None = None
    """Bytes of the original, where it was too large to keep."""

    @property
    def origin(self) -> str:
        """Where it lay, as `topic partition:offset`."""
        return f"{self.topic} {self.partition}:{self.offset}"

    @property
    def coordinate(self) -> str:
        """Where it lies now, within dead.letters."""
        return self.record.coordinate

    @property
    def original(self) -> RawRecord:
        """The record as it was first sent."""
        return redriven(RawRecord(self.record.key, self.record.value, self.record.headers))


def dead_letters(
    reader: TopicReader, reason: str | None = None, wanted: Theirs = everybodys
) -> Iterator[ReadDeadLetter]:
    """Read the dead letters there are now, of one reason or of all."""
    topic = topics_of(reader.settings).dead_letters
    numbers = reader.partitions(topic.__eq__).get(topic, [])
    letters = map(read_dead_letter, filter(wanted, reader.read(topic, numbers)))
    return (letter for letter in letters if reason in (None, letter.reason))


def list_dead_letters(
    settings: Settings, reason: str | None = None, wanted: Theirs = everybodys
) -> list[ReadDeadLetter]:
    """List them as they were written, without their payloads: those may be a lot."""
    with TopicReader(settings) as reader:
        return sorted(map(_lean, dead_letters(reader, reason, wanted)), key=_order)


def find_dead_letter(settings: Settings, coordinate: str) -> ReadDeadLetter:
    """Read the one at `partition:offset` of dead.letters; raises NotFound and KafkaAway."""
    with TopicReader(settings) as reader:
        found = (each for each in dead_letters(reader) if each.coordinate == coordinate)
        letter = next(found, None)
    if letter is None:
        raise no_dead_letter(coordinate)
    return letter


def no_dead_letter(coordinate: str) -> NotFound:
    """Say that no dead letter lies there."""
    return NotFound(f"no dead letter at `{coordinate}`; see `legato dlq list`")


def _lean(letter: ReadDeadLetter) -> ReadDeadLetter:
    return replace(letter, record=replace(letter.record, value=None))


def _order(letter: ReadDeadLetter) -> tuple[int, int, int]:
    record = letter.record
    return record.time, record.partition, record.offset


def read_dead_letter(record: TopicRecord) -> ReadDeadLetter:
    """Read the error headers of a record; what is missing is empty, or -1."""
    said = errors_of(record.headers)
    return ReadDeadLetter(
        record=record,
        stage=said.get("stage", ""),
        reason=said.get("class", ""),
        message=said.get("message", ""),
        topic=said.get("topic", ""),
        partition=_number(said.get("partition")),
        offset=_number(said.get("offset")),
        time=_number(said.get("timestamp")),
        size=_number(said["size"]) if "size" in said else None,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else -1
