"""Upstream: tells events all the time, and gives none up, whatever befalls Kafka."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

from confluent_kafka import KafkaError, Message, Producer

from legato.local import wait_until
from tests.faults.tale import Act, place_of

TICK_S = 0.02
SOON = {"reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500, "socket.timeout.ms": 6_000}
"""For clients of the bench: they must not be what a recovery waits for."""

PATIENT = {
    "enable.idempotence": True,
    "acks": "all",
    "message.timeout.ms": 0,
    "request.timeout.ms": 5_000,
    "retry.backoff.ms": 50,
    "retry.backoff.max.ms": 500,
    "topic.metadata.refresh.interval.ms": 5_000,
    "queue.buffering.max.messages": 2_000_000,
    "queue.buffering.max.kbytes": 1 << 20,
    "linger.ms": 5,
    "log_level": 0,
    **SOON,
}


class Upstream:
    """A thread that tells acts at a pace; `told` are all that it was given to tell."""

    def __init__(
        self, bootstrap: str, prefix: str, acts: Iterable[Act], per_second: int
    ) -> None:
        self.told: list[Act] = []
        self.acknowledged = 0
        self.refused: list[str] = []
        self._producer = Producer({"bootstrap.servers": bootstrap, **PATIENT})
        self._prefix, self._acts, self._per_second = prefix, iter(acts), per_second
        self._going, self._over = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)

    @property
    def waiting(self) -> int:
        """How many events Kafka has not acknowledged yet."""
        return len(self.told) - self.acknowledged

    def go(self) -> None:
        """Begin, or go on."""
        if not self._thread.is_alive():
            self._thread.start()
        self._going.set()

    def rest(self) -> None:
        """Tell nothing for a while."""
        self._going.clear()

    def tell(self, acts: Iterable[Act]) -> None:
        """Tell these now, in between."""
        with self._turn:
            for act in acts:
                self._put(act)

    def end(self) -> None:
        """Tell no more."""
        self._over.set()
        self._going.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def settle(self, within_s: float) -> None:
        """Wait until Kafka has acknowledged all; raises TimeoutError."""
        what = "upstream to be rid of its events"
        wait_until(lambda: self._producer.flush(0.1) == 0, what, deadline_s=within_s)

    def _run(self) -> None:
        due, last = 0.0, time.monotonic()
        while not self._over.is_set():
            self._going.wait()
            now = time.monotonic()
            due, last = min(due + (now - last) * self._per_second, self._per_second / 10), now
            for act in self._next(int(due)):
                with self._turn:
                    self._put(act)
            due -= int(due)
            self._producer.poll(TICK_S)

    def _next(self, count: int) -> Iterator[Act]:
        for _ in range(count):
            if (act := next(self._acts, None)) is not None:
                yield act

    def _put(self, act: Act) -> None:
        topic = self._prefix + act.source
        value, place = act.written(), place_of(act)
        self._producer.produce(topic, value, act.key, place, on_delivery=self._delivered)
        self.told.append(act)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self.acknowledged += 1
        if error is not None:
            self.refused.append(error.str())
