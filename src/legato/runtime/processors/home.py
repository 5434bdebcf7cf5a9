"""One partition's customers between two checkpoints: contexts, timers, clock, outputs."""

from __future__ import annotations

import msgspec

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.events import word_of
from legato.core.line.watermark import Watermark
from legato.core.linking.links import IdentityLinker
from legato.core.values.outputs import Output
from legato.core.values.results import Rejected
from legato.runtime.kafka.topic_layout import clock_name
from legato.runtime.machine.checkpoint import CLOCK, ProducerRecord, TaskCheckpoint
from legato.runtime.machine.counts import Counts
from legato.runtime.machine.task import ContextTooLarge, SourceProgress
from legato.runtime.processors.context_store import ContextStore
from legato.runtime.processors.followed import IsolatedPartition
from legato.runtime.processors.job import Job
from legato.runtime.processors.record_writer import RecordWriter
from legato.wire.blobs import TODAY, StateError
from legato.wire.state import due_times, write_context
from legato.wire.topics.clock import read_clock, write_clock


class Home:
    """Restored once; written, committed, aborted and rolled back from then on.

    What happened since the last checkpoint is undone by building partition and clock anew from
    the store's bytes: the same scan that ends a restore, so there is one way to be right.
    """

    def __init__(self, plan: Job, number: int) -> None:
        self.number = number
        self.job = plan
        self.store = ContextStore(plan.limits.cached_contexts)
        self.writer = RecordWriter(plan.layout.topics, plan.registry, plan.limits.letter_bytes)
        self.suspended: dict[str, Rejected] = {}
        self.guarded: set[str] = set()
        self._told: set[str] = set()
        self._telling: set[str] = set()
        self._sources = plan.layout.clocks_of(number)
        self._live = plan.layout.live_clocks(number)
        self._clock_committed = self._clock_checkpoint = b""
        self._start()

    def open(self, snapshots: dict[str, bytes]) -> None:
        """Start from the changelog's last values; raises StateError."""
        self._clock_committed = self._clock_checkpoint = snapshots.pop(CLOCK, b"")
        self.store.committed = snapshots
        self.store.on_aborted()
        self.rollback()

    def rollback(self) -> None:
        """Forget everything since the last checkpoint."""
        self._start()
        self.partition.restore_timers(due_times(self.store.snapshots()))

    def _start(self) -> None:
        plan = self.job
        self.clock = Watermark(self._sources, _read_clock(self._clock_checkpoint))
        self.partition = IsolatedPartition(
            plan.playbook,
            TODAY,
            self.store.load,
            continuous=plan.layout.backfill,
            muted=self.suspended,
        )
        self.partition.clock = self.clock.now()
        most = plan.limits.context_bytes
        self.links = IdentityLinker(self.partition, plan.identify, plan.rules, most)
        self.records: list[ProducerRecord] = [
            self.writer.timer_dead_letter(customer_id, self.number, why)
            for customer_id, why in self.suspended.items()
            if customer_id not in self._told
        ]
        self.outputs: list[Output] = []
        self.counts = Counts()
        self.clock_moved = False

    @property
    def pending(self) -> int:
        """How much there is to checkpoint, in records."""
        return len(self.records) + len(self.partition.dirty) + self.clock_moved

    def slowest(self) -> SourceProgress | None:
        """The source whose clock is furthest behind, of those that follow the time of day."""
        passed = self.clock.passed
        tp = min(self._live, key=lambda tp: passed[clock_name(tp)], default=None)
        return None if tp is None else (tp, passed[clock_name(tp)])

    def checkpoint(self) -> TaskCheckpoint:
        """Take what is pending; raises ContextTooLarge, and then nothing was taken."""
        partition = self.partition
        snapshots = {key: write_context(context) for key, context in partition.dirty.items()}
        self._check_sizes(snapshots)
        partition.dirty = {}
        self.store.in_flight = snapshots
        self.store.evict(partition.cache, snapshots)
        snapshots = self._with_clock(snapshots)
        part = TaskCheckpoint(self.records, snapshots, self.number, self.counts, self.outputs)
        self.records, self.outputs, self.counts = [], [], Counts()
        self._telling = set(self.suspended)
        return part

    def _with_clock(self, snapshots: dict[str, bytes]) -> dict[str, bytes]:
        clock, self.clock_moved = write_clock(self.clock.passed), False
        if clock == self._clock_checkpoint:
            return snapshots
        self._clock_checkpoint = clock
        return {**snapshots, CLOCK: clock}

    def on_committed(self) -> None:
        """The last checkpoint is committed."""
        self.store.on_committed()
        self._told = self._telling
        self._clock_committed = self._clock_checkpoint

    def on_aborted(self) -> None:
        """The last checkpoint is refused."""
        self.store.on_aborted()
        self._clock_checkpoint = self._clock_committed

    def suspend_timers(self, customer_id: str, why: Rejected) -> None:
        """Let time pass for this customer no more, and send a dead letter that says why."""
        self.suspended[customer_id] = why

    def outgrows(self, context: Context | None, more: int) -> bool:
        """Would `more` bytes make this context too large to be written?"""
        size = len(write_context(context)) if context is not None else 0
        return size + more > self.job.limits.context_bytes

    def emit(self) -> None:
        """Write what the partition said since the last time."""
        partition, counts = self.partition, self.counts
        for output in partition.outputs:
            self.records.append(self.writer.output(output, self.number))
            counts.said(output)
        if self.job.listened:
            self.outputs += partition.outputs
        partition.outputs.clear()
        if self.links.is_full:
            self._emit_links()

    def _emit_links(self) -> None:
        """Write what slots tell other slots, workers, and whoever listens."""
        links, writer = self.links, self.writer
        home_of = self.job.layout.partition_for
        for sent in links.sent:
            to = sent.customer_id if isinstance(sent, Event) else sent.to
            self.records.append(writer.sent(sent, to, home_of(to)))
        self.records += [writer.alias(name, alias) for name, alias in links.aliases.items()]
        self.records += map(writer.identity, links.told)
        for told in links.told:
            self.counts.count("identity", word_of(told))
        links.clear()

    def _check_sizes(self, snapshots: dict[str, bytes]) -> None:
        """Turn away what adds to a context that became too large; let go of one that shrank."""
        most = self.job.limits.context_bytes
        if not self.guarded and max(map(len, snapshots.values()), default=0) <= most:
            return
        large = {key for key, value in snapshots.items() if len(value) > most} - self.guarded
        if large:
            self.guarded |= large
            raise ContextTooLarge
        for customer_id in self.guarded & snapshots.keys():
            if len(snapshots[customer_id]) < most // 2:
                self.guarded.discard(customer_id)


def _read_clock(value: bytes) -> dict[str, int]:
    try:
        return read_clock(value)
    except msgspec.MsgspecError as error:
        raise StateError(f"the clock of a partition cannot be read: {error}") from error
