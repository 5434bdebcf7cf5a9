"""An adapter that delivers to whoever watches: it tells actions, and reports on them.

It is a consumer group of its own. Offsets are committed only up to the first action that still
waits for its `not_before`, and after the outcomes are on the log; who takes over a partition
reads the outcomes first, so that nothing is done twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import CommitFailedError, IllegalStateError

from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.types import EVENT_TYPES
from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import HOUR, Instant
from legato.kafka import aiokafka_config
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.serving.adapters.deliveries import ActionPlace, Deliveries, DeliveryResult
from legato.settings import Settings
from legato.wire.formats.registry import Registry, RegistryDown
from legato.wire.topics.outcomes import Outcome, read_outcome, write_outcome

TAKE_MS = 500
REFRESH_MS = 5_000
ASK_AGAIN_S = 1.0
EARLIER = 48 * HOUR
"""How far back earlier reports are read: longer than any action is valid."""

_OVER = ("action.failed", "action.expired", "action.revoked_too_late")

Say = Callable[[DeliveryResult | Unreadable], None]
Batch = Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]


def group_of(settings: Settings) -> str:
    """Name the group whose members share the actions."""
    return f"{settings.worker.group}-adapter-log"


class ConsoleAdapter(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One member of the group: the partitions that it holds, and what it does with them."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self.deliveries = Deliveries()
        self._say = say
        self._registry: Registry = registry_of(settings)
        self._mine: set[TopicPartition] = set()
        # A partition is not given away in the middle of a batch.
        self._busy = asyncio.Lock()

    async def run(self, channels: tuple[str, ...], stop: asyncio.Event) -> None:
        """Follow the actions of some channels (none named: of all) until told to stop."""
        config = aiokafka_config(self.settings)
        self._consumer = AIOKafkaConsumer(
            group_id=group_of(self.settings),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=REFRESH_MS,
            **config,
        )
        # A report that is sent twice counts once, by its id: idempotence is not needed.
        self._producer = AIOKafkaProducer(acks="all", **config)
        self._subscribe(channels)
        async with AsyncExitStack() as stack:
            for client in (self._producer, self._consumer):
                stack.push_async_callback(client.stop)
                await client.start()
            while not stop.is_set():
                batch = await self._consumer.getmany(timeout_ms=self._patience_ms())
                async with self._busy:
                    await self._follow(batch)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Let go: what is done is committed, what waits is the successor's."""
        async with self._busy:
            await self._commit()
            self._mine -= set(revoked)
            self.deliveries.leave((at.topic, at.partition) for at in revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Read what was reported before, by this adapter or by the one who held them."""
        async with self._busy:
            since = _now() - EARLIER
            for action_id, open_ in await asyncio.to_thread(_reported, self.settings, since):
                self.deliveries.remember(action_id, delivered=open_)
            self._mine |= set(assigned)

    def _subscribe(self, channels: tuple[str, ...]) -> None:
        topics = topics_of(self.settings)
        if channels:
            self._consumer.subscribe([topics.actions(name) for name in channels], listener=self)
        else:
            self._consumer.subscribe(pattern=topics.actions_pattern, listener=self)

    def _patience_ms(self) -> int:
        return max(0, min(TAKE_MS, self.deliveries.next_due - _now()))

    async def _follow(self, batch: Batch) -> None:
        done: list[DeliveryResult] = []
        for at, records in batch.items():
            if at in self._mine:
                for record in records:
                    done += await self._take(record)
        done += self.deliveries.wake(_now())
        for one in done:
            self._say(one)
        await self._report(done)
        if batch or done:
            await self._commit()

    async def _take(self, record: ConsumerRecord[bytes, bytes]) -> list[DeliveryResult]:
        place = ActionPlace(record.topic, record.partition, record.offset)
        said = await self._read(record)
        if isinstance(said, Action | Revoked):
            return self.deliveries.take(said, place, _now())
        if isinstance(said, Unreadable):
            self._say(said)
        self.deliveries.skip(place)
        return []

    async def _read(self, record: ConsumerRecord[bytes, bytes]) -> object:
        raw = TopicRecord(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            time=record.timestamp,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
        )
        while True:
            try:
                return read_said(raw, self._registry)
            except RegistryDown:
                await asyncio.sleep(ASK_AGAIN_S)

    async def _report(self, done: Iterable[DeliveryResult]) -> None:
        topic = topics_of(self.settings).action_outcomes
        sent = [
            await self._producer.send(
                topic, write_outcome(outcome, self._registry), outcome.customer_id.encode()
            )
            for outcome in filter(None, map(outcome_of, done))
        ]
        await asyncio.gather(*sent)

    async def _commit(self) -> None:
        offsets = {
            TopicPartition(*at): offset
            for at, offset in self.deliveries.frontiers().items()
            if TopicPartition(*at) in self._mine
        }
        try:
            if offsets:
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # The group moved on; the next holder drops by id what is done already.
            return


def outcome_of(done: DeliveryResult) -> Outcome | None:
    """Make the report on an action, where there is something to report."""
    of, what = done.of, done.what
    if what == "held" or what == "revoked":
        return None
    return Outcome(of.action_id, of.customer_id, of.channel, what, done.time)


def _reported(settings: Settings, since: Instant) -> list[tuple[str, bool]]:
    """Read of which actions there are outcomes, and whether they could still be taken back."""
    topic, registry = topics_of(settings).action_outcomes, registry_of(settings)
    reported: list[tuple[str, bool]] = []
    with TopicReader(settings) as reader:
        numbers = reader.partitions(topic.__eq__).get(topic, [])
        for record in reader.read(topic, numbers, since=since):
            event = read_outcome(record.value, record.headers, record.time, registry)
            news = EVENT_TYPES.read_payload(event) if isinstance(event, Event) else None
            if isinstance(event, Event) and isinstance(news, ActionFeedback) and news.action_id:
                reported.append((news.action_id, event.type not in _OVER))
    return reported


def _now() -> Instant:
    return time.time_ns() // 1_000_000
