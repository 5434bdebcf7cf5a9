"""Writes what an adapter has to say: outcomes, dead letters and holds, until Kafka has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from legato.queries.outputs import registry_of
from legato.queries.topic_filter import topics_of
from legato.serving.adapters.machine.commands import Letter, Store
from legato.settings import Settings
from legato.wire.formats.registry import RegistryDown
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import dead_letter
from legato.wire.topics.holds import HoldKey, write_hold, write_release
from legato.wire.topics.names import LETTER_MAX
from legato.wire.topics.outcomes import Outcome, write_outcome

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0


class AdapterWriter:
    """Writes each `Store`, and tries again until that works; `failed` hears of each failure."""

    def __init__(
        self,
        settings: Settings,
        group: str,
        producer: AIOKafkaProducer,
        failed: Callable[[str], None],
    ) -> None:
        self._group, self._producer, self._failed = group, producer, failed
        self._topics = topics_of(settings)
        self._registry = registry_of(settings)
        self._holds = 0

    async def store(self, store: Store) -> None:
        """Write all of it, and let go of what was held only once the rest is there."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._write(store)
            except (KafkaError, RegistryDown, OSError) as error:
                log.warning("kafka did not take a report: %s", type(error).__name__)
                self._failed(type(error).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                return

    async def _write(self, store: Store) -> None:
        sent = [await self._outcome(each) for each in store.outcomes]
        if store.letter is not None:
            sent.append(await self._letter(store.letter))
        if store.hold is not None:
            record = write_hold(store.hold, self._group)
            sent.append(await self._hold(store.hold.key, record))
        await _all(sent)
        if store.release is not None:
            record = write_release(store.release, self._group)
            await _all([await self._hold(store.release.key, record)])

    async def _outcome(self, outcome: Outcome) -> Awaitable[object]:
        value = write_outcome(outcome, self._registry)
        return await self._send(
            self._topics.action_outcomes, RawRecord(outcome.customer_id.encode(), value)
        )

    async def _letter(self, letter: Letter) -> Awaitable[object]:
        record = dead_letter(letter.raw, letter.at, letter.why, LETTER_MAX // 2)
        return await self._send(self._topics.dead_letters, record)

    async def _hold(self, key: HoldKey, record: RawRecord) -> Awaitable[object]:
        topic = self._topics.adapter_holds
        if not self._holds:
            self._holds = len(await self._producer.partitions_for(topic)) or 1
        return await self._send(topic, record, key.partition % self._holds)

    async def _send(
        self, topic: str, record: RawRecord, partition: int | None = None
    ) -> Awaitable[object]:
        sent: Awaitable[object] = await self._producer.send(
            topic,
            record.value,
            record.key,
            partition=partition,
            headers=[(name, value or b"") for name, value in record.headers],
        )
        return sent


async def _all(sent: Iterable[Awaitable[object]]) -> None:
    for each in sent:
        await each
