"""What the log brings: batches to work on, ends that were reached, and mishaps on the way."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.values.results import Rejected
from legato.core.values.time import SECOND, Instant, Span
from legato.runtime.machine.commands import QueryEndOffsets
from legato.runtime.machine.errors import RecordFailed, TimerFailed, WorkerFatal, place_of
from legato.runtime.machine.facts import TP, Batch, EndOffsets, KafkaSilent, PartitionEof
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.pacing import Backoff, RateWindow
from legato.runtime.machine.task import Task, TaskState
from legato.runtime.machine.tasks import Tasks
from legato.wire.blobs import UnknownVersion
from legato.wire.formats.registry import RegistryDown

ANSWER: Span = 20 * SECOND
"""After so long without an answer, a question is left behind and asked by another client."""
POOR_ANSWERS = 10
"""So many answers in a row that lack a partition, and another client asks: it may know more."""


class Intake:
    """Hands batches to their rooms, and keeps a bad record from stopping its neighbours."""

    def __init__(self, desk: Tasks, mishaps: RateWindow, watch: Liveness) -> None:
        self.full = False
        self.lull = False
        self._desk, self._mishaps, self._watch = desk, mishaps, watch
        self._patience = Backoff()
        self._asked_at: Instant = 0
        self._asker = 0
        self._open: Span | None = None
        self._poor = 0

    def take(self, batch: Batch) -> None:
        """Work on a batch, unless it was fetched for a time that is over."""
        lane = self._desk.reading(batch.tp, batch.epoch)
        if lane is None:
            return
        if batch.since != lane.applied[batch.tp]:
            self._desk.end(_out_of_order(batch, lane.applied[batch.tp]))
            return
        try:
            lane.take(batch)
        except Exception as error:  # noqa: BLE001 - whatever a record does, the line goes on
            self._cope(lane, batch.tp, error)
            return
        lane.applied[batch.tp] = lane.seen[batch.tp] = batch.offsets[-1] + 1
        lane.wait_since(self._watch.stamp)
        lane.tries = 0
        self.full |= batch.full
        self.lull = batch.lull

    def pass_end(self, fact: PartitionEof) -> None:
        """Note that nothing was left to read, control records included."""
        lane = self._desk.reading(fact.tp, fact.epoch)
        if lane is not None:
            lane.seen[fact.tp] = max(lane.seen[fact.tp], fact.offset)

    def compare(self, fact: EndOffsets) -> None:
        """Let time pass where nothing is left to read, as far as when we asked."""
        if not self._answered(fact.asker):
            return
        self._watch.hear()
        running = [lane for lane in self._desk.tasks if lane.state is TaskState.RUNNING]
        self._poor = 0 if all(_told_of(lane, fact) for lane in running) else self._poor + 1
        if self._poor > POOR_ANSWERS:
            self._ask_another()
        for lane in running:
            for tp in lane.tps:
                self._compare(lane, tp, fact)
            if lane.moved or _lags(lane, fact.stable):
                lane.wait_since(self._watch.stamp)

    def _compare(self, lane: Task, tp: TP, fact: EndOffsets) -> None:
        end = fact.ends.get(tp)
        lane.told[tp] = end is not None
        if end is None:
            return
        lane.ends[tp] = end
        if lane.seen[tp] >= end:
            self._pass_time(lane, tp, fact.asked)

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
        desk, lived = self._desk, self._watch.lived
        for lane in desk.tasks:
            if lane.halted_until is not None and lane.halted_until <= desk.now:
                lane.halted_until = None
                desk.fetch(lane)
        if self._open is not None and lived - self._open > ANSWER:
            desk.warn("a question to Kafka did not come back; another client asks from now on")
            self._ask_another()
        if self._open is None and desk.now - self._asked_at >= SECOND:
            self._asked_at, self._open = desk.now, lived
            running = [lane.tps for lane in desk.tasks if lane.state is TaskState.RUNNING]
            desk.say(QueryEndOffsets(sum(running, ()), self._asker))

    def _ask_another(self) -> None:
        self._asker, self._open, self._poor = self._asker + 1, None, 0

    def _pass_time(self, lane: Task, tp: TP, now: Instant) -> None:
        try:
            lane.processor.pass_time(tp, now)
        except Exception as error:  # noqa: BLE001 - whatever a timer does, the line goes on
            self._cope(lane, tp, error)

    def _cope(self, lane: Task, tp: TP, error: Exception) -> None:
        match error:
            case RegistryDown():
                self._wait(lane, str(error))
            case WorkerFatal() | UnknownVersion():
                self._desk.end(str(error))
            case RecordFailed() | TimerFailed() if not self._mishaps.exceeded(self._desk.now):
                self._quarantine(lane, tp, error)
            case _:
                self._desk.stop(lane)
                self._desk.warn(_stopped(lane, place_of(error)))

    def _wait(self, lane: Task, reason: str) -> None:
        """Read this lane no more until its registry may be back; all others go on."""
        self._desk.unassign(lane, self._desk.now + self._patience.after(lane.tries))
        lane.tries += 1
        self._desk.warn(f"{reason}; `{lane.name}` waits for it")

    def _quarantine(self, lane: Task, tp: TP, error: RecordFailed | TimerFailed) -> None:
        """Do everything again, but for the record or the timer that could not be handled."""
        place = place_of(error)
        if isinstance(error, RecordFailed):
            why = Rejected("unexpected", place, "follow")
            lane.quarantined.setdefault(tp, {})[error.offset] = why
            self._desk.warn(f"`{tp[0]}/{tp[1]}` offset {error.offset} is set aside: {place}")
        else:
            lane.processor.suspend_timers(
                error.customer_id, Rejected("unexpected", place, "tick")
            )
            self._desk.warn(f"a timer of `{lane.name}` is set aside: {place}")
        self._desk.rollback(lane)


def _told_of(lane: Task, fact: EndOffsets) -> bool:
    return all(tp in fact.ends for tp in lane.tps)


def _lags(lane: Task, stable: Mapping[TP, int]) -> bool:
    """Is there something that could be read, and that nothing keeps us from reading?"""
    if lane.halted_until is not None:
        return False
    return any(lane.seen[tp] < stable.get(tp, 0) for tp in lane.tps)


def _out_of_order(batch: Batch, expected: int) -> str:
    topic, partition = batch.tp
    return (
        f"`{topic}/{partition}` gave what follows offset {batch.since} where what follows "
        f"{expected} was due; start the worker again, and report this fault of Legato"
    )


def _stopped(lane: Task, place: str) -> str:
    return (
        f"`{lane.name}` is stopped: what it brings cannot be handled, last by {place}; "
        "mend that and start the worker again"
    )
