"""All that the topics say of one customer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from legato.core.context import Context
from legato.core.ids import murmur2
from legato.core.output import Decision, Output, Situation
from legato.serving.outputs import read_said, registry_of
from legato.serving.records import Record, TopicReader
from legato.serving.topics import topics_of
from legato.settings import Settings
from legato.wire.state import read_context


class Nobody(LookupError):
    """Nothing is known of a customer; the message says where it was looked for."""


class Known(Struct, frozen=True):
    """A customer: the context as last committed, and what was found and decided so far."""

    customer_id: str
    context: Context | None
    situations: tuple[Situation, ...]
    decisions: tuple[Decision, ...]


def find_customer(settings: Settings, customer_id: str) -> Known:
    """Read the customer's partition of three topics; raises Nobody, KafkaAway, StateError."""
    topics = topics_of(settings)
    with TopicReader(settings) as reader:
        last = deque(_records(reader, topics.customer_contexts, customer_id), maxlen=1)
        found = tuple(_said(reader, topics.situations, customer_id))
        decided = tuple(_said(reader, topics.decisions, customer_id))
    known = Known(
        customer_id,
        read_context(last[0].value) if last and last[0].value else None,
        tuple(said for said in found if isinstance(said, Situation)),
        tuple(said for said in decided if isinstance(said, Decision)),
    )
    if known.context is None and not known.situations and not known.decisions:
        raise Nobody(
            f"nothing is known of customer `{customer_id}` in `{topics.customer_contexts}`; "
            "is the pepper that of the worker, and did it follow an event of theirs?"
        )
    return known


def _said(reader: TopicReader, topic: str, customer_id: str) -> Iterator[Output]:
    registry = registry_of(reader.settings)
    for record in _records(reader, topic, customer_id):
        said = read_said(record, registry)
        if isinstance(said, Situation | Decision):
            yield said


def _records(reader: TopicReader, topic: str, customer_id: str) -> Iterator[Record]:
    """Read the records of a customer in the one partition where they lie."""
    key = customer_id.encode()
    numbers = reader.partitions(topic.__eq__).get(topic, [])
    if numbers:
        place = numbers[murmur2(key) % len(numbers)]
        yield from reader.read(topic, [place], key.__eq__)
