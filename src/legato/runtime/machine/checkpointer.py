"""Checkpoints: when to take one, what becomes of it, and how it is undone."""

from __future__ import annotations

from enum import Enum, auto

from legato.core.engine import ContextTooLarge
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
from legato.runtime.machine.task import Task, TaskState, names_of
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
    """At most one checkpoint is in flight; what tasks do meanwhile waits for the next.

    Producers are numbered, and one is the current; what others say is void. `deadline` is how
    long it may take to answer: past it, whoever holds the call is left behind with it.
    """

    def __init__(
        self, tasks: Tasks, intake: Intake, pace: CheckpointPacing, watch: Liveness
    ) -> None:
        self.metadata: Metadata = b""
        self.flight: list[Task] = []
        self.flown_at: Instant | None = None
        self._tasks, self._intake, self._pace, self._watch = tasks, intake, pace, watch
        self._fences = RateWindow(FENCED_PER_MINUTE)
        self._hangs = RateWindow(LEFT_BEHIND, within=10 * MINUTE)
        self._patience = Backoff()
        self._refusals = self._failures = 0
        self._producer = 0
        self._state = Standing.ASKED
        self._due_at: Span = 0
        self._checkpoint: Checkpoint | None = None
        self._lost_track = False
        self._tickets: list[int] = []
        self._checkpoint_at: Instant = 0
        self._ask()

    @property
    def ready(self) -> bool:
        """Is there a producer?"""
        return self._state is Standing.READY

    @property
    def size(self) -> int:
        """How many records wait for the next checkpoint."""
        return sum(task.processor.pending for task in self._tasks.tasks)

    @property
    def crowded(self) -> bool:
        """Must work wait for the checkpoint in flight, lest the next one grow without bound?"""
        return bool(self.flight or not self.ready) and self.size >= self._pace.most

    def settle(self) -> None:
        """Take one when it is time, and let go of what is asked back once it is safe."""
        self._see_deadline()
        if self.ready and not self.flight and self.metadata and (self._owed() or self._due()):
            self._take_checkpoint()
        if (self._tickets or self._tasks.stopping) and not self._owed():
            self._let_go()

    def speaks(self, producer: int) -> bool:
        """Is this the current producer?"""
        return producer == self._producer

    def revoke(self, fact: PartitionsRevoked) -> None:
        """Commit what the leaving tasks did before they go."""
        tasks = self._tasks.tasks_of(fact.tps)
        idle = [task for task in tasks if task.state is not TaskState.RUNNING]
        if idle:
            self._tasks.note(f"given back: {names_of(idle)}")
        for task in tasks:
            if task in idle:
                self._tasks.remove(task)
            else:
                task.state = TaskState.LEAVING
        self._tickets.append(fact.ticket)

    def on_committed(self) -> None:
        """The checkpoint in flight is committed."""
        for task in self.flight:
            task.on_committed()
        self._land()
        self._refusals = 0
        self._watch.unable = None

    def on_aborted(self, fact: TransactionAborted) -> None:
        """The checkpoint in flight came to nothing: its tasks start again from the one before.

        Nothing is unknown then, but a producer that has aborted is not trusted any more.
        """
        self._refusals += 1
        if fact.cause is Cause.MOVED_ON:
            self._watch.excuse()
            self._tasks.note(f"the group moved on during a checkpoint: {fact.reason}")
        else:
            if fact.cause is Cause.UNABLE:
                self._cannot(fact.reason)
            self._tasks.warn(f"a checkpoint was refused: {fact.reason}; it is done again")
        flight = self.flight
        self._land()
        for task in flight:
            if self._tasks.owns(task):
                task.on_aborted()
                self._tasks.fetch(task)
        self._ask()

    def give_way(self, reason: str) -> None:
        """Another producer took our place; what became of the checkpoint, Kafka knows."""
        if self._fences.exceeded(self._tasks.now):
            self._tasks.end(_fenced(reason))
            return
        self._tasks.warn(f"the producer is out: {reason}; a new one takes its place")
        self._restore_all()
        self._ask()

    def doubt(self, reason: str) -> None:
        """Kafka did not say what became of what is in flight; the next producer will know."""
        self._cannot(reason)
        self._restore_all()
        self._ask()

    def replace(self) -> None:
        """A broker went that the producer knew: before it begins anything, take a new one.

        Nothing was begun, so the checkpoint that was to be committed is so by the next.
        """
        if self._state is Standing.READY:
            self._ask()

    def start(self) -> None:
        """A producer stands, and whatever the one before had open is over: restore."""
        self._state, self._failures, self._lost_track = Standing.READY, 0, False
        for task in self._tasks.tasks:
            if task.state is TaskState.RESTORING and not task.asked:
                self._tasks.restore(task, now=True)
        if self._checkpoint is not None:
            self._send(self._checkpoint)

    def relax(self) -> None:
        """Where nothing is left to commit, nobody can say that Kafka does not take it."""
        if self.ready and not self.flight and not any(map(_is_open, self._tasks.tasks)):
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
        self._tasks.say(InitProducer(self._producer, hung))

    def _see_deadline(self) -> None:
        """See whether something should have answered by now, or is to be tried again."""
        if (self.ready and not self.flight) or self._watch.lived < self._due_at:
            return
        if self._state is Standing.PAUSED:
            self._ask()
            return
        self._tasks.warn(
            f"a call to Kafka has not returned for {self._pace.deadline / SECOND:g} s; its "
            "producer is left behind, and a new one takes its place"
        )
        if self._watch.away is None and self._hangs.exceeded(self._watch.lived):
            self._tasks.end(_hanging(), HUNG)
            return
        if self.ready:
            self._restore_all()
        self._ask(hung=True)

    def _restore_all(self) -> None:
        """What was committed is not known: let all that runs start from what Kafka has."""
        self._land()
        self._lost_track = True
        for task in self._tasks.tasks:
            if task.state is TaskState.LEAVING:
                self._tasks.remove(task)
            elif task.state is TaskState.RUNNING:
                self._tasks.say(Unassign(task.tps))
                self._tasks.restore(task, now=False)

    def _land(self) -> None:
        self.flight, self._checkpoint, self.flown_at = [], None, None

    def _cannot(self, reason: str) -> None:
        """Kafka takes no checkpoint now: no time counts against us until it does."""
        if self._watch.unable is None:
            self._watch.unable = Away(self._tasks.now, reason)

    def _owed(self) -> bool:
        """Is there still something to commit of what is asked back?"""
        if not (self._tickets or self._tasks.stopping):
            return False
        leaving = self._tasks.tasks if self._tasks.stopping else self._leaving()
        can_commit = bool(self.metadata) and not self._lost_track and self._watch.away is None
        return any(task in self.flight or (can_commit and _is_unsaid(task)) for task in leaving)

    def _leaving(self) -> list[Task]:
        return [task for task in self._tasks.tasks if task.state is TaskState.LEAVING]

    def _due(self) -> bool:
        if self.size >= self._pace.most:
            return True
        span = self._pace.span(full=self._intake.full, lull=self._intake.lull)
        if self._refusals:
            span += self._patience.after(self._refusals)
        return self._tasks.now - self._checkpoint_at >= span

    def _take_checkpoint(self) -> None:
        parts, offsets = [], {}
        for task in self._tasks.tasks:
            if task.state not in (TaskState.RUNNING, TaskState.LEAVING) or not task.moved:
                continue
            try:
                parts.append(task.checkpoint())
            except ContextTooLarge:
                self._tasks.rollback(task)
                continue
            self.flight.append(task)
            # Also those that did not move: by its offsets the broker knows us as their owner.
            offsets.update(task.applied)
        if parts:
            self._checkpoint_at, self._intake.full = self._tasks.now, False
            self.flown_at = self._tasks.now
            self._send(Checkpoint(parts, offsets, self.metadata))

    def _send(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._due_at = self._watch.lived + self._pace.deadline
        self._tasks.say(Commit(self._producer, checkpoint))

    def _let_go(self) -> None:
        leaving = self._leaving()
        if leaving:
            self._tasks.note(f"given back: {names_of(leaving)}")
        for task in leaving:
            self._tasks.remove(task)
        for ticket in self._tickets:
            self._tasks.say(AckRevoke(ticket))
        self._tickets = []
        if self._tasks.stopping:
            self._tasks.say(Exit(HUNG, UNKNOWN) if self._lost_track else Exit(0))


def _is_open(task: Task) -> bool:
    return task.moved or task.state is TaskState.RESTORING


def _is_unsaid(task: Task) -> bool:
    return task.moved and task.state in (TaskState.RUNNING, TaskState.LEAVING)


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
