"""Cuts: when to take one, what becomes of it, and how it is undone."""

from __future__ import annotations

from enum import Enum, auto

from legato.core.values.time import MINUTE, SECOND, Instant, Span
from legato.runtime.machine.checkpoint import Checkpoint
from legato.runtime.machine.commands import (
    HUNG,
    AckRevoke,
    Commit,
    Exit,
    InitProducer,
    Unassign,
)
from legato.runtime.machine.facts import Cause, Metadata, PartitionsRevoked, TransactionAborted
from legato.runtime.machine.intake import Intake
from legato.runtime.machine.liveness import Away, Liveness
from legato.runtime.machine.pacing import Backoff, CheckpointPacing, RateWindow
from legato.runtime.machine.task import ContextTooLarge, Task, TaskState, names_of
from legato.runtime.machine.tasks import Tasks

FENCED_PER_MINUTE = 5
LEFT_BEHIND = 4
"""If more producers than these are left in calls, within ten minutes, the worker ends."""


UNKNOWN = (
    "whether the last checkpoint was committed is not known; Kafka knows, and the next start "
    "goes on from there"
)


class Standing(Enum):
    """How it stands with the current producer."""

    READY = auto()
    ASKED = auto()
    PAUSED = auto()


class Checkpointer:
    """At most one cut is in flight; what lanes do meanwhile waits for the next.

    Producers are numbered, and one is the current; what others say is void. `deadline` is how
    long it may take to answer: past it, whoever holds the call is left behind with it.
    """

    def __init__(
        self, desk: Tasks, intake: Intake, pace: CheckpointPacing, watch: Liveness
    ) -> None:
        self.metadata: Metadata = b""
        self.flight: list[Task] = []
        self.flown_at: Instant | None = None
        self._desk, self._intake, self._pace, self._watch = desk, intake, pace, watch
        self._fences = RateWindow(FENCED_PER_MINUTE)
        self._hangs = RateWindow(LEFT_BEHIND, within=10 * MINUTE)
        self._patience = Backoff()
        self._refusals = self._failures = 0
        self._producer = 0
        self._state = Standing.ASKED
        self._due_at: Span = 0
        self._cut: Checkpoint | None = None
        self._lost_track = False
        self._tickets: list[int] = []
        self._cut_at: Instant = 0
        self._ask()

    @property
    def ready(self) -> bool:
        """Is there a producer?"""
        return self._state is Standing.READY

    @property
    def size(self) -> int:
        """How many records wait for the next cut."""
        return sum(lane.processor.pending for lane in self._desk.tasks)

    @property
    def crowded(self) -> bool:
        """Must work wait for the cut in flight, lest the next one grow without bound?"""
        return bool(self.flight or not self.ready) and self.size >= self._pace.most

    def settle(self) -> None:
        """Cut when it is time, and let go of what is asked back once it is safe."""
        self._see_deadline()
        if self.ready and not self.flight and self.metadata and (self._owed() or self._due()):
            self._take_checkpoint()
        if (self._tickets or self._desk.stopping) and not self._owed():
            self._let_go()

    def speaks(self, producer: int) -> bool:
        """Is this the current producer?"""
        return producer == self._producer

    def revoke(self, fact: PartitionsRevoked) -> None:
        """Commit what the leaving lanes did before they go."""
        lanes = self._desk.tasks_of(fact.tps)
        idle = [lane for lane in lanes if lane.state is not TaskState.RUNNING]
        if idle:
            self._desk.note(f"given back: {names_of(idle)}")
        for lane in lanes:
            if lane in idle:
                self._desk.remove(lane)
            else:
                lane.state = TaskState.LEAVING
        self._tickets.append(fact.ticket)

    def on_committed(self) -> None:
        """The cut in flight is committed."""
        for lane in self.flight:
            lane.on_committed()
        self._land()
        self._refusals = 0
        self._watch.unable = None

    def on_aborted(self, fact: TransactionAborted) -> None:
        """The cut in flight came to nothing: its lanes start again from the one before.

        Nothing is unknown then, but a producer that has aborted is not trusted any more.
        """
        self._refusals += 1
        if fact.cause is Cause.MOVED_ON:
            self._watch.excuse()
            self._desk.note(f"the group moved on during a checkpoint: {fact.reason}")
        else:
            if fact.cause is Cause.UNABLE:
                self._cannot(fact.reason)
            self._desk.warn(f"a checkpoint was refused: {fact.reason}; it is done again")
        flight = self.flight
        self._land()
        for lane in flight:
            if self._desk.owns(lane):
                lane.on_aborted()
                self._desk.fetch(lane)
        self._ask()

    def give_way(self, reason: str) -> None:
        """Another producer took our place; what became of the cut, Kafka knows."""
        if self._fences.exceeded(self._desk.now):
            self._desk.end(_fenced(reason))
            return
        self._desk.warn(f"the producer is out: {reason}; a new one takes its place")
        self._restore_all()
        self._ask()

    def doubt(self, reason: str) -> None:
        """Kafka did not say what became of the cut in flight; the next producer will know."""
        self._cannot(reason)
        self._restore_all()
        self._ask()

    def replace(self) -> None:
        """A broker went that the producer knew: before it begins anything, take a new one.

        Nothing was begun, so the cut that was to be committed is so by the next.
        """
        if self._state is Standing.READY:
            self._ask()

    def start(self) -> None:
        """A producer stands, and whatever the one before had open is over: restore."""
        self._state, self._failures, self._lost_track = Standing.READY, 0, False
        for lane in self._desk.tasks:
            if lane.state is TaskState.RESTORING and not lane.asked:
                self._desk.restore(lane, now=True)
        if self._cut is not None:
            self._send(self._cut)

    def relax(self) -> None:
        """Where nothing is left to commit, nobody can say that Kafka does not take it."""
        if self.ready and not self.flight and not any(map(_is_open, self._desk.tasks)):
            self._watch.unable = None

    def retry(self, reason: str) -> None:
        """The new producer did not come to stand: take another a little later."""
        self._cannot(reason)
        self._state = Standing.PAUSED
        self._due_at = self._watch.lived + self._patience.after(self._failures)
        self._failures += 1

    def _ask(self, *, hung: bool = False) -> None:
        """Have a new producer in place of the current one."""
        self._producer += 1
        self._state = Standing.ASKED
        self._due_at = self._watch.lived + self._pace.deadline
        self._desk.say(InitProducer(self._producer, hung))

    def _see_deadline(self) -> None:
        """See whether something should have answered by now, or is to be tried again."""
        if (self.ready and not self.flight) or self._watch.lived < self._due_at:
            return
        if self._state is Standing.PAUSED:
            self._ask()
            return
        self._desk.warn(
            f"a call to Kafka has not returned for {self._pace.deadline / SECOND:g} s; its "
            "producer is left behind, and a new one takes its place"
        )
        if self._watch.away is None and self._hangs.exceeded(self._watch.lived):
            self._desk.end(_hanging(), HUNG)
            return
        if self.ready:
            self._restore_all()
        self._ask(hung=True)

    def _restore_all(self) -> None:
        """What was committed is not known: let all that runs start from what Kafka has."""
        self._land()
        self._lost_track = True
        for lane in self._desk.tasks:
            if lane.state is TaskState.LEAVING:
                self._desk.remove(lane)
            elif lane.state is TaskState.RUNNING:
                self._desk.say(Unassign(lane.tps))
                self._desk.restore(lane, now=False)

    def _land(self) -> None:
        self.flight, self._cut, self.flown_at = [], None, None

    def _cannot(self, reason: str) -> None:
        """Kafka takes no checkpoint now: no time counts against us until it does."""
        if self._watch.unable is None:
            self._watch.unable = Away(self._desk.now, reason)

    def _owed(self) -> bool:
        """Is there still something to commit of what is asked back?"""
        if not (self._tickets or self._desk.stopping):
            return False
        leaving = self._desk.tasks if self._desk.stopping else self._leaving()
        can_commit = bool(self.metadata) and not self._lost_track and self._watch.away is None
        return any(lane in self.flight or (can_commit and _is_unsaid(lane)) for lane in leaving)

    def _leaving(self) -> list[Task]:
        return [lane for lane in self._desk.tasks if lane.state is TaskState.LEAVING]

    def _due(self) -> bool:
        if self.size >= self._pace.most:
            return True
        span = self._pace.span(full=self._intake.full, lull=self._intake.lull)
        if self._refusals:
            span += self._patience.after(self._refusals)
        return self._desk.now - self._cut_at >= span

    def _take_checkpoint(self) -> None:
        shares, offsets = [], {}
        for lane in self._desk.tasks:
            if lane.state not in (TaskState.RUNNING, TaskState.LEAVING) or not lane.moved:
                continue
            try:
                shares.append(lane.checkpoint())
            except ContextTooLarge:
                self._desk.rollback(lane)
                continue
            self.flight.append(lane)
            # Also those that did not move: by its offsets the broker knows us as their owner.
            offsets.update(lane.applied)
        if shares:
            self._cut_at, self._intake.full = self._desk.now, False
            self.flown_at = self._desk.now
            self._send(Checkpoint(shares, offsets, self.metadata))

    def _send(self, cut: Checkpoint) -> None:
        self._cut = cut
        self._due_at = self._watch.lived + self._pace.deadline
        self._desk.say(Commit(self._producer, cut))

    def _let_go(self) -> None:
        leaving = self._leaving()
        if leaving:
            self._desk.note(f"given back: {names_of(leaving)}")
        for lane in leaving:
            self._desk.remove(lane)
        for ticket in self._tickets:
            self._desk.say(AckRevoke(ticket))
        self._tickets = []
        if self._desk.stopping:
            self._desk.say(Exit(HUNG, UNKNOWN) if self._lost_track else Exit(0))


def _is_open(lane: Task) -> bool:
    return lane.moved or lane.state is TaskState.RESTORING


def _is_unsaid(lane: Task) -> bool:
    return lane.moved and lane.state in (TaskState.RUNNING, TaskState.LEAVING)


def _hanging() -> str:
    return (
        f"{LEFT_BEHIND + 1} producers hang in calls to Kafka that do not return, though Kafka "
        "answers; start the worker again, and report this fault with its log"
    )


def _fenced(reason: str) -> str:
    return (
        f"the producer is put out again and again ({reason}); does another worker run with the "
        "same `worker.name` and `worker.index`? give each its own"
    )
