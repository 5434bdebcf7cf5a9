"""The way to Kafka: bounded, and done only when every record of a request is acknowledged."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from msgspec import Struct
from msgspec.structs import astuple

from legato.kafka import client_config
from legato.logs import ClientLog
from legato.serving.api.problems import try_again
from legato.settings import Settings
from legato.wire.topics.names import Topics

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
    """What a request waits for: its records, counted down on the event loop."""

    __slots__ = ("_told", "done", "failed", "left", "weight")

    def __init__(self, records: Sequence[OutgoingRecord], told: deque[_Told]) -> None:
        self._told = told
        self.left = len(records)
        self.weight = sum(record.weight for record in records)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.failed = ""

    def tell(self, error: KafkaError | None, _: Message) -> None:
        """One is acknowledged, or given up; whichever thread hears of it."""
        self._told.append((self, 1, "" if error is None else error.str()))


_Told: TypeAlias = tuple[_Delivery, int, str]
"""Of which request so many records are done with, and why they did not arrive."""


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
        self._asked = Topics(settings.kafka.prefix).access_log
        self._fatal = ""
        self._told: deque[_Told] = deque()
        self._producer = self._renewed()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="legato-producer", daemon=True)
        self._thread.start()

    async def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Have all of these acknowledged; raises Problem (503), and then promises nothing."""
        if not records:
            return
        delivery = _Delivery(records, self._told)
        if self.waiting + delivery.weight > self._most:
            raise try_again("more is on its way to Kafka than may be", FULL_AFTER_S)
        self._produce(records, delivery)
        try:
            async with asyncio.timeout(ANSWER_S):
                await delivery.done
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

    def _produce(self, records: Sequence[OutgoingRecord], delivery: _Delivery) -> None:
        """Give all of them to librdkafka, or as many as it takes."""
        self._loop = delivery.done.get_loop()
        if self._fatal:
            log.warning("kafka refused the producer (%s); another takes its place", self._fatal)
            threading.Thread(target=self._producer.flush, args=(ANSWER_S,), daemon=True).start()
            self._producer, self._fatal = self._renewed(), ""
        self.waiting += delivery.weight
        produce, told = self._producer.produce, delivery.tell
        for number, (topic, key, value, headers) in enumerate(map(astuple, records)):
            try:
                produce(topic, value, key, headers=list(headers), on_delivery=told)
            except (BufferError, KafkaException) as error:
                self._told.append((delivery, len(records) - number, str(error)))
                break

    def _settle(self) -> None:
        """Let those go on of whom all records are done with; runs on the event loop."""
        while self._told:
            delivery, count, failed = self._told.popleft()
            delivery.failed = delivery.failed or failed
            delivery.left -= count
            if not delivery.left:
                self.waiting -= delivery.weight
                if not delivery.done.done():
                    delivery.done.set_result(None)

    def _poll(self) -> None:
        """Have deliveries told: the loop is woken once for as many as there are.

        Where the last failed, see when Kafka answers again: whoever heeds /readyz sends nothing
        meanwhile, so no request would find it out.
        """
        ask_at = 0.0
        while not self._over.is_set():
            self._producer.poll(POLL_S)
            if self._told:
                with suppress(RuntimeError):  # the loop may have ended before Kafka answered
                    self._loop.call_soon_threadsafe(self._settle)
            if not self.up and time.monotonic() >= ask_at:
                self.up = self.answers(ASK_S)
                ask_at = time.monotonic() + ASK_EVERY_S

    def answers(self, within_s: float) -> bool:
        """Ask Kafka for anything, and wait so long: a broker that hangs refuses nothing."""
        try:
            self._producer.list_topics(self._asked, timeout=within_s)
        except KafkaException:
            return False
        return True

    def _renewed(self) -> Producer:
        return Producer(
            {**self._config, "error_cb": self._on_error}, logger=ClientLog("producer")
        )

    def _on_error(self, error: KafkaError) -> None:
        """Take the producer for lost, or Kafka for away until it is seen to answer."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self.up = False
        if error.code() == KafkaError._FATAL or error.fatal():
            self._fatal = error.str()


def _config(settings: Settings) -> Mapping[str, Any]:
    return client_config(
        settings,
        **{
            "enable.idempotence": True,
            "acks": "all",
            "delivery.timeout.ms": round(ACKNOWLEDGED_S * 1_000),
            "linger.ms": 1,
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
