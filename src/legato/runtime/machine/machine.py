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
from legato.runtime.machine.checkpointer import Checkpoints
from legato.runtime.machine.commands import HUNG, Command
from legato.runtime.machine.facts import (
    TP,
    Assigned,
    AtEnd,
    Batch,
    Broken,
    Committed,
    Ends,
    Fact,
    Fenced,
    Lost,
    Member,
    NotRenewed,
    ProducerFact,
    Ready,
    Refused,
    Renewed,
    Revoked,
    Silence,
    Stale,
    Stop,
    Tick,
    Unanswered,
)
from legato.runtime.machine.intake import Intake
from legato.runtime.machine.liveness import Watch
from legato.runtime.machine.pacing import Pace, Rate
from legato.runtime.machine.stalls import find_stall
from legato.runtime.machine.task import Lane, State, names_of
from legato.runtime.machine.tasks import Desk
from legato.wire.blobs import StateError


class Machine:
    """One worker: facts in, commands out. It first asks for a producer."""

    def __init__(
        self, lay: Callable[[TP], Lane], pace: Pace, mishaps: Rate, watch: Watch
    ) -> None:
        self.watch = watch
        self.started = watch.stamp[0]
        self._desk = Desk(lay)
        self._intake = Intake(self._desk, mishaps, watch)
        self._checkpoints = Checkpoints(self._desk, self._intake, pace, watch)
        self._judged_at: Span = 0

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """What the group gave us."""
        return self._desk.lanes

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
        return min((lane.since[0] for lane in self.lanes if lane.since), default=None)

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
            case AtEnd():
                self._intake.pass_end(fact)
            case Ends():
                self._intake.compare(fact)
            case Silence():
                self._intake.hear_nothing(fact)
            case Tick():
                self._tick()
            case Member(metadata=metadata):
                self._checkpoints.metadata = metadata
            case Assigned(tps=tps):
                self._assign(tps)
            case Revoked():
                self._checkpoints.revoke(fact)
            case Lost(tps=tps):
                self._lose(tps)
            case Ready():
                self._open(fact)
            case (
                Committed()
                | Refused()
                | Fenced()
                | Unanswered()
                | Stale()
                | Renewed()
                | NotRenewed()
            ):
                if self._checkpoints.speaks(fact.producer):
                    self._note_producer(fact)
            case Stop():
                self._desk.stopping = True
            case Broken(sentence=sentence, code=code):
                self._desk.end(sentence, code)
            case _:
                assert_never(fact)

    def _note_producer(self, fact: ProducerFact) -> None:
        checkpoints = self._checkpoints
        match fact:
            case Committed():
                checkpoints.keep()
            case Refused():
                checkpoints.drop(fact)
            case Fenced(reason=reason):
                checkpoints.give_way(reason)
            case Unanswered(reason=reason):
                checkpoints.doubt(reason)
            case Stale():
                checkpoints.replace()
            case Renewed():
                checkpoints.start()
            case NotRenewed(reason=reason):
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
        new = [tp for tp in tps if self._desk.lane(tp) is None and not self._desk.stopping]
        lanes = [self._desk.add(tp) for tp in new]
        if lanes:
            self._desk.note(f"ours, and to be restored: {names_of(lanes)}")
        for lane in lanes:
            self._desk.restore(lane, now=self._checkpoints.ready)

    def _lose(self, tps: Iterable[TP]) -> None:
        lanes = self._desk.lanes_of(tps)
        if lanes:
            self._desk.note(f"lost: {names_of(lanes)}")
        for lane in lanes:
            self._desk.remove(lane)

    def _open(self, fact: Ready) -> None:
        for lane in self._desk.lanes:
            if lane.epoch == fact.epoch and lane.state is State.RESTORING:
                try:
                    lane.open(fact.offsets, fact.images, self.watch.stamp)
                except StateError as error:
                    self._desk.end(str(error))
                else:
                    self._desk.fetch(lane)
                    if lane.home is not None:
                        self._desk.note(f"`{lane.name}` restored: {len(fact.images)} contexts")
