"""Sees what the line commits to customer.contexts, from the moment that it can be read."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.faults.upstream import SOON

READING: dict[str, str | int | float | bool] = {
    "group.id": "witness",
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 50,
    "topic.metadata.refresh.interval.ms": 5_000,
    "log_level": 0,
    **SOON,
}


class Witness:
    """A thread that reads; use it in a `with`."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self.count = 0
        self._seen: dict[str, float] = {}
        self._consumer = Consumer({"bootstrap.servers": bootstrap, **READING})
        self._places = [TopicPartition(topic, number, 0) for number in range(partitions)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)

    def seen(self, customers: Collection[str]) -> list[float]:
        """When those of these customers were first seen that were seen at all."""
        return [self._seen[name] for name in customers if name in self._seen]

    def __enter__(self) -> Witness:
        self._consumer.assign(self._places)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                found = self._consumer.consume(1_000, 0.1)
            except KafkaException:
                continue
            now = time.monotonic()
            for message in found:
                if message.error() is None and (key := message.key()) is not None:
                    self.count += 1
                    self._seen.setdefault(key.decode(), now)
        self._consumer.close()
