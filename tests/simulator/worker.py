"""A simulated worker: the real machine and rooms, with simulated hands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import assert_never

from msgspec.structs import replace

from legato.core.identity.alias_index import AliasIndex
from legato.core.values.time import DAY, Instant, Span
from legato.runtime.host.alias_updates import apply_alias_updates
from legato.runtime.host.assembly import machine_of
from legato.runtime.kafka.polled import ReadPosition
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.machine.commands import (
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
from legato.runtime.machine.facts import (
    TP,
    Batch,
    EndOffsets,
    Fact,
    GroupMetadata,
    KafkaSilent,
    PartitionEof,
    PartitionsAssigned,
    PartitionsLost,
    PartitionsRevoked,
    Stop,
    Tick,
)
from legato.runtime.processors.job import Job
from legato.settings import Settings
from legato.settings import WorkerSettings as WorkerSettings
from tests.simulator.broker import Broker
from tests.simulator.clock import VirtualTime
from tests.simulator.group import Group
from tests.simulator.group import SimulatedMember as Membership
from tests.simulator.hands import Producers, Restorer
from tests.simulator.log import Entry

TICK, POLL, WORK, NEWS, BEAT, HEAR = 50, 40, 8, 200, 300, 150
ANSWER = 1_000
SETTINGS = Settings(worker=WorkerSettings(transaction_timeout_ms=4_000))
TRUSTING = Settings(worker=WorkerSettings(transaction_timeout_ms=DAY))
"""It waits for its producers as long as they like."""


class World:
    """What all workers part."""

    def __init__(
        self, time: VirtualTime, broker: Broker, group: Group, layout: TopicLayout
    ) -> None:
        self.time, self.broker, self.group, self.layout = time, broker, group, layout


class Brain:
    """A machine, and the plan that its rooms go by."""

    def __init__(self, plan: Job, now: Instant, *, trusting: bool = False) -> None:
        self.plan = replace(plan, aliases=AliasIndex())
        self.machine = machine_of(self.plan, TRUSTING if trusting else SETTINGS, now)


class Worker:
    """One process; it may be killed, or frozen and thawed, between any two things it does."""

    def __init__(
        self, world: World, brain: Brain, producers: Producers, restorer: Restorer
    ) -> None:
        self.dead = False
        self.said: list[str] = []
        self._world, self._plan, self._machine = world, brain.plan, brain.machine
        self._heard: dict[TP, int] = {}
        self._producers, self._restorer = producers, restorer
        self._frozen: list[Callable[[], None]] | None = None
        self._inbox: deque[Batch | PartitionEof] = deque()
        self._answers: deque[Fact] = deque()
        self._orders: deque[Fetch | Unassign] = deque()
        self._coming: deque[tuple[Membership, Callable[[], None]]] = deque()
        self._news: deque[Callable[[], None]] = deque()
        self._owned: set[TP] = set()
        self._places: dict[TP, ReadPosition] = {}
        self._ends: dict[TP, PartitionEof] = {}
        self._callback: tuple[int, tuple[TP, ...]] | None = None
        self._tickets = 0
        self._membership = world.group.join(self, world.time.now)
        steps = {TICK: self._tick, POLL: self._poll, WORK: self._work, HEAR: self._hear_aliases}
        for span, step in steps.items():
            self._repeat(span, step)
        self._repeat(BEAT, self._beat)

    def kill(self) -> None:
        """End it, wherever it is."""
        self.dead = True

    def stop(self) -> None:
        """Ask it to end in order."""
        self._later(0, lambda: self._handle(Stop()))

    def freeze(self) -> None:
        """Stop it, wherever it is; the world goes on."""
        self._frozen = self._frozen or []

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        waiting, self._frozen = self._frozen or [], None
        for action in waiting:
            self._later(0, action)

    def told_to_revoke(self, member: Membership, tps: tuple[TP, ...]) -> None:
        """The group wants partitions back."""
        self._hear(member, lambda: self._on_revoke(tps))

    def told_to_take(self, member: Membership, tps: tuple[TP, ...]) -> None:
        """The group gives partitions."""
        self._hear(member, lambda: self._on_assign(tps))

    def _hear(self, member: Membership, callback: Callable[[], None]) -> None:
        """News come in order, some time later, and only to who still is that member."""
        self._coming.append((member, callback))

        def deliver() -> None:
            about, news = self._coming.popleft()
            if about is self._membership and about.alive:
                self._news.append(news)

        self._later(self._world.time.chance.randint(0, NEWS), deliver)

    def _on_revoke(self, tps: tuple[TP, ...]) -> None:
        self._tell_member()
        self._tickets += 1
        self._callback = self._tickets, tps
        self._handle(PartitionsRevoked(self._heads(tps), self._tickets))

    def _on_assign(self, tps: tuple[TP, ...]) -> None:
        self._tell_member()
        heads = self._heads(tps)
        for tp in heads:
            self._owned.update(self._world.layout.task_of(tp))
        self._handle(PartitionsAssigned(heads))

    def _heads(self, homes: tuple[TP, ...]) -> tuple[TP, ...]:
        return self._world.layout.co_assigned(homes)

    def _leave(self, tps: tuple[TP, ...]) -> None:
        for tp in self._heads(tps):
            for each in self._world.layout.task_of(tp):
                self._owned.discard(each)
                self._places.pop(each, None)

    def _beat(self) -> None:
        """Tell the group that we live; learn that it has given us up."""
        world = self._world
        if world.broker.away:
            return
        if world.group.heard_of(self._membership, world.time.now):
            return
        lost = tuple(tp for tp in self._owned if tp[0] in world.layout.subscribed)
        self._callback = None
        self._news.clear()
        self._handle(PartitionsLost(self._heads(lost)))
        self._leave(lost)
        self._membership = world.group.join(self, world.time.now)

    def _tell_member(self) -> None:
        self._handle(GroupMetadata(self._world.group.metadata(self._membership)))

    def _tick(self) -> None:
        self._handle(Tick())

    def _poll(self) -> None:
        """One round of the feed's thread: callbacks, orders, records."""
        if self._world.broker.away:
            return
        if self._callback is not None:
            return
        while self._news and self._callback is None:
            self._news.popleft()()
        if self._callback is not None:
            return
        while self._orders:
            self._obey(self._orders.popleft())
        if self._membership.alive:
            self._tell_member()
        for tp, place in self._places.items():
            self._read(tp, place)

    def _obey(self, order: Fetch | Unassign) -> None:
        match order:
            case Unassign(tps=tps):
                for tp in tps:
                    self._places.pop(tp, None)
            case Fetch(offsets=offsets, epoch=epoch):
                if self._owned.issuperset(offsets):
                    self._places |= {tp: ReadPosition(epoch, at) for tp, at in offsets.items()}

    def _read(self, tp: TP, place: ReadPosition) -> None:
        log, most = self._world.broker.logs[tp], self._world.time.chance.randint(0, 20)
        found = list(islice(log.read(place.next, log.end), most))
        if found:
            batch = _batch(tp, place, found)
            self._inbox.append(batch)
            place.next = found[-1][0] + 1
        end = PartitionEof(tp, place.epoch, log.stable_end)
        if len(found) < most and self._ends.get(tp) != end:
            # As librdkafka does, which tells an end once.
            self._ends[tp] = end
            self._inbox.append(end)

    def _hear_aliases(self) -> None:
        """One round of the thread that reads where identifiers lead."""
        if self._world.broker.away:
            return
        for tp, log in self._world.broker.logs.items():
            if tp[0] == self._plan.layout.topics.identity_aliases:
                found = list(log.read(self._heard.get(tp, 0), log.end))
                if found:
                    self._heard[tp] = found[-1][0] + 1
                    records = [(entry.key, entry.value) for _, entry in found]
                    apply_alias_updates(self._plan, self._machine.tasks, records)

    def _work(self) -> None:
        if self._inbox and not self._machine.crowded:
            self._handle(self._inbox.popleft())

    def _handle(self, fact: Fact) -> None:
        for command in self._machine.handle(fact, self._world.time.now):
            self._do(command)

    def _do(self, command: Command) -> None:  # noqa: C901 - one arm a command
        match command:
            case Fetch() | Unassign():
                self._orders.append(command)
            case Restore():
                self._restorer.restore(command, self._later, self._handle)
            case CancelRestore(epoch=epoch):
                self._restorer.forget(epoch)
            case Commit(checkpoint=checkpoint):
                self._producers.commit(checkpoint)
            case InitProducer(producer=producer):
                self._producers.renew(producer, self._later, self._answer)
            case AckRevoke(ticket=ticket):
                self._later(5, lambda: self._release(ticket))
            case QueryEndOffsets(tps=tps, asker=asker):
                self._ask(tps, asker)
            case LogInfo() | LogWarning() as told:
                self.said.append(told.sentence)
            case Exit(code=code, sentence=sentence):
                self._exit(code, sentence)
            case _:
                assert_never(command)

    def _answer(self, fact: Fact) -> None:
        """What Kafka's clients say reaches us a little later, and in the order it was said."""
        self._answers.append(fact)
        delay = self._world.time.chance.randint(0, 20)
        self._later(delay, lambda: self._handle(self._answers.popleft()))

    def _release(self, ticket: int) -> None:
        if self._callback is not None and self._callback[0] == ticket:
            tps = self._callback[1]
            self._callback = None
            self._leave(tps)
            self._world.group.released(self._membership, tps)

    def _ask(self, tps: tuple[TP, ...], asker: int) -> None:
        broker, chance = self._world.broker, self._world.time.chance
        if chance.randrange(1_000) < self._producers.mischief.hung:
            return
        if broker.away:
            self._later(ANSWER, lambda: self._handle(KafkaSilent("timed out", asker)))
            return
        logs = broker.logs
        ends = {tp: logs[tp].end for tp in tps}
        stable = {tp: logs[tp].stable_end for tp in tps}
        self._answer(EndOffsets(self._world.time.now, ends, stable, asker))

    def _exit(self, code: int, sentence: str) -> None:
        self.dead = True
        self.said.append(f"exit {code}: {sentence}")
        if code == 0:
            self._world.group.leave(self._membership)

    def _repeat(self, span: Span, step: Callable[[], None]) -> None:
        def again() -> None:
            step()
            self._later(self._world.time.chance.randint(span // 2, span * 3 // 2), again)

        self._later(span, again)

    def _later(self, delay: Span, action: Callable[[], None]) -> None:
        """Do something later, unless we are dead by then, or once we are thawed."""

        def act() -> None:
            if self.dead:
                return
            if self._frozen is not None:
                self._frozen.append(action)
                return
            action()

        self._world.time.after(delay, act)


def _batch(tp: TP, place: ReadPosition, found: list[tuple[int, Entry]]) -> Batch:
    return Batch(
        tp,
        place.epoch,
        place.next,
        [offset for offset, _ in found],
        [entry.key for _, entry in found],
        [entry.value for _, entry in found],
        [entry.time for _, entry in found],
    )
