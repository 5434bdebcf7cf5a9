"""The machine and its hands on one event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import assert_never

from legato.core.playbook.compile import PlaybookError
from legato.core.values.outputs import Output
from legato.core.values.time import LONG_AGO, SECOND, Instant, in_words
from legato.hanging import BUDGET_S
from legato.runtime.host.alias_updates import apply_alias_updates
from legato.runtime.host.playbook_updates import (
    apply_playbook_updates,
    compile_from,
    tell_of_versions,
)
from legato.runtime.host.reference_updates import apply_reference_updates
from legato.runtime.host.watchdog import WATCH_S, Watchdog
from legato.runtime.kafka.alias_consumer import AliasConsumer, Record
from legato.runtime.kafka.consumer import ConsumerThread
from legato.runtime.kafka.ends import Questions
from legato.runtime.kafka.producer import Transactions
from legato.runtime.kafka.restore import Restorer
from legato.runtime.kafka.topic_layout import PLAYBOOKS
from legato.runtime.kafka.world_consumer import WorldConsumer, WorldRecord
from legato.runtime.machine.checkpoint import Checkpoint
from legato.runtime.machine.commands import (
    HUNG,
    AckRevoke,
    CancelRestore,
    Command,
    Commit,
    Exit,
    Fetch,
    InitProducer,
    LogInfo,
    LogWarning,
    QueryEndOffsets,
    Restore,
    Unassign,
)
from legato.runtime.machine.counts import WorkerStats
from legato.runtime.machine.errors import place_of
from legato.runtime.machine.facts import (
    Batch,
    Committed,
    Fact,
    PartitionEof,
    PartitionsAssigned,
    PartitionsLost,
    PartitionsRevoked,
    ProducerFact,
    ReferencesPassed,
    Stop,
    Tick,
    TransactionAborted,
    WorkerFault,
    WorldHeard,
)
from legato.runtime.machine.machine import Machine
from legato.runtime.processors.job import Job

log = logging.getLogger("legato")
TICK_S = 0.01
LOOK_S = 1.0
CALL_S = 60.0
"""A thread that reads does not turn for so long: a call under it will never return."""
CLOSE_S = 3.0
"""What is left of the budget for leaving the group, however long the last commit took."""
MARGIN_S = 1.0
"""What the rest of the process needs to end, of the same budget."""

Delivery = Batch | PartitionEof | list[Output]
Deliver = Callable[[Delivery], Awaitable[None]]
"""Takes what was fetched to its processor, and what was said to whoever listens."""


def now_ms() -> Instant:
    """The time of day; here is where it comes in."""
    return time.time_ns() // 1_000_000


class WorkerResources:
    """What the line works with, each made for this worker."""

    def __init__(self, machine: Machine, plan: Job, watchdog: Watchdog | None) -> None:
        self.machine, self.plan = machine, plan
        self.watchdog = watchdog
        self.totals = WorkerStats()


class Clients:
    """What talks to Kafka, each on a thread of its own; no call of theirs is waited for."""

    def __init__(  # noqa: PLR0913 - one a client
        self,
        transactions: Transactions,
        questions: Questions,
        feed: ConsumerThread,
        *,
        restorer: Restorer,
        aliases: AliasConsumer,
        world: Mapping[str, WorldConsumer] = MappingProxyType({}),
    ) -> None:
        self.transactions, self.questions = transactions, questions
        self.feed, self.restorer, self.aliases = feed, restorer, aliases
        self.world = world

    @property
    def threads(self) -> tuple[ConsumerThread | Restorer | AliasConsumer, ...]:
        """Those that turn all the time."""
        return self.feed, self.restorer, self.aliases, *self.world.values()

    def close(self, until: float) -> None:
        """Let all end, and wait for them until a moment of the monotonic clock."""
        for thread in self.threads:
            thread.close()
        self.transactions.retire()
        self.questions.close()
        for thread in self.threads:
            if thread.is_alive():
                thread.join(max(until - time.monotonic(), 0))


class WorkerLoop:
    """Takes facts from all threads to the machine, and its commands to where they are done."""

    def __init__(self, hands: WorkerResources, deliver: Deliver) -> None:
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.totals = hands.totals
        self.machine = hands.machine
        self.turned_at = time.monotonic()
        self._hands, self._deliver = hands, deliver
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Delivery] = asyncio.Queue()
        self._landed = asyncio.Event()
        self._checkpoint: tuple[int, Checkpoint, float] | None = None
        self._looked_at = self.turned_at
        self._restored = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: Clients | None = None
        self._passed: dict[str, Instant] = {}

    @property
    def still_s(self) -> float:
        """For how long it has not turned, less what a watchdog slept through with us."""
        watchdog = self._hands.watchdog
        if watchdog is None:
            return time.monotonic() - self.turned_at
        return watchdog.pulse.still * WATCH_S

    @property
    def restored(self) -> int:
        """How many contexts were read to restore partitions."""
        return 0 if self._clients is None else self._clients.restorer.restored

    @property
    def left_behind(self) -> int:
        """How many producers hang in calls that have not returned."""
        return 0 if self._clients is None else self._clients.transactions.left_behind

    @property
    def aliases(self) -> int:
        """How many identifiers lead to another customer than their own."""
        return len(self._hands.plan.aliases)

    @property
    def references(self) -> int:
        """How many references are known."""
        return len(self._hands.plan.references)

    @property
    def playbook_version(self) -> int:
        """Which version of the playbook counts by the time of day; 0 for that of the file."""
        versions = self._hands.plan.versions
        version = None if versions is None else versions.version_at(now_ms())
        return 0 if version is None else version.number

    def start(self, clients: Clients) -> None:
        """Begin to work."""
        self._clients = clients
        clients.aliases.follow(self.hear, lambda why: self.post(WorkerFault(why)))
        self._passed = dict.fromkeys(clients.world, LONG_AGO)
        for name, consumer in clients.world.items():
            consumer.hear = partial(self.hear_world, name)
            consumer.tell_time(now_ms, partial(self.pass_world, name))
            consumer.tell_life(partial(self.post, WorldHeard(name)))
            self._handle(WorldHeard(name))
            consumer.follow(lambda _: None, lambda why: self.post(WorkerFault(why)))
        clients.feed.start()
        clients.restorer.start()
        self._tasks = [asyncio.create_task(self._tick()), asyncio.create_task(self._pump())]

    def post(self, fact: Fact) -> None:
        """Tell the machine something, if it is still there; from any thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._receive, fact)

    def hear(self, records: list[Record]) -> None:
        """Learn where identifiers lead; from any thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._hear, records)

    def _hear(self, records: list[Record]) -> None:
        apply_alias_updates(self._hands.plan, self.machine.tasks, records)

    def hear_world(self, name: str, records: list[WorldRecord]) -> None:
        """Learn what changed in the world, or of the playbook; from any thread."""
        hear = self._hear_playbooks if name == PLAYBOOKS else self._hear_references
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(hear, records)

    def _hear_references(self, records: list[WorldRecord]) -> None:
        apply_reference_updates(self._hands.plan, records, self.totals)

    def _hear_playbooks(self, records: list[WorldRecord]) -> None:
        """Know of another version; one that cannot be compiled ends the worker at once."""
        versions = self._hands.plan.versions
        if versions is None:
            return
        for version in apply_playbook_updates(versions, records, self.totals):
            since = in_words(version.since)
            log.info("version %s of the playbook counts from %s on", version.number, since)
        try:
            compile_from(versions, now_ms())
        except PlaybookError as error:
            self._handle(WorkerFault(f"{error}; publish one that this release can read", 2))
        tell_of_versions(self.machine.tasks)

    def pass_world(self, name: str, time: Instant) -> None:
        """Know that there is nothing more to learn up to then; from any thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._pass_world, name, time)

    def _pass_world(self, name: str, time: Instant) -> None:
        """What is not known of one topic holds the clock, however far the other is."""
        self._passed[name] = max(time, self._passed[name])
        known = min(self._passed.values())
        if known == LONG_AGO:
            return
        changes = self._hands.plan.changes
        changes.passed = max(changes.passed, known)
        changes.forget(known)
        self._handle(ReferencesPassed(changes.passed))

    async def take(self, fact: Batch | PartitionEof) -> None:
        """Work on what was delivered, in one go; afterwards others get their turn."""
        while self.machine.crowded:
            self._landed.clear()
            await self._landed.wait()
        began = time.monotonic()
        self._handle(fact)
        if isinstance(fact, Batch) and self._clients is not None:
            lasted = (time.monotonic() - began) * SECOND
            self._clients.feed.done(len(fact), lasted)
        await asyncio.sleep(0)

    async def stop(self) -> Exit:
        """Commit what was done, leave the group, and say how it ended.

        All of it within `BUDGET_S`: the last commit first, then whatever time is left.
        """
        until = time.monotonic() + BUDGET_S - MARGIN_S
        watchdog = self._hands.watchdog
        if watchdog is not None:
            watchdog.begin_end()
        self._handle(Stop())
        patience = until - CLOSE_S - time.monotonic()
        try:
            ended = await asyncio.wait_for(asyncio.shield(self.ended), patience)
        except TimeoutError:
            ended = Exit(HUNG, f"the last checkpoint was not done within {patience:.0f} s")
        if watchdog is not None:
            watchdog.know_end(ended)
        for task in self._tasks:
            task.cancel()
        if self._clients is not None:
            await asyncio.to_thread(self._clients.close, until)
        return ended

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.turned_at = time.monotonic()
            if self._hands.watchdog is not None:
                self._hands.watchdog.pulse.beat()
            if self._restored != self.restored:
                self._restored = self.restored
                self.machine.watch.restored_at = self.machine.watch.stamp
            if self.turned_at - self._looked_at >= LOOK_S:
                self._looked_at = self.turned_at
                self._look_at_threads()
            self._handle(Tick())

    def _look_at_threads(self) -> None:
        for thread in () if self._clients is None else self._clients.threads:
            if thread.pulse.look() * LOOK_S > CALL_S:
                self._handle(
                    WorkerFault(f"{thread.pulse.name} has hung for {CALL_S:g} s", HUNG)
                )

    async def _pump(self) -> None:
        while True:
            await self._deliver(await self._inbox.get())

    def _receive(self, fact: Fact) -> None:
        if isinstance(fact, Batch | PartitionEof):
            self._inbox.put_nowait(fact)
            return
        if (
            isinstance(fact, PartitionsAssigned | PartitionsRevoked | PartitionsLost)
            and fact.tps
        ):
            self.totals.counts["rebalances",] += 1
        if isinstance(fact, ProducerFact) and not self.ended.done():
            self._note(fact)
        self._handle(fact)

    def _handle(self, fact: Fact) -> None:
        if self.ended.done():
            return
        try:
            for command in self.machine.handle(fact, now_ms()):
                self._do(command)
        except Exception as error:
            log.exception("the machine failed")
            self._end(Exit(1, f"the worker itself failed: {place_of(error)}; see its log"))
        # Whoever waits for room looks whether there is some: it is a sum over all tasks.
        self._landed.set()

    def _do(self, command: Command) -> None:  # noqa: C901 - one arm a command
        clients = self._clients
        match command:
            case LogInfo(sentence=sentence):
                log.info(sentence)
            case LogWarning(sentence=sentence):
                log.warning(sentence)
            case Exit():
                self._end(command)
            case _ if clients is None:
                return
            case Commit(producer=producer, checkpoint=checkpoint):
                self._checkpoint = producer, checkpoint, time.monotonic()
                clients.transactions.commit(checkpoint)
            case InitProducer(producer=producer, hung=hung):
                self.totals.counts["producer_inits",] += 1
                clients.transactions.renew(producer, hung=hung)
            case QueryEndOffsets():
                clients.questions.ask(command, now_ms)
            case Fetch() | Unassign():
                clients.feed.tell(command)
            case AckRevoke(ticket=ticket):
                clients.feed.release(ticket)
            case Restore() | CancelRestore():
                clients.restorer.tell(command)
            case _:
                assert_never(command)

    def _end(self, end: Exit) -> None:
        if not self.ended.done():
            self.ended.set_result(end)

    def _note(self, fact: ProducerFact) -> None:
        """Count what became of a checkpoint, and tell what it said, once it is committed."""
        if self._checkpoint is None or self._checkpoint[0] != fact.producer:
            return
        _, checkpoint, began = self._checkpoint
        if isinstance(fact, Committed):
            self._checkpoint, now = None, now_ms()
            self.totals.committed(checkpoint.size, time.monotonic() - began)
            for part in checkpoint.tasks:
                self.totals.add(part.counts, now)
            if outputs := [output for part in checkpoint.tasks for output in part.outputs]:
                self._inbox.put_nowait(outputs)
        elif isinstance(fact, TransactionAborted):
            self.totals.counts["checkpoints_aborted",] += 1
