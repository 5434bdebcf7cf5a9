"""A machine on the table: rooms that only count, and facts handed in one by one."""

from __future__ import annotations

from typing import TypeVar

from legato.core.values.results import Rejected
from legato.core.values.time import Instant
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.machine.commands import Command, Fetch, InitProducer, Restore
from legato.runtime.machine.errors import RecordFailed
from legato.runtime.machine.facts import (
    TP,
    Batch,
    Cause,
    Committed,
    EndOffsets,
    Fact,
    GroupMetadata,
    PartitionsAssigned,
    ProducerFenced,
    ProducerReady,
    Restored,
    Tick,
    TransactionAborted,
)
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.machine import Machine
from legato.runtime.machine.pacing import CheckpointPacing, RateWindow
from legato.runtime.machine.task import SourceProgress, Task

T = TypeVar("T")
A, B = ("a", 0), ("b", 0)


class Counting:
    """Keeps what it was given until the next checkpoint, and fails on the value `bad`."""

    def __init__(self) -> None:
        self.taken: list[bytes | None] = []
        self.aside: list[str] = []
        self.passed: list[Instant] = []
        self.clock: TP | None = None
        self.opened = 0
        self.news = 0

    @property
    def pending(self) -> int:
        return len(self.taken) + len(self.aside)

    def open(self, snapshots: dict[str, bytes]) -> None:
        self.opened += 1
        self.rollback()

    def take(self, batch: Batch) -> None:
        for offset, value in zip(batch.offsets, batch.values, strict=True):
            if value == b"bad":
                raise RecordFailed(offset) from ValueError("secret")
            self.taken.append(value)

    def quarantine(self, batch: Batch, index: int, why: Rejected) -> None:
        self.aside.append(f"{batch.offsets[index]}: {why.message}")

    def pass_time(self, tp: TP, now: Instant) -> None:
        self.passed.append(now)

    def pass_references(self, now: Instant, most: int) -> int:
        told = min(most, self.news)
        self.taken += [b"news"] * told
        self.news -= told
        return told

    def slowest(self) -> SourceProgress | None:
        return (
            None if self.clock is None else (self.clock, self.passed[-1] if self.passed else 0)
        )

    def suspend_timers(self, customer_id: str, why: Rejected) -> None:
        raise AssertionError(customer_id)

    def checkpoint(self) -> TaskCheckpoint:
        part = TaskCheckpoint([ProducerRecord("out", None, value) for value in self.taken])
        self.taken, self.aside = [], []
        return part

    def on_committed(self) -> None:
        pass

    def on_aborted(self) -> None:
        pass

    def rollback(self) -> None:
        self.taken, self.aside = [], []


class Bench:
    """One machine, its rooms by partition, and a clock that the test moves."""

    def __init__(self, mishaps: int = 100) -> None:
        self.rooms: dict[TP, Counting] = {}
        self.now: Instant = 0
        self.machine = Machine(
            self._lay,
            CheckpointPacing(),
            RateWindow(mishaps),
            Liveness(patience=45_000, now=self.now),
        )
        self.epochs: dict[TP, int] = {}
        self.producer = 0
        self.tell(Tick())

    def _lay(self, tp: TP) -> Task:
        self.rooms[tp] = Counting()
        return Task((tp,), None, self.rooms[tp])

    def tell(self, fact: Fact, later: int = 0) -> list[Command]:
        """Hand in a fact some time later, and take the commands."""
        self.now += later
        commands = self.machine.handle(fact, self.now)
        for command in commands:
            if isinstance(command, Fetch):
                self.epochs |= dict.fromkeys(command.offsets, command.epoch)
            if isinstance(command, InitProducer):
                self.producer = command.producer
        return commands

    def renewed(self) -> list[Command]:
        """The producer that was asked for last stands."""
        return self.tell(ProducerReady(self.producer))

    def committed(self) -> list[Command]:
        """What is in flight is committed."""
        return self.tell(Committed(self.producer))

    def refused(self, reason: str, cause: Cause = Cause.UNABLE) -> list[Command]:
        """What is in flight is aborted, and a new producer stands at once."""
        commands = self.tell(TransactionAborted(self.producer, reason, cause))
        return [*commands, *self.renewed()]

    def fenced(self) -> list[Command]:
        """Somebody else took our producer's place."""
        return self.tell(ProducerFenced(self.producer, "fenced"))

    def answer(self, asked: Instant, ends: dict[TP, int]) -> list[Command]:
        """Kafka says where partitions end; nobody has a transaction open."""
        return self.tell(EndOffsets(asked, ends, ends))

    def run(self, *tps: TP) -> None:
        """Have partitions assigned, restored and read from offset 0."""
        self.renewed()
        self.tell(GroupMetadata(b"me"))
        for restore in of(Restore, self.tell(PartitionsAssigned(tps))):
            self.restored(restore, 0)

    def restored(self, restore: Restore, offset: int) -> list[Command]:
        """Answer a restore."""
        return self.tell(Restored(restore.epoch, dict.fromkeys(restore.tps, offset), {}))

    def batch(self, tp: TP, since: int, *values: bytes, later: int = 0) -> list[Command]:
        """Hand in a batch that begins at an offset, as it was last asked for."""
        offsets = range(since, since + len(values))
        nothing = [None] * len(values)
        times = [self.now] * len(values)
        batch = Batch(tp, self.epochs[tp], since, offsets, nothing, values, times)
        return self.tell(batch, later)

    def tick(self, later: int = 100) -> list[Command]:
        """Let time pass."""
        return self.tell(Tick(), later)


def of(kind: type[T], commands: list[Command]) -> list[T]:
    """The commands of one kind."""
    return [command for command in commands if isinstance(command, kind)]
