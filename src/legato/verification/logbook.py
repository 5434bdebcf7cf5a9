"""All that the topics of a run hold, read back as any reader would: what is committed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.types import EVENT_TYPES
from legato.core.identity.events import IdentityOutput
from legato.core.values.outputs import Output
from legato.core.values.results import Unreadable
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings
from legato.wire.state import read_context
from legato.wire.topics.identity import read_identity
from legato.wire.topics.outcomes import read_outcome


class Logbook(Struct, frozen=True):
    """The source and customer.events by partition in order, what was said, and what failed.

    `contexts` are the last ones written, `identity` is what was said of it.
    """

    source: dict[int, list[TopicRecord]]
    customer_events: dict[int, list[TopicRecord]]
    contexts: dict[str, Context]
    said: list[Output]
    identity: list[IdentityOutput]
    delivered: frozenset[str]
    dead_letters: int


def read_logbook(settings: Settings, source: str) -> Logbook:
    """Read the topics from their beginning up to their end now; raises KafkaAway."""
    topics = topics_of(settings)
    with TopicReader(settings) as reader:
        return Logbook(
            _by_partition(reader, source),
            _by_partition(reader, topics.customer_events),
            _contexts(_by_partition(reader, topics.customer_contexts)),
            _said(reader),
            list(_identity(_by_partition(reader, topics.identity_events))),
            frozenset(_delivered(reader)),
            sum(len(each) for each in _by_partition(reader, topics.dead_letters).values()),
        )


def _by_partition(reader: TopicReader, topic: str) -> dict[int, list[TopicRecord]]:
    numbers = reader.partitions(topic.__eq__)[topic]
    found: dict[int, list[TopicRecord]] = {number: [] for number in numbers}
    for record in reader.read(topic, numbers):
        found[record.partition].append(record)
    return found


def _contexts(records: dict[int, list[TopicRecord]]) -> dict[str, Context]:
    """Read the last context under each name; raises StateError."""
    last = {each.key: each.value for listed in records.values() for each in listed}
    return {
        key.decode(): read_context(value)
        for key, value in last.items()
        if key and value and key[0]
    }


def _identity(records: dict[int, list[TopicRecord]]) -> Iterator[IdentityOutput]:
    for listed in records.values():
        for record in listed:
            told = read_identity(record.value)
            if isinstance(told, Unreadable):
                raise TypeError(f"`{record.topic}` {record.coordinate}: {told.message}")
            yield told


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
                news = EVENT_TYPES.read_payload(event)
                if isinstance(news, ActionFeedback) and news.action_id:
                    yield news.action_id
