"""Where the line stands while it runs: offsets of the log, and the contexts that go with them.

A transaction of the line holds contexts and offsets, but Kafka keeps them in two places. So the
offset is asked for before and after the ends of the changelog. If it is the same, and nothing
is open on the changelog, then no transaction ended in between, and what lies on the changelog
is what came of the log up to there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from msgspec import Struct

from legato.kafka import client_config
from legato.operations.errors import OperationFailed
from legato.queries.topic_reader import ANSWER_S, TopicReader
from legato.runtime.kafka.ends import decided, earliest, latest
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.transient import is_transient
from legato.settings import Settings

PATIENCE_S = 60.0
OFTEN = 10_000
Beat: TypeAlias = Callable[[], None]
"""Says that a long step goes on."""


class PartitionStart(Struct, frozen=True):
    """The offset from which on to follow, and the part of the changelog that came before it."""

    offset: int
    changelog: tuple[int, int]


class StartFinder:
    """Asks where the workers' group stands, and joins nothing."""

    def __init__(self, settings: Settings, layout: TopicLayout, beat: Beat) -> None:
        self._layout, self._beat = layout, beat
        self._admin = AdminClient(client_config(settings, **{"log_level": 0}))
        config = {
            "group.id": settings.worker.group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
        self._consumer = Consumer(client_config(settings, **config))

    def find(self) -> dict[int, PartitionStart]:
        """Find a start for every partition; raises OperationFailed if the line never rests."""
        found: dict[int, PartitionStart] = {}
        wanted = range(self._layout.partition_count)
        deadline = time.monotonic() + PATIENCE_S
        while len(found) < len(wanted):
            self._beat()
            if time.monotonic() > deadline:
                raise OperationFailed(
                    f"for {PATIENCE_S:g} s the workers committed without a pause, so it is not "
                    "known which contexts belong to which offset; start it at a quieter time"
                )
            try:
                found |= self._settled([number for number in wanted if number not in found])
            except KafkaException as error:
                if not is_transient(error.args[0]):
                    raise
        self._consumer.close()
        return dict(sorted(found.items()))

    def _settled(self, numbers: Collection[int]) -> dict[int, PartitionStart]:
        """Return the starts of those partitions that rested while we asked."""
        topics = self._layout.topics
        changelog = [(topics.customer_contexts, number) for number in numbers]
        before = self._committed(numbers)
        sure, ends = decided(self._admin, changelog), latest(self._admin, changelog)
        after = self._committed(numbers)
        rested = [
            number
            for tp, number in zip(changelog, numbers, strict=True)
            if number in before and before[number] == after.get(number) and sure[tp] == ends[tp]
        ]
        firsts = earliest(self._admin, [(topics.customer_contexts, each) for each in rested])
        logs = earliest(self._admin, [(topics.customer_events, each) for each in rested])
        return {
            number: PartitionStart(
                max(before[number], logs[topics.customer_events, number]),
                (
                    firsts[topics.customer_contexts, number],
                    ends[topics.customer_contexts, number],
                ),
            )
            for number in rested
        }

    def _committed(self, numbers: Collection[int]) -> dict[int, int]:
        """Ask for the group's offsets, less those that a transaction is about to change."""
        log = self._layout.topics.customer_events
        asked = [TopicPartition(log, number) for number in numbers]
        found = self._consumer.committed(asked, timeout=ANSWER_S)
        return {each.partition: each.offset for each in found if each.error is None}


def contexts_at(
    reader: TopicReader,
    changelog: str,
    starts: Mapping[int, PartitionStart],
    beat: Beat,
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Read the last context of each customer, and what is the partition's own beside them."""
    for number, start in starts.items():
        last: dict[str, bytes] = {}
        records = reader.read_between(changelog, {number: start.changelog})
        for place, record in enumerate(records):
            if place % OFTEN == 0:
                beat()
            name = (record.key or b"").decode()
            if record.value:
                last[name] = record.value
            else:
                last.pop(name, None)
        yield number, last
