"""Putting records on a topic, and knowing that they arrived."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from legato.kafka import client_config
from legato.operations.errors import NotSent
from legato.queries.errors import KafkaAway
from legato.queries.topic_reader import ANSWER_S
from legato.settings import Settings

FLUSH_S = 60.0


class Sender:
    """A producer for a person's records. Use it in a `with`: its end waits for the broker.

    `compression` is a codec that librdkafka knows, or `none`.
    """

    def __init__(self, settings: Settings, compression: str = "lz4") -> None:
        self._bootstrap = settings.kafka.bootstrap
        sending = {**_SENDING, "compression.type": compression}
        self._producer = Producer(client_config(settings, **sending))
        self._fault: KafkaError | None = None
        self.arrived = 0
        self.last = ""

    def partitions(self, topic: str) -> int:
        """Count the partitions of a topic; raises KafkaAway, and NotSent if it is missing."""
        try:
            topics = self._producer.list_topics(timeout=ANSWER_S).topics
        except KafkaException:
            raise KafkaAway.at(self._bootstrap) from None
        if topic not in topics:
            raise NotSent(f"there is no topic `{topic}`; create it with `legato topics create`")
        return len(topics[topic].partitions)

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: tuple[tuple[str, bytes | None], ...] = (),
        partition: int = -1,
    ) -> None:
        """Queue a record; raises NotSent as soon as an earlier one is known to have failed."""
        while True:
            self._check()
            try:
                self._producer.produce(
                    topic, value, key, partition, self._heard, headers=list(headers)
                )
            except BufferError:
                self._producer.poll(0.1)
                continue
            self._producer.poll(0)
            return

    def flush(self) -> None:
        """Wait until the broker has all records; raises NotSent."""
        left = self._producer.flush(FLUSH_S)
        self._check()
        if left:
            raise NotSent(
                f"{left} records did not arrive within {FLUSH_S:g} s; send them again"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.purge()

    def _heard(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.arrived += 1
            self.last = f"{message.topic()} {message.partition()}:{message.offset()}"
        elif self._fault is None:
            self._fault = error

    def _check(self) -> None:
        if self._fault is not None:
            raise NotSent(f"kafka refused a record: `{self._fault.str()}`; correct that first")


_SENDING: dict[str, object] = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",
    "linger.ms": 5,
    "log_level": 0,
}
