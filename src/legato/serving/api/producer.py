"""The way to Kafka: bounded, and done only when every record of a request is acknowledged."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from msgspec import Struct

from legato.kafka import client_config
from legato.logs import ClientLog
from legato.serving.api.problems import try_again
from legato.settings import Settings

log = logging.getLogger(__name__)

ACKNOWLEDGED_S = 8.0
"""So long Kafka may take for a record; a request has 10 s."""
ANSWER_S = 9.0
"""How long a request waits for librdkafka to keep that: no call of it is trusted."""
POLL_S = 0.1
ASK_EVERY_S, ASK_S = 2.0, 1.0
FULL_AFTER_S, AWAY_AFTER_S = 1.0, 5.0
OVERHEAD = 200
"""What a record weighs beside its bytes, about."""


class OutgoingRecord(Struct, frozen=True, gc=False):
    """A record for a topic; the key says in which order it is to stay."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def weight(self) -> int:
        """About how many bytes it takes while it is on its way."""
        return len(self.value) + OVERHEAD


class _Delivery:
    """What a request waits for: its records, counted down from whichever thread."""

    __slots__ = ("_left", "_lock", "_loop", "done", "failed")

    def __init__(self, count: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._left = count
        self.done: asyncio.Future[None] = self._loop.create_future()
        self.failed = ""

    def told(self, error: KafkaError | None, _: Message) -> None:
        """One is acknowledged, or given up."""
        self.settle(1, "" if error is None else error.str())

    def settle(self, count: int, failed: str) -> None:
        """Wait for so many less; `failed` says why they did not arrive."""
        with self._lock:
            self.failed = self.failed or failed
            self._left -= count
            over = self._left == 0
        if over:
            with suppress(RuntimeError):  # the loop may have ended before Kafka answered
                self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class EventProducer:
    """One idempotent producer, used from the event loop, polled by a thread of its own.

    `waiting` is what is on its way, in bytes; `up` says whether Kafka took what it was last
    given.
    """

    def __init__(self, settings: Settings) -> None:
        self.waiting = 0
        self.up = True
        self._most = settings.api.queue_bytes
        self._config = _config(settings)
        self._fatal = ""
        self._producer = self._renewed()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="legato-producer", daemon=True)
        self._thread.start()

    async def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Have all of these acknowledged; raises Problem (503), and then promises nothing."""
        if not records:
            return
        weight = sum(record.weight for record in records)
        if self.waiting + weight > self._most:
            raise try_again("more is on its way to Kafka than may be", FULL_AFTER_S)
        delivery = self._delivery(records, weight)
        try:
            async with asyncio.timeout(ANSWER_S):
                await asyncio.shield(delivery.done)
        except TimeoutError:
            self.up = False
            raise try_again(
                "Kafka did not answer; send all of it again", AWAY_AFTER_S
            ) from None
        self.up = not delivery.failed
        if delivery.failed:
            log.warning("kafka did not take a request: %s", delivery.failed)
            raise try_again("Kafka did not take it; send all of it again", AWAY_AFTER_S)

    def close(self) -> None:
        """Wait for what is on its way, as long as Kafka may take for it, and end."""
        self._producer.flush(ANSWER_S)
        self._over.set()
        self._thread.join(POLL_S * 2)

    def _delivery(self, records: Sequence[OutgoingRecord], weight: int) -> _Delivery:
        if self._fatal:
            log.warning("kafka refused the producer (%s); another takes its place", self._fatal)
            threading.Thread(target=self._producer.flush, args=(ANSWER_S,), daemon=True).start()
            self._producer, self._fatal = self._renewed(), ""
        delivery = _Delivery(len(records))
        self.waiting += weight
        delivery.done.add_done_callback(lambda _: self._arrived(weight))
        produce = self._producer.produce
        for number, record in enumerate(records):
            try:
                produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=list(record.headers),
                    on_delivery=delivery.told,
                )
            except (BufferError, KafkaException) as error:
                delivery.settle(len(records) - number, str(error))
                break
        return delivery

    def _arrived(self, weight: int) -> None:
        self.waiting -= weight

    def _poll(self) -> None:
        """Have deliveries told; and where the last failed, see when Kafka answers again.

        Whoever heeds /readyz sends nothing meanwhile, so no request would find it out.
        """
        ask_at = 0.0
        while not self._over.is_set():
            self._producer.poll(POLL_S)
            if not self.up and time.monotonic() >= ask_at:
                self.up = self._answers()
                ask_at = time.monotonic() + ASK_EVERY_S

    def _answers(self) -> bool:
        try:
            self._producer.list_topics(timeout=ASK_S)
        except KafkaException:
            return False
        return True

    def _renewed(self) -> Producer:
        return Producer(
            {**self._config, "error_cb": self._on_error}, logger=ClientLog("producer")
        )

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._FATAL or error.fatal():
            self._fatal = error.str()


def _config(settings: Settings) -> Mapping[str, Any]:
    return client_config(
        settings,
        **{
            "enable.idempotence": True,
            "acks": "all",
            "delivery.timeout.ms": round(ACKNOWLEDGED_S * 1_000),
            "linger.ms": 2,
            "compression.type": "lz4",
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": settings.api.queue_bytes // 512,
            "message.max.bytes": 1_200_000,
            "retry.backoff.ms": 100,
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 1_000,
        },
    )
