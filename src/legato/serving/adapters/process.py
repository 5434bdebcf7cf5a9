"""The process of an adapter: its clients, around the machine that says what they do."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any, assert_never

from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    OffsetAndMetadata,
    TopicPartition,
)
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError

from legato.adapter import Deliver
from legato.core.values.results import Unreadable
from legato.core.values.time import NEVER, SECOND, Instant
from legato.kafka import aiokafka_config
from legato.queries.outputs import registry_of
from legato.queries.topic_filter import topics_of
from legato.serving.adapters.health import AdapterHealth
from legato.serving.adapters.machine.commands import (
    AdapterCommand,
    CommitPlaces,
    DeliveryResult,
    PauseReading,
    ResumeReading,
    Send,
    Store,
    TellResult,
)
from legato.serving.adapters.machine.facts import (
    TP,
    ActionsRecord,
    AdapterFact,
    Answer,
    CommitDue,
    PartitionsGone,
    PartitionsLeaving,
    PlacesCommitted,
    RecordsRead,
    Stored,
    TimePassed,
    TryEnded,
    Unchecked,
)
from legato.serving.adapters.machine.machine import DeliveryMachine
from legato.serving.adapters.metrics import AdapterMetrics
from legato.serving.adapters.plan import AdapterPlan
from legato.serving.adapters.records import FetchedRecord, read_records
from legato.serving.adapters.restorer import RESTORE_FAILS, AdapterRestorer
from legato.serving.adapters.sending import ActionSender, SendingRules
from legato.serving.adapters.stalls import ReadingStalls
from legato.serving.adapters.view_check import ViewCheck
from legato.serving.adapters.writer import AdapterWriter
from legato.wire.formats.registry import RegistryDown

log = logging.getLogger(__name__)

READ_MS, READ_MOST = 100, 500
COMMIT_S, LOOK_S = 0.1, 15.0
LEAVE_S = 20.0
AGAIN_S = 1.0
REFRESH_MS, REJOIN_MS = 5_000, 30_000


def clock_now() -> Instant:
    """Return the time of day."""
    return time.time_ns() // 1_000_000


class AdapterProcess(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One member of the group; all of it runs on one loop."""

    def __init__(self, plan: AdapterPlan) -> None:
        self.metrics = AdapterMetrics(plan.name)
        self.health = AdapterHealth()
        self.machine = DeliveryMachine(plan.limits)
        self._plan = plan
        self._registry = registry_of(plan.settings)
        self._restorer = AdapterRestorer(plan.settings, plan.group)
        self._epochs: dict[TP, int] = {}
        self._last_epoch = 0
        self._told: dict[TP, tuple[int, bool]] = {}
        self._stalls = ReadingStalls()
        self._fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._committing = False
        self._changed = asyncio.Event()
        self._beat_of = dict.fromkeys(("commit", "look", "observe"), 0.0)

    async def run(self, deliver: Deliver, stop: asyncio.Event) -> None:
        """Deliver until told to stop; then finish what is under way, within 20 s."""
        async with AsyncExitStack() as stack:
            await self._open_clients(deliver, stack)
            reading, *others = [
                asyncio.create_task(each)
                for each in (self._read(), self._sender.run(), self._tick())
            ]
            told = asyncio.create_task(stop.wait())
            loops: list[asyncio.Future[Any]] = [reading, *others, told, self._fault]
            stack.push_async_callback(self._cancel_all, loops)
            done, _ = await asyncio.wait(loops, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            await _cancel([reading])
            await self._leave(tuple(self._epochs))

    async def _cancel_all(self, loops: Collection[asyncio.Future[Any]]) -> None:
        await _cancel([*loops, *self._tasks])

    async def _open_clients(self, deliver: Deliver, stack: AsyncExitStack) -> None:
        plan, settings = self._plan, self._plan.settings
        config = aiokafka_config(settings)
        self._consumer = AIOKafkaConsumer(
            group_id=plan.group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=REFRESH_MS,
            # Whoever gives partitions back finishes first; the others must wait for that.
            rebalance_timeout_ms=REJOIN_MS,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            **config,
        )
        # A report that is sent twice counts once, by its id: idempotence is not needed.
        producer = AIOKafkaProducer(acks="all", linger_ms=5, **config)
        self._writer = AdapterWriter(settings, plan.group, producer, self._kafka_failed)
        view = ViewCheck(settings) if plan.adapter.check == "view" else None
        if view is not None:
            stack.push_async_callback(view.close)
        rules = SendingRules(plan.adapter.rate, plan.adapter.timeout_s)
        self._sender = ActionSender(deliver, view, self, rules)
        self._subscribe()
        for client in (producer, self._consumer):
            stack.push_async_callback(client.stop)
            await client.start()
        stack.push_async_callback(self._sender.cancel)

    def _subscribe(self) -> None:
        topics = topics_of(self._plan.settings)
        if self._plan.channels:
            names = [topics.actions(name) for name in self._plan.channels]
            self._consumer.subscribe(names, listener=self)
        else:
            self._consumer.subscribe(pattern=topics.actions_pattern, listener=self)

    # What the machine is told, and what it wants.

    def may_begin(self, ticket: int) -> bool:
        """Ask the machine right before an action is handed to the adapter."""
        return self.machine.may_begin(ticket, clock_now())

    def answered(self, ticket: int, answer: Answer, took_s: float) -> None:
        """Tell the machine what came of a `Send`."""
        name = self._plan.name
        self.metrics.tries.labels(name, type(answer).__name__.lower()).inc()
        if took_s:
            self.metrics.seconds.labels(name).observe(took_s)
        told = "redis does not answer" if isinstance(answer, Unchecked) else ""
        self.health.wait_for("redis", told)
        self._tell(TryEnded(ticket, answer))

    def _tell(self, fact: AdapterFact) -> None:
        self._changed.set()
        for command in self.machine.handle(fact, clock_now()):
            self._do(command)

    def _do(self, command: AdapterCommand) -> None:
        match command:
            case Send():
                self._sender.take(command)
            case Store():
                self._spawn(self._store(command))
            case CommitPlaces(places=places):
                self._spawn(self._commit(places))
            case PauseReading(tp=tp):
                self._consumer.pause(TopicPartition(*tp))
            case ResumeReading(tp=tp):
                self._consumer.resume(TopicPartition(*tp))
            case TellResult(result=result):
                self._watch(result)
            case _:
                assert_never(command)

    def _watch(self, result: DeliveryResult | Unreadable) -> None:
        if isinstance(result, DeliveryResult):
            self.metrics.actions.labels(self._plan.name, result.what).inc()
        if self._plan.watch is not None:
            self._plan.watch(result)

    async def _store(self, store: Store) -> None:
        if store.letter is not None:
            reason = store.letter.why.reason
            self.metrics.letters.labels(self._plan.name, reason).inc()
            log.warning("a dead letter: %s", store.letter.why.message)
        await self._writer.store(store)
        self.health.wait_for("kafka", "")
        self._tell(Stored(store.ticket))

    async def _commit(self, places: Mapping[TP, tuple[int, str]]) -> None:
        self._committing = True
        try:
            offsets = {
                TopicPartition(*tp): OffsetAndMetadata(*place) for tp, place in places.items()
            }
            await self._consumer.commit(offsets)
        except IllegalStateError:
            return  # a partition is another's by now, and so are its offsets
        except KafkaError as error:
            self._kafka_failed(type(error).__name__)
        else:
            self._tell(PlacesCommitted(dict(places)))
        finally:
            self._committing = False
            self._changed.set()

    def _kafka_failed(self, reason: str) -> None:
        self.metrics.errors.labels(self._plan.name, reason).inc()
        self.health.wait_for("kafka", f"kafka takes nothing: {reason}")

    # Reading.

    async def _read(self) -> None:
        while True:
            batch = await self._consumer.getmany(timeout_ms=READ_MS, max_records=READ_MOST)
            for tp in [*self._told]:
                await self._take(tp, batch.get(TopicPartition(*tp), []))

    async def _take(self, tp: TP, records: list[FetchedRecord]) -> None:
        """Tell the machine what was read, and whether that was all there is."""
        epoch = self._epochs.get(tp)
        at = TopicPartition(*tp)
        if epoch is None or at not in self._consumer.assignment():
            return
        read = await self._decoded(records)
        place = await self._consumer.position(at)
        stable = self._consumer.last_stable_offset(at)
        told = place, stable is not None and place >= stable
        if self._epochs.get(tp) == epoch and (read or told != self._told.get(tp)):
            self._told[tp] = told
            self._tell(RecordsRead(tp, epoch, read, *told))

    async def _decoded(self, records: list[FetchedRecord]) -> list[ActionsRecord]:
        while True:
            try:
                read = read_records(records, self._registry)
            except RegistryDown:
                self.health.wait_for("registry", "the schema registry does not answer")
                await asyncio.sleep(AGAIN_S)
            else:
                self.health.wait_for("registry", "")
                return read

    # Partitions come and go.

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """Read nothing before it is known where the last holder stood."""
        tps = tuple(sorted((at.topic, at.partition) for at in assigned))
        self._consumer.pause(*assigned)
        epoch = self._last_epoch = max(clock_now(), self._last_epoch + 1)
        self._epochs = dict.fromkeys(tps, epoch)
        if tps:
            self.health.wait_for("partitions", "partitions are being taken over")
            self._spawn(self._restore(tps, epoch))
        else:
            self.health.wait_for("partitions", "no partition is ours: others have them all")

    async def on_partitions_revoked(self, _: Collection[Any]) -> None:
        """Finish and commit, then let go: who comes next begins where we end."""
        await self._leave(tuple(self._epochs))

    async def _restore(self, tps: tuple[TP, ...], epoch: int) -> None:
        opened = None
        while opened is None:
            try:
                opened = await asyncio.to_thread(self._restorer.restore, tps, epoch)
            except RESTORE_FAILS as error:
                self._kafka_failed(type(error).__name__)
                await asyncio.sleep(AGAIN_S)
        for each in opened:
            if self._epochs.get(each.tp) == epoch:
                at = TopicPartition(*each.tp)
                self._consumer.seek(at, each.start)
                self._tell(each)
                self._told[each.tp] = -1, False
                self._consumer.resume(at)
        if self._last_epoch == epoch:
            self.health.wait_for("partitions", "")
            self.health.wait_for("kafka", "")

    async def _leave(self, tps: tuple[TP, ...]) -> None:
        """Begin nothing more, wait for what is under way, commit, and forget."""
        self._told.clear()
        self._tell(PartitionsLeaving(tps))
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await self._settled(tps)
        for command in self.machine.handle(CommitDue(), clock_now()):
            if isinstance(command, CommitPlaces):
                await self._commit(command.places)
            else:
                self._do(command)
        self._epochs = {}
        self._tell(PartitionsGone(tps))
        self.health.wait_for("partitions", "no partition is ours yet")

    async def _settled(self, tps: tuple[TP, ...]) -> None:
        """Wait until nothing is under way, at the provider or to Kafka."""
        while self._committing or not self.machine.is_settled(tps):
            self._changed.clear()
            await self._changed.wait()

    # Time.

    async def _tick(self) -> None:
        """See to what time alone brings, and say how it stands."""
        while True:
            self.health.beat()
            now = clock_now()
            if self.machine.next_due <= now:
                self._tell(TimePassed())
            if not self._committing and self._is_time("commit", COMMIT_S):
                self._tell(CommitDue())
            if self._is_time("look", LOOK_S):
                self._spawn(self._look())
            self._observe(now)
            await asyncio.sleep(min(max(self._wait_s(now), 0.005), COMMIT_S))

    def _wait_s(self, now: Instant) -> float:
        due = self.machine.next_due
        return COMMIT_S if due == NEVER else (due - now) / SECOND

    def _is_time(self, what: str, every_s: float) -> bool:
        if time.monotonic() - self._beat_of[what] < every_s:
            return False
        self._beat_of[what] = time.monotonic()
        return True

    async def _look(self) -> None:
        """See that each partition that has more is read on."""
        ats = [TopicPartition(*tp) for tp in self._told]
        try:
            ends = await asyncio.wait_for(self._consumer.end_offsets(ats), LOOK_S)
        except (KafkaError, TimeoutError) as error:
            self._kafka_failed(type(error).__name__)
            return
        paused = {(at.topic, at.partition) for at in self._consumer.paused()}
        left = {(at.topic, at.partition): end for at, end in ends.items()}
        self.health.stands(self._stalls.find(left, self._told, paused))
        self.metrics.set("lag", self.machine.behind(left))

    def _observe(self, now: Instant) -> None:
        if not self._is_time("observe", 1.0):
            return
        self.metrics.observe(self.machine, now)
        told = "the provider answers with nothing but failures"
        self.health.wait_for("breaker", told if self.machine.sending.breaker.is_open else "")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[None]) -> None:
        """Let nothing fail unheard: what no part of it expects ends the process."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() and not self._fault.done():
            self._fault.set_exception(task.exception() or RuntimeError())


async def _cancel(tasks: Collection[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
