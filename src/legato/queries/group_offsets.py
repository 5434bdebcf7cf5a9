"""How far a group has come: what it committed, asked without joining it."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Consumer, TopicPartition

from legato.kafka import client_config
from legato.queries.topic_reader import ANSWER_S
from legato.settings import Settings


def committed_offsets(settings: Settings, topic: str, numbers: Iterable[int]) -> dict[int, int]:
    """Say up to which offset the workers' group followed each partition; 0 if it never did.

    Whatever came of a record before that offset is committed as well: it is one transaction.
    """
    config = {
        "group.id": settings.worker.group,
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "log_level": 0,
    }
    consumer = Consumer(client_config(settings, **config))
    try:
        asked = [TopicPartition(topic, number) for number in numbers]
        found = consumer.committed(asked, timeout=ANSWER_S)
        return {place.partition: max(place.offset, 0) for place in found}
    finally:
        consumer.close()
