"""Writes what a shadow says to `shadow.decisions`, and nothing to anywhere else."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, Message, Producer

from legato.core.values.outputs import Output
from legato.core.values.time import Instant
from legato.kafka import client_config
from legato.operations.errors import NotSent
from legato.runtime.kafka.client_configs import LARGEST
from legato.settings import Settings
from legato.wire.topics.shadow import ShadowSaying, told_by_shadow, write_saying

FLUSH_S = 60.0
POLL_S = 0.1


class SayingWriter:
    """One producer; what did not arrive is told at the next `check`."""

    def __init__(
        self, settings: Settings, topic: str, marks: tuple[str, str], since: Instant
    ) -> None:
        """Mark all with name and version of the playbook, and when the shadow began."""
        self.topic = topic
        self._marks, self._since = marks, since
        self._producer = Producer(_config(settings))
        self._failure: KafkaError | None = None

    def write(self, outputs: Iterable[Output]) -> list[str]:
        """Write what is to be told; return of which kinds it was."""
        kinds: list[str] = []
        for output in outputs:
            said = told_by_shadow(output)
            if said is not None:
                saying = ShadowSaying(*self._marks, self._since, said)
                self._send(said.customer_id.encode(), write_saying(saying))
                kinds.append(type(said).__name__.lower())
        return kinds

    def check(self) -> None:
        """See what became of what was written; raises NotSent."""
        self._producer.poll(0)
        if self._failure is not None:
            raise NotSent(
                f"`{self.topic}` did not take what was written: {self._failure.str()}; see to "
                "it, and start the shadow again"
            )

    def close(self) -> None:
        """Wait until all has arrived; raises NotSent."""
        left = self._producer.flush(FLUSH_S)
        self.check()
        if left:
            raise NotSent(f"`{self.topic}` did not take {left} records; look at its brokers")

    def _send(self, key: bytes, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(self.topic, value, key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(POLL_S)
            else:
                return

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._failure = self._failure or error


def _config(settings: Settings) -> dict[str, object]:
    return client_config(
        settings,
        **{
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 20,
            # While Kafka is away there is nothing to follow either: what is written waits.
            "message.timeout.ms": 0,
            "message.max.bytes": LARGEST,
            "log_level": 0,
        },
    )
