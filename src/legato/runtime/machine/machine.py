"""What a worker does with what it is told: a state machine without I/O, clock or threads.

Three rules carry exactly-once. Work happens in memory, between two checkpoints; only a
checkpoint is produced, in one transaction with its offsets. A checkpoint holds tasks that the
group has not taken back, under the membership that the consumer's own thread read after it
handed over every callback before; the broker refuses it if the group has moved on. And what a
checkpoint held is kept until it is committed, so that every failure has one cure: roll back to
the last checkpoint, or restore, and read on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never

from legato.core.context.codec import StateError
from legato.core.values.time import SECOND, Instant, Span
from legato.runtime.machine.checkpointer import Checkpointer
from legato.runtime.machine.commands import HUNG, Command
from legato.runtime.machine.facts import (
    TP,
    Batch,
    Committed,
    EndOffsets,
    Fact,
    GroupMetadata,
    KafkaSilent,
    PartitionEof,
    PartitionsAssigned,
    PartitionsLost,
    PartitionsRevoked,
    ProducerFact,
    ProducerFailed,
    ProducerFenced,
    ProducerHung,
    ProducerReady,
    ProducerStale,
    ReferencesPassed,
    Restored,
    Stop,
    Tick,
    TransactionAborted,
    WorkerFault,
    WorldHeard,
)
from legato.runtime.machine.intake import Intake
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.pacing import CheckpointPacing, RateWindow
from legato.runtime.machine.stalls import find_stall
from legato.runtime.machine.task import Task, TaskState, names_of
from legato.runtime.machine.tasks import Tasks


class Machine:
    """One worker: facts in, commands out. It first asks for a producer."""

    def __init__(
        self,
        lay: Callable[[TP], Task],
        pace: CheckpointPacing,
        mishaps: RateWindow,
        watch: Liveness,
    ) -> None:
        self.watch = watch
        self.started = watch.stamp[0]
        self._tasks = Tasks(lay)
        self._intake = Intake(self._tasks, mishaps, watch)
        self._checkpoints = Checkpointer(self._tasks, self._intake, pace, watch)
        self._judged_at: Span = 0

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the group gave us."""
        return self._tasks.tasks

    @property
    def crowded(self) -> bool:
        """Must work wait for the checkpoint in flight?"""
        return self._checkpoints.crowded

    @property
    def flown_at(self) -> Instant | None:
        """When the checkpoint in flight was taken, if one is."""
        return self._checkpoints.flown_at

    @property
    def uncommitted_since(self) -> Instant | None:
        """Since when there is work that is not committed, if there is."""
        return min((task.since[0] for task in self.tasks if task.since), default=None)

    def handle(self, fact: Fact, now: Instant) -> list[Command]:
        """Take note of a fact, and say what is to be done."""
        self._tasks.now = now
        self.watch.pass_time(now)
        self._note(fact)
        self._checkpoints.settle()
        return self._tasks.take_commands()

    def _note(self, fact: Fact) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm a fact
        match fact:
            case Batch():
                self._intake.take(fact)
            case PartitionEof():
                self._intake.pass_end(fact)
            case EndOffsets():
                self._intake.compare(fact)
            case KafkaSilent():
                self._intake.hear_nothing(fact)
                self._tell_news()
            case ReferencesPassed(time=time):
                self._intake.pass_references(time)
            case WorldHeard(topic=topic):
                self.watch.heard_world[topic] = self.watch.stamp
            case Tick():
                self._tick()
            case GroupMetadata(metadata=metadata):
                self._checkpoints.metadata = metadata
            case PartitionsAssigned(tps=tps):
                self._assign(tps)
            case PartitionsRevoked():
                self._checkpoints.revoke(fact)
            case PartitionsLost(tps=tps):
                self._lose(tps)
            case Restored():
                self._open(fact)
            case (
                Committed()
                | TransactionAborted()
                | ProducerFenced()
                | ProducerHung()
                | ProducerStale()
                | ProducerReady()
                | ProducerFailed()
            ):
                if self._checkpoints.speaks(fact.producer):
                    self._note_producer(fact)
            case Stop():
                self._tasks.stopping = True
            case WorkerFault(sentence=sentence, code=code):
                self._tasks.end(sentence, code)
            case _:
                assert_never(fact)

    def _note_producer(self, fact: ProducerFact) -> None:
        checkpoints = self._checkpoints
        match fact:
            case Committed():
                checkpoints.on_committed()
            case TransactionAborted():
                checkpoints.on_aborted(fact)
            case ProducerFenced(reason=reason):
                checkpoints.give_way(reason)
            case ProducerHung(reason=reason):
                checkpoints.doubt(reason)
            case ProducerStale():
                checkpoints.replace()
            case ProducerReady():
                checkpoints.start()
            case ProducerFailed(reason=reason):
                checkpoints.retry(reason)
            case _:
                assert_never(fact)

    def _tick(self) -> None:
        self._intake.tick()
        watch, tasks = self.watch, self._tasks
        if watch.lived - self._judged_at < SECOND:
            return
        self._judged_at = watch.lived
        self._checkpoints.relax()
        self._tell_news()
        if end := watch.judge(find_stall(tasks, watch)):
            tasks.end(end, HUNG)

    def _tell_news(self) -> None:
        if news := self.watch.news():
            bad, sentence = news
            (self._tasks.warn if bad else self._tasks.note)(sentence)

    def _assign(self, tps: Iterable[TP]) -> None:
        new = [tp for tp in tps if self._tasks.task(tp) is None and not self._tasks.stopping]
        tasks = [self._tasks.add(tp) for tp in new]
        if tasks:
            self._tasks.note(f"ours, and to be restored: {names_of(tasks)}")
        for task in tasks:
            self._tasks.restore(task, now=self._checkpoints.ready)

    def _lose(self, tps: Iterable[TP]) -> None:
        tasks = self._tasks.tasks_of(tps)
        if tasks:
            self._tasks.note(f"lost: {names_of(tasks)}")
        for task in tasks:
            self._tasks.remove(task)

    def _open(self, fact: Restored) -> None:
        for task in self._tasks.tasks:
            if task.epoch == fact.epoch and task.state is TaskState.RESTORING:
                try:
                    task.open(fact.offsets, fact.snapshots, self.watch.stamp)
                except StateError as error:
                    self._tasks.end(str(error))
                else:
                    self._tasks.fetch(task)
                    if task.partition is not None:
                        self._tasks.note(
                            f"`{task.name}` restored: {len(fact.snapshots)} contexts"
                        )
