"""A task: partitions that are restored, run and undone together, and their processor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Protocol, TypeAlias

from legato.core.values.results import Rejected
from legato.core.values.time import Instant
from legato.runtime.machine.checkpoint import TaskCheckpoint
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.machine.liveness import Stamp

SourceProgress: TypeAlias = tuple[TP, Instant]
"""A partition of a source, and how far it has passed on its events."""


class Processor(Protocol):
    """Where the work of a task is done, between two checkpoints in memory alone."""

    @property
    def pending(self) -> int:
        """How much there is to checkpoint, in records."""

    def open(self, snapshots: dict[str, bytes]) -> None:
        """Start from what was restored; raises StateError."""

    def take(self, batch: Batch) -> None:
        """Read all, apply all; raises RecordFailed, TimerFailed or RegistryDown."""

    def quarantine(self, batch: Batch, index: int, why: Rejected) -> None:
        """Send one record to the dead letters instead of taking it."""

    def pass_time(self, tp: TP, now: Instant) -> None:
        """Note that this partition has passed on everything up to now."""

    def pass_references(self, now: Instant, most: int) -> int:
        """Tell of what changed up to now, to at most so many customers; return to how many."""

    def slowest(self) -> SourceProgress | None:
        """The source whose clock is furthest behind, of those that follow the time of day."""

    def suspend_timers(self, customer_id: str, why: Rejected) -> None:
        """Let time pass for this customer no more, and send a dead letter that says why."""

    def checkpoint(self) -> TaskCheckpoint:
        """Take what is pending; raises ContextTooLarge, and then nothing was taken."""

    def on_committed(self) -> None:
        """The last checkpoint is committed."""

    def on_aborted(self) -> None:
        """The last checkpoint is refused."""

    def rollback(self) -> None:
        """Forget everything since the last checkpoint."""


class TaskState(Enum):
    """What a task may do."""

    RESTORING = auto()
    RUNNING = auto()
    LEAVING = auto()
    STOPPED = auto()


class Task:
    """How far each of its partitions is applied, in a checkpoint, and committed."""

    def __init__(
        self, tps: tuple[TP, ...], partition: int | None, processor: Processor
    ) -> None:
        self.tps = tps
        self.partition = partition
        self.processor = processor
        self.epoch = 0
        self.state = TaskState.RESTORING
        self.applied: dict[TP, int] = {}
        self.seen: dict[TP, int] = {}
        self.ends: dict[TP, int] = {}
        self.told: dict[TP, bool] = {}
        self.quarantined: dict[TP, dict[int, Rejected]] = {}
        self.opened: Stamp = (0, 0)
        self.waiting: Stamp | None = None
        self.flying: Stamp | None = None
        self.clock: tuple[SourceProgress, Stamp] | None = None
        self.asked = False
        self.halted_until: Instant | None = None
        self.tries = 0
        self._in_flight: Mapping[TP, int] | None = None
        self._committed: Mapping[TP, int] = {}

    @property
    def name(self) -> str:
        """Its first partition, for people."""
        topic, partition = self.tps[0]
        return f"{topic}/{partition}"

    @property
    def moved(self) -> bool:
        """Is there anything that the last checkpoint does not hold?"""
        return self.processor.pending > 0 or self.applied != self.base

    @property
    def base(self) -> Mapping[TP, int]:
        """Where a rollback leads: the offsets of the last checkpoint."""
        return self._committed if self._in_flight is None else self._in_flight

    @property
    def since(self) -> Stamp | None:
        """Since when there is work that is not committed."""
        return self.flying or self.waiting

    def wait_since(self, now: Stamp) -> None:
        """There is work that no checkpoint holds yet."""
        self.waiting = self.waiting or now

    def lag(self, tp: TP) -> int:
        """How many records behind what is committed there are, as far as we know."""
        return max(self.ends.get(tp, 0) - self._reached(tp), 0)

    def _reached(self, tp: TP) -> int:
        """Up to where all is committed, or nothing but control records is left."""
        committed = self._committed.get(tp, 0)
        return max(self.seen[tp], committed) if self.applied[tp] == committed else committed

    def open(self, offsets: Mapping[TP, int], snapshots: dict[str, bytes], now: Stamp) -> None:
        """Run from what was restored; what is uncommitted still has waited since it did."""
        self.processor.open(snapshots)
        since = None if self.applied == offsets else self.since
        self.opened, self.flying = now, None
        self.waiting = since and (since[0], now[1])
        self._committed, self._in_flight = offsets, None
        self.applied, self.seen = dict(offsets), dict(offsets)
        self.state = TaskState.RUNNING

    def take(self, batch: Batch) -> None:
        """Apply a batch, less what was set aside."""
        aside = self.quarantined.get(batch.tp)
        if aside:
            self._quarantine(batch, aside)
            batch = batch.without(
                frozenset(
                    index for index, offset in enumerate(batch.offsets) if offset in aside
                )
            )
        if len(batch):
            self.processor.take(batch)

    def _quarantine(self, batch: Batch, aside: Mapping[int, Rejected]) -> None:
        for index, offset in enumerate(batch.offsets):
            if offset in aside:
                self.processor.quarantine(batch, index, aside[offset])

    def checkpoint(self) -> TaskCheckpoint:
        """Take what is pending, with the offsets that it reaches."""
        part = self.processor.checkpoint()
        self._in_flight = dict(self.applied)
        self.waiting, self.flying = None, self.waiting
        return part

    def on_committed(self) -> None:
        """The last checkpoint is committed."""
        if self._in_flight is not None:
            self._committed, self._in_flight = self._in_flight, None
            self.flying = None
            self.processor.on_committed()
        for tp, aside in self.quarantined.items():
            passed = self._committed[tp]
            self.quarantined[tp] = {at: why for at, why in aside.items() if at >= passed}

    def on_aborted(self) -> None:
        """The last checkpoint is refused: go back to the one before."""
        self._in_flight = None
        self.waiting, self.flying = self.since, None
        self.processor.on_aborted()
        self.rollback()

    def rollback(self) -> None:
        """Forget everything since the last checkpoint."""
        self.processor.rollback()
        self.applied, self.seen = dict(self.base), dict(self.base)


def names_of(tasks: Iterable[Task]) -> str:
    """Name tasks for people, those of one topic together: `a/0, 1`, `b/0`."""
    numbers: dict[str, list[int]] = {}
    for task in tasks:
        topic, number = task.tps[0]
        numbers.setdefault(topic, []).append(number)
    return ", ".join(
        f"`{topic}/{', '.join(map(str, sorted(found)))}`" for topic, found in numbers.items()
    )
