"""What is known of references now, read from their topic."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.references.table import VERSIONS_MOST, ReferenceTable
from legato.core.references.versions import ReferenceVersion
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.wire.topics.references import ReferenceLine, read_reference_record


class ReadReferences(Struct, frozen=True):
    """What the topic holds, and whether it holds all that there ever was."""

    table: ReferenceTable
    whole: bool = True


def read_references(reader: TopicReader, versions_most: int = VERSIONS_MOST) -> ReadReferences:
    """Read all that workers know of references; nothing if they do not read the topic.

    Of each key so many versions are kept, as far as the topic still has them.
    """
    table = ReferenceTable(versions_most)
    topic, numbers = _places(reader)
    ends, count = sum(_end(reader, topic, number) for number in numbers), 0
    for record in reader.read(topic, numbers):
        count += 1
        version = read_reference_record(record.key, record.value, record.time)
        if isinstance(version, ReferenceVersion):
            table.take(version)
    return ReadReferences(table, count >= ends)


def read_reference_lines(reader: TopicReader) -> Iterator[ReferenceLine]:
    """Read each version that the topic still has, and when it became known to the line."""
    topic, numbers = _places(reader)
    for record in reader.read(topic, numbers):
        version = read_reference_record(record.key, record.value, record.time)
        if isinstance(version, ReferenceVersion):
            yield ReferenceLine(version, record.time)


def _places(reader: TopicReader) -> tuple[str, list[int]]:
    """Find the topic, and its partitions; none if the line does not read it."""
    topic = topics_of(reader.settings).references
    if not reader.settings.references:
        return topic, []
    return topic, reader.partitions(topic.__eq__).get(topic, [])


def _end(reader: TopicReader, topic: str, number: int) -> int:
    return reader.begins_at(topic, number) + reader.count(topic, number)
