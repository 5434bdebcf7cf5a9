"""Where partitions begin and end, as the broker knows it."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from legato.runtime.facts import TP
from legato.runtime.plan import Layout

ANSWER_S = 10.0


def earliest(admin: AdminClient, tps: Iterable[TP]) -> dict[TP, int]:
    """The first offset that is still there."""
    return _offsets(admin, tps, OffsetSpec.earliest())


def latest(admin: AdminClient, tps: Iterable[TP]) -> dict[TP, int]:
    """The offset after the last record, those of open transactions included."""
    return _offsets(admin, tps, OffsetSpec.latest())


def widened(admin: AdminClient, layout: Layout) -> str:
    """Say which topics have more partitions than when the worker started; empty if none."""
    topics = admin.list_topics(timeout=ANSWER_S).topics
    found = {
        topic: len(topics[topic].partitions) for topic in layout.every_source if topic in topics
    }
    more = [
        f"`{topic}` has {count} partitions, and had {layout.partitions[topic]}"
        for topic, count in found.items()
        if count > layout.partitions[topic]
    ]
    return "; ".join(more)


def _offsets(admin: AdminClient, tps: Iterable[TP], spec: OffsetSpec) -> dict[TP, int]:
    wanted = {TopicPartition(*tp): spec for tp in tps}
    if not wanted:
        return {}
    asked = admin.list_offsets(
        wanted,
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=ANSWER_S,
    )
    try:
        return {(tp.topic, tp.partition): each.result().offset for tp, each in asked.items()}
    except KafkaException:
        # After a leader moved, librdkafka asks under the old epoch until somebody looks anew.
        admin.list_topics(timeout=ANSWER_S)
        raise
