"""Where a topic ends, asked now and then, without waiting while records could be read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Protocol

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from legato.kafka import client_config
from legato.settings import Settings

EVERY_S = 2.0
ANSWER_S = 10.0


class _KnownEnds(Protocol):
    offset: int


class TopicEnds:
    """The end offsets of one topic as last heard, open transactions included."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._config = client_config(settings, **{"log_level": 0})
        self._admin = AdminClient(self._config)
        self._topic = topic
        self._ends: dict[int, int] = {}
        self._asked: dict[int, Future[_KnownEnds]] = {}
        self._next = 0.0

    def partitions(self) -> list[int]:
        """List the partitions of the topic, none if it is missing; raises KafkaException."""
        found = self._admin.list_topics(self._topic, timeout=ANSWER_S).topics[self._topic]
        return [] if found.error else sorted(found.partitions)

    def span(self, partition: int) -> tuple[int, int]:
        """Ask for the first and the end offset of a partition; raises KafkaException."""
        low, high = (
            self._ask([partition], spec)[partition].result(ANSWER_S).offset
            for spec in (OffsetSpec.earliest(), OffsetSpec.latest())
        )
        return low, high

    def latest(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return the ends as last heard, and ask again every other second."""
        self._hear()
        # An answer may never come, if the broker went away at the wrong moment.
        forgotten = time.monotonic() >= self._next + 2 * ANSWER_S
        if time.monotonic() >= self._next and (forgotten or not self._asked):
            self._next = time.monotonic() + EVERY_S
            self._asked = self._ask(partitions, OffsetSpec.latest())
        return self._ends

    def _hear(self) -> None:
        if self._asked and all(future.done() for future in self._asked.values()):
            answers, self._asked = self._asked, {}
            for partition, future in answers.items():
                if future.exception() is None:
                    self._ends[partition] = future.result().offset
            if any(future.exception() for future in answers.values()):
                # After a leader moved, a client may go on asking under the old epoch.
                self._admin = AdminClient(self._config)

    def _ask(
        self, partitions: Iterable[int], spec: OffsetSpec
    ) -> dict[int, Future[_KnownEnds]]:
        wanted = {TopicPartition(self._topic, number): spec for number in partitions}
        if not wanted:
            return {}
        try:
            futures = self._admin.list_offsets(wanted, request_timeout=ANSWER_S)
        except KafkaException:
            return {}
        return {place.partition: future for place, future in futures.items()}
