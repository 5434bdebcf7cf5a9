"""One thread that reads identity.aliases: first all that is there, then what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.logs import ClientLog
from legato.runtime.kafka.ends import decided, earliest
from legato.runtime.kafka.polled import Record as Polled
from legato.runtime.kafka.polled import without_errors
from legato.runtime.kafka.pulse import Pulse
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.errors import said_by
from legato.runtime.machine.facts import TP

CHUNK = 20_000
POLL_S = 0.1
ASK_S = 15.0

Record: TypeAlias = tuple[bytes | None, bytes | None]
"""Key and value; without a value, the name stands for itself again."""

Take: TypeAlias = Callable[[list[Record]], None]


class AliasConsumer(threading.Thread):
    """Hands records on, each key's in the order of the log.

    `catch_up` reads all that was committed before it was called, so that a worker that starts
    sends hardly anything the long way; `follow` lets the thread read what comes.
    """

    def __init__(
        self, config: Mapping[str, Any], admin: AdminClient, topic: str, what: str = "aliases"
    ) -> None:
        super().__init__(name=f"legato-{what}", daemon=True)
        self.pulse = Pulse(f"reading {what}")
        self._consumer = Consumer(dict(config), logger=ClientLog(what))
        self._admin, self._topic = admin, topic
        self._closing = threading.Event()
        self._take: Take = lambda _: None
        self._beat: Callable[[], None] = self.pulse.beat
        self._fail: Callable[[str], None] = lambda _: None

    def catch_up(self, take: Take, beat: Callable[[], None]) -> None:
        """Read up to where no transaction is open now, with a `beat` a turn.

        One that is may be this worker's own, from before it was killed: it ends when the worker
        has a producer. Raises KafkaException.
        """
        self._take, self._beat = take, beat
        begins, ends = self._find()
        self._consumer.assign([TopicPartition(*tp, begin) for tp, begin in begins.items()])
        behind = {tp[1] for tp, end in ends.items() if begins[tp] < end}
        while behind:
            for number, position in self._read().items():
                if position >= ends[self._topic, number]:
                    behind.discard(number)

    def _find(self) -> tuple[dict[TP, int], dict[TP, int]]:
        """Find where each partition begins and ends; a topic just made has no leader yet."""
        while True:
            self._beat()
            try:
                found = self._consumer.list_topics(self._topic, ASK_S).topics[self._topic]
                tps: list[TP] = [(self._topic, number) for number in found.partitions]
                return earliest(self._admin, tps), decided(self._admin, tps)
            except KafkaException as error:
                if not is_transient(error.args[0]):
                    raise
            self._closing.wait(POLL_S)

    def follow(self, take: Take, fail: Callable[[str], None]) -> None:
        """Go on in a thread of its own; `fail` hears why it ended, if it did by itself."""
        self._take, self._fail, self._beat = take, fail, self.pulse.beat
        self.start()

    def close(self) -> None:
        """End; from any thread, then `join`."""
        self._closing.set()

    def run(self) -> None:
        """Follow the topic until closed."""
        try:
            while not self._closing.is_set():
                self._read()
            self._consumer.close()
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence links nobody
            self._fail(f"reading `{self._topic}` ended: {said_by(error)}")

    def _read(self) -> dict[int, int]:
        """Hand on what one poll brings; return how far each partition was read."""
        self._beat()
        positions: dict[int, int] = {}
        messages = without_errors(self._consumer.consume(CHUNK, POLL_S), positions)
        for message in messages:
            number, behind = message.partition() or 0, (message.offset() or 0) + 1
            positions[number] = max(positions.get(number, 0), behind)
        if messages:
            self._hand_on(messages)
        return positions

    def _hand_on(self, messages: list[Polled]) -> None:
        self._take([(message.key(), message.value()) for message in messages])
