"""What a Kafka holds already: its topics, and one record of the likeliest to hold events."""

from __future__ import annotations

from msgspec import Struct

from legato.queries.topic_reader import TopicReader, TopicRecord

LIKELY = (
    "event",
    "click",
    "cart",
    "order",
    "web",
    "track",
    "customer",
    "call",
    "contact",
    "receipt",
    "pos",
    "app",
    "chat",
)


class SurveyedTopic(Struct, frozen=True):
    """A topic: its partitions, and how many offsets it holds."""

    name: str
    partitions: int
    records: int


def survey(reader: TopicReader) -> list[SurveyedTopic]:
    """List the topics of others, the likeliest to hold events first; raises KafkaAway."""
    own = reader.settings.kafka.prefix
    listed = reader.partitions(lambda name: not name.startswith(("_", own)))
    found = [
        SurveyedTopic(name, len(numbers), sum(reader.count(name, number) for number in numbers))
        for name, numbers in listed.items()
    ]
    return sorted(found, key=_rank)


def sample(reader: TopicReader, topics: list[SurveyedTopic]) -> TopicRecord | None:
    """Read the last record of the first topic that has one."""
    for found in topics:
        for number in range(found.partitions):
            if record := reader.newest(found.name, number):
                return record
    return None


def _rank(found: SurveyedTopic) -> tuple[bool, int, int, str]:
    words = sum(word in found.name.lower() for word in LIKELY)
    return found.records == 0, -words, -found.records, found.name
