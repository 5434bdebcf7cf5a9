"""What the log brings: batches to work on, ends that were reached, and mishaps on the way."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.context.codec import UnknownVersion
from legato.core.engine import TimerFailed
from legato.core.values.results import Rejected
from legato.core.values.time import SECOND, Instant, Span
from legato.runtime.machine.commands import QueryEndOffsets
from legato.runtime.machine.errors import RecordFailed, WorkerFatal, place_of
from legato.runtime.machine.facts import TP, Batch, EndOffsets, KafkaSilent, PartitionEof
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.pacing import Backoff, RateWindow
from legato.runtime.machine.task import Task, TaskState
from legato.runtime.machine.tasks import Tasks
from legato.wire.formats.registry import RegistryDown

ANSWER: Span = 20 * SECOND
"""After so long without an answer, a question is left behind and asked by another client."""
TOLD_MOST = 2_000
"""So many customers are told of what changed in the world, each second."""
POOR_ANSWERS = 10
"""So many answers in a row that lack a partition, and another client asks: it may know more."""


class Intake:
    """Hands batches to their rooms, and keeps a bad record from stopping its neighbours."""

    def __init__(self, tasks: Tasks, mishaps: RateWindow, watch: Liveness) -> None:
        self.full = False
        self.lull = False
        self._tasks, self._mishaps, self._watch = tasks, mishaps, watch
        self._patience = Backoff()
        self._asked_at: Instant = 0
        self._asker = 0
        self._open: Span | None = None
        self._poor = 0

    def take(self, batch: Batch) -> None:
        """Work on a batch, unless it was fetched for a time that is over."""
        task = self._tasks.reading(batch.tp, batch.epoch)
        if task is None:
            return
        if batch.since != task.applied[batch.tp]:
            self._tasks.end(_out_of_order(batch, task.applied[batch.tp]))
            return
        try:
            task.take(batch)
        except Exception as error:  # noqa: BLE001 - whatever a record does, the line goes on
            self._cope(task, batch.tp, error)
            return
        task.applied[batch.tp] = task.seen[batch.tp] = batch.offsets[-1] + 1
        task.wait_since(self._watch.stamp)
        task.tries = 0
        self.full |= batch.full
        self.lull = batch.lull

    def pass_end(self, fact: PartitionEof) -> None:
        """Note that nothing was left to read, control records included."""
        task = self._tasks.reading(fact.tp, fact.epoch)
        if task is not None:
            task.seen[fact.tp] = max(task.seen[fact.tp], fact.offset)

    def compare(self, fact: EndOffsets) -> None:
        """Let time pass where nothing is left to read, as far as when we asked."""
        if not self._answered(fact.asker):
            return
        self._watch.hear()
        running = [task for task in self._tasks.tasks if task.state is TaskState.RUNNING]
        self._poor = 0 if all(_told_of(task, fact) for task in running) else self._poor + 1
        if self._poor > POOR_ANSWERS:
            self._ask_another()
        for task in running:
            for tp in task.tps:
                self._compare(task, tp, fact)
            if task.moved or _lags(task, fact.stable):
                task.wait_since(self._watch.stamp)

    def _compare(self, task: Task, tp: TP, fact: EndOffsets) -> None:
        end = fact.ends.get(tp)
        task.told[tp] = end is not None
        if end is None:
            return
        task.ends[tp] = end
        if task.seen[tp] >= end:
            self._pass_time(task, tp, fact.asked)

    def pass_references(self, now: Instant) -> None:
        """Tell of what changed up to now, as far as this second has room."""
        if self._tasks.stopping:
            return
        room = TOLD_MOST
        for task in self._tasks.tasks:
            if task.state is not TaskState.RUNNING or task.halted_until is not None:
                continue
            try:
                room -= task.processor.pass_references(now, room)
            except Exception as error:  # noqa: BLE001 - whatever a change does, the line goes on
                self._cope(task, task.tps[0], error)
            if task.moved:
                task.wait_since(self._watch.stamp)

    def hear_nothing(self, fact: KafkaSilent) -> None:
        """Kafka did not answer."""
        if self._answered(fact.asker):
            self._watch.hear_nothing(fact.reason)

    def _answered(self, asker: int) -> bool:
        """Is this the answer to what we asked last?"""
        if asker != self._asker:
            return False
        self._open = None
        return True

    def tick(self) -> None:
        """Go on with what waited long enough, and ask each second where the log ends."""
        tasks, lived = self._tasks, self._watch.lived
        for task in tasks.tasks:
            if task.halted_until is not None and task.halted_until <= tasks.now:
                task.halted_until = None
                tasks.fetch(task)
        if self._open is not None and lived - self._open > ANSWER:
            tasks.warn("a question to Kafka did not come back; another client asks from now on")
            self._ask_another()
        if self._open is None and tasks.now - self._asked_at >= SECOND:
            self._asked_at, self._open = tasks.now, lived
            running = [task.tps for task in tasks.tasks if task.state is TaskState.RUNNING]
            tasks.say(QueryEndOffsets(sum(running, ()), self._asker))

    def _ask_another(self) -> None:
        self._asker, self._open, self._poor = self._asker + 1, None, 0

    def _pass_time(self, task: Task, tp: TP, now: Instant) -> None:
        try:
            task.processor.pass_time(tp, now)
        except Exception as error:  # noqa: BLE001 - whatever a timer does, the line goes on
            self._cope(task, tp, error)

    def _cope(self, task: Task, tp: TP, error: Exception) -> None:
        match error:
            case RegistryDown():
                self._wait(task, str(error))
            case WorkerFatal() | UnknownVersion():
                self._tasks.end(str(error))
            case RecordFailed() | TimerFailed() if not self._mishaps.exceeded(self._tasks.now):
                self._quarantine(task, tp, error)
            case _:
                self._tasks.stop(task)
                self._tasks.warn(_stopped(task, place_of(error)))

    def _wait(self, task: Task, reason: str) -> None:
        """Read this task no more until its registry may be back; all others go on."""
        self._tasks.unassign(task, self._tasks.now + self._patience.after(task.tries))
        task.tries += 1
        self._tasks.warn(f"{reason}; `{task.name}` waits for it")

    def _quarantine(self, task: Task, tp: TP, error: RecordFailed | TimerFailed) -> None:
        """Do everything again, but for the record or the timer that could not be handled."""
        place = place_of(error)
        if isinstance(error, RecordFailed):
            why = Rejected("unexpected", place, "follow")
            task.quarantined.setdefault(tp, {})[error.offset] = why
            self._tasks.warn(f"`{tp[0]}/{tp[1]}` offset {error.offset} is set aside: {place}")
        else:
            task.processor.suspend_timers(
                error.customer_id, Rejected("unexpected", place, "tick")
            )
            self._tasks.warn(f"a timer of `{task.name}` is set aside: {place}")
        self._tasks.rollback(task)


def _told_of(task: Task, fact: EndOffsets) -> bool:
    return all(tp in fact.ends for tp in task.tps)


def _lags(task: Task, stable: Mapping[TP, int]) -> bool:
    """Is there something that could be read, and that nothing keeps us from reading?"""
    if task.halted_until is not None:
        return False
    return any(task.seen[tp] < stable.get(tp, 0) for tp in task.tps)


def _out_of_order(batch: Batch, expected: int) -> str:
    topic, partition = batch.tp
    return (
        f"`{topic}/{partition}` gave what follows offset {batch.since} where what follows "
        f"{expected} was due; start the worker again, and report this fault of Legato"
    )


def _stopped(task: Task, place: str) -> str:
    return (
        f"`{task.name}` is stopped: what it brings cannot be handled, last by {place}; "
        "mend that and start the worker again"
    )
