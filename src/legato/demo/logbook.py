"""All that the topics of a run hold, read back as any reader would: what is committed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.event import Event
from legato.core.outcome import Unreadable
from legato.core.output import Output
from legato.core.payload import News, read_payload
from legato.serving.outputs import read_said, registry_of
from legato.serving.records import Record, TopicReader
from legato.serving.topics import is_action_topic, topics_of
from legato.settings import Settings
from legato.wire.outcomes import read_outcome


class Logbook(Struct, frozen=True):
    """The source and customer.events by partition in order, what was said, and what failed."""

    source: dict[int, list[Record]]
    customer_events: dict[int, list[Record]]
    said: list[Output]
    delivered: frozenset[str]
    dead_letters: int


def read_logbook(settings: Settings, source: str) -> Logbook:
    """Read the topics from their beginning up to their end now; raises KafkaAway."""
    topics = topics_of(settings)
    with TopicReader(settings) as reader:
        return Logbook(
            _by_partition(reader, source),
            _by_partition(reader, topics.customer_events),
            _said(reader),
            frozenset(_delivered(reader)),
            sum(len(each) for each in _by_partition(reader, topics.dead_letters).values()),
        )


def _by_partition(reader: TopicReader, topic: str) -> dict[int, list[Record]]:
    numbers = reader.partitions(topic.__eq__)[topic]
    found: dict[int, list[Record]] = {number: [] for number in numbers}
    for record in reader.read(topic, numbers):
        found[record.partition].append(record)
    return found


def _said(reader: TopicReader) -> list[Output]:
    """Read situations, decisions and the actions of all channels."""
    topics, is_action = topics_of(reader.settings), is_action_topic(reader.settings)
    told = (topics.situations, topics.decisions)
    listed = reader.partitions(lambda name: name in told or is_action(name))
    registry = registry_of(reader.settings)
    said: list[Output] = []
    for topic, numbers in listed.items():
        for record in reader.read(topic, numbers):
            one = read_said(record, registry)
            if isinstance(one, Unreadable):
                raise TypeError(f"`{topic}` {record.coordinate}: {one.message}")
            said.append(one)
    return said


def _delivered(reader: TopicReader) -> Iterator[str]:
    """Name the actions that were reported as delivered."""
    registry = registry_of(reader.settings)
    for records in _by_partition(reader, topics_of(reader.settings).action_outcomes).values():
        for record in records:
            event = read_outcome(record.value, record.headers, record.time, registry)
            if isinstance(event, Event) and event.type == "action.delivered":
                news = read_payload(event)
                if isinstance(news, News) and news.action_id:
                    yield news.action_id
