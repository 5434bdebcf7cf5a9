"""What a worker does with what it is told: a state machine without I/O, clock or threads.

Three rules carry exactly-once. Work happens in memory, between two cuts; only a cut is
produced, in one transaction with its offsets. A cut holds lanes that the group has not taken
back, under
the membership that the feed's own thread read after it handed over every callback before; the
broker refuses it if the group has moved on. And what a cut held is kept until it is committed,
so that every failure has one cure: rewind to the last cut, or restore, and read on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never

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
    Restored,
    Stop,
    Tick,
    TransactionAborted,
    WorkerFault,
)
from legato.runtime.machine.intake import Intake
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.pacing import CheckpointPacing, RateWindow
from legato.runtime.machine.stalls import find_stall
from legato.runtime.machine.task import Task, TaskState, names_of
from legato.runtime.machine.tasks import Tasks
from legato.wire.blobs import StateError


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
        self._desk = Tasks(lay)
        self._intake = Intake(self._desk, mishaps, watch)
        self._checkpoints = Checkpointer(self._desk, self._intake, pace, watch)
        self._judged_at: Span = 0

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What the group gave us."""
        return self._desk.tasks

    @property
    def crowded(self) -> bool:
        """Must work wait for the cut in flight?"""
        return self._checkpoints.crowded

    @property
    def flown_at(self) -> Instant | None:
        """When the cut in flight was taken, if one is."""
        return self._checkpoints.flown_at

    @property
    def uncommitted_since(self) -> Instant | None:
        """Since when there is work that is not committed, if there is."""
        return min((lane.since[0] for lane in self.tasks if lane.since), default=None)

    def handle(self, fact: Fact, now: Instant) -> list[Command]:
        """Take note of a fact, and say what is to be done."""
        self._desk.now = now
        self.watch.pass_time(now)
        self._note(fact)
        self._checkpoints.settle()
        return self._desk.take_commands()

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
                self._desk.stopping = True
            case WorkerFault(sentence=sentence, code=code):
                self._desk.end(sentence, code)
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
        watch, desk = self.watch, self._desk
        if watch.lived - self._judged_at < SECOND:
            return
        self._judged_at = watch.lived
        self._checkpoints.relax()
        if news := watch.news():
            bad, sentence = news
            (desk.warn if bad else desk.note)(sentence)
        if end := watch.judge(find_stall(desk, watch)):
            desk.end(end, HUNG)

    def _assign(self, tps: Iterable[TP]) -> None:
        new = [tp for tp in tps if self._desk.task(tp) is None and not self._desk.stopping]
        lanes = [self._desk.add(tp) for tp in new]
        if lanes:
            self._desk.note(f"ours, and to be restored: {names_of(lanes)}")
        for lane in lanes:
            self._desk.restore(lane, now=self._checkpoints.ready)

    def _lose(self, tps: Iterable[TP]) -> None:
        lanes = self._desk.tasks_of(tps)
        if lanes:
            self._desk.note(f"lost: {names_of(lanes)}")
        for lane in lanes:
            self._desk.remove(lane)

    def _open(self, fact: Restored) -> None:
        for lane in self._desk.tasks:
            if lane.epoch == fact.epoch and lane.state is TaskState.RESTORING:
                try:
                    lane.open(fact.offsets, fact.snapshots, self.watch.stamp)
                except StateError as error:
                    self._desk.end(str(error))
                else:
                    self._desk.fetch(lane)
                    if lane.partition is not None:
                        self._desk.note(
                            f"`{lane.name}` restored: {len(fact.snapshots)} contexts"
                        )
