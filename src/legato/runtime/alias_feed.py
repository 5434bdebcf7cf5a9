"""One thread that reads identity.aliases: first all that is there, then what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.runtime.ends import earliest, latest
from legato.runtime.facts import TP
from legato.runtime.passing import passes
from legato.runtime.trouble import said_by

CHUNK = 20_000
POLL_S = 0.1

Aliases: TypeAlias = list[tuple[bytes, bytes | None]]
"""Records of the topic, each key's in order; without a value, a name stands for itself."""


class AliasFeed(threading.Thread):
    """Hands records on to `take`, each key's in the order of the log, from whatever thread.

    `catch_up` reads all that was committed before it was called, so that a worker that starts
    sends hardly anything the long way; from then on the thread follows.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        admin: AdminClient,
        topic: str,
        *,
        take: Callable[[Aliases], None],
        fail: Callable[[str], None],
    ) -> None:
        super().__init__(name="legato-aliases", daemon=True)
        self._consumer = Consumer(dict(config))
        self._admin, self._topic, self._take, self._fail = admin, topic, take, fail
        self._closing = threading.Event()

    def catch_up(self) -> None:
        """Read up to where the topic ends now; raises KafkaException."""
        numbers = self._consumer.list_topics(self._topic).topics[self._topic].partitions
        tps: list[TP] = [(self._topic, number) for number in numbers]
        begins, ends = earliest(self._admin, tps), latest(self._admin, tps)
        self._consumer.assign([TopicPartition(*tp, begins[tp]) for tp in tps])
        behind = {tp[1] for tp in tps if begins[tp] < ends[tp]}
        while behind:
            for number, position in self._read().items():
                if position >= ends[self._topic, number]:
                    behind.discard(number)

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
        positions: dict[int, int] = {}
        found: Aliases = []
        for message in self._consumer.consume(CHUNK, POLL_S):
            error = message.error()
            if error is None:
                found.append((message.key() or b"", message.value()))
                positions[message.partition() or 0] = (message.offset() or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                positions[message.partition() or 0] = message.offset() or 0
            elif not passes(error):
                raise KafkaException(error)
        if found:
            self._take(found)
        return positions
