"""Where customers are followed: customer.events, and the trusted topics beside it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from operator import attrgetter

from legato.core.engine import (
    BatchResult,
    Engine,
    EngineSetup,
    EntryFailed,
    LogBatch,
    LogEntry,
    Refusal,
)
from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.identity.events import word_of
from legato.core.references.versions import ReferenceChange
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Output
from legato.core.values.results import DUPLICATE, WAITING, Ignored, Rejected, Unreadable
from legato.core.values.time import LONG_AGO, Instant
from legato.runtime.kafka.topic_layout import REFERENCES, clock_name
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.machine.counts import Counts
from legato.runtime.machine.errors import RecordFailed, WorkerFatal
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.machine.task import SourceProgress
from legato.runtime.processors.job import Job
from legato.runtime.processors.reading import events_of, opened, read_all
from legato.runtime.processors.record_writer import RecordWriter
from legato.wire.blobs import TODAY
from legato.wire.formats.envelope import Misunderstood
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.commands import read_entry

SAMPLE = 16
_channel = attrgetter("channel")


class FollowProcessor:
    """Decodes a batch, hands it to the engine, and writes what comes of it."""

    def __init__(self, job: Job, number: int) -> None:
        self.job, self.number = job, number
        self.engine = Engine(_setup(job, number), TODAY, SNAPSHOTS)
        self._writer = RecordWriter(job.layout.topics, job.registry, job.limits.letter_bytes)
        self._resolved = job.layout.topics.customer_events
        self._live = job.layout.live_clocks(number)
        self._history = job.layout.history_of(number).names
        self._checked: set[str] = set()
        self._suspended: dict[str, Rejected] = {}
        self._told: set[str] = set()
        self._telling: set[str] = set()
        self._records: list[ProducerRecord] = []
        self._outputs: list[Output] = []
        self._counts = Counts()
        self._news: deque[ReferenceChange] = deque()
        self._news_until: Instant = LONG_AGO
        self._told_until: Instant = LONG_AGO
        self._told_checkpoint: Instant = LONG_AGO
        self._unsent: deque[Event | Command] = deque()

    @property
    def pending(self) -> int:
        """How much there is for the next checkpoint, in records."""
        return len(self._records) + self.engine.pending

    def open(self, snapshots: dict[str, bytes]) -> None:
        """Start from the changelog's last values; raises StateError."""
        self.engine.restore(snapshots)
        self._told_checkpoint = LONG_AGO
        self._begin()

    def take(self, batch: Batch) -> None:
        """Read all, follow all, write all."""
        if batch.tp[0] == self._resolved:
            self._take_resolved(batch)
        else:
            self._take_trusted(batch)

    def quarantine(self, batch: Batch, index: int, why: Unreadable | Rejected) -> None:
        """Send one record to the dead letters."""
        self._records.append(self._writer.dead_letter(batch, index, why))
        self._counts.count("dead_letters", why.reason)

    def pass_time(self, tp: TP, now: Instant) -> None:
        """Note that a trusted partition has passed on everything up to now."""
        source = self.job.layout.trusted.get(tp[0])
        if source is not None and source.clock == "received":
            self._emit(self.engine.pass_time(now, clock_name(tp)))

    def pass_references(self, now: Instant, most: int) -> int:
        """Tell of what changed up to now, to at most so many customers; return to how many.

        Behind all that is told of it, a clock record goes into the log. Where there was none
        before, what is there is the past: nobody is told of it.
        """
        passed = self.engine.passed.get(REFERENCES)
        if passed is None:
            return 0
        if not self._is_telling:
            self._news_until, since = now, max(passed, self._told_until)
            if since != LONG_AGO:
                self._news.extend(self.job.changes.between(since, now))
        told = 0
        while self._is_telling and told < most:
            told += self._tell_some(most - told)
        if not self._is_telling and self._news_until > self._told_until:
            self._told_until = self._news_until
            self._records.append(self._writer.clock(REFERENCES, self._told_until, self.number))
        return told

    @property
    def _is_telling(self) -> bool:
        return bool(self._news or self._unsent)

    def _tell_some(self, most: int) -> int:
        """Send what is to be sent of one change, or as much as may be sent now."""
        if not self._unsent:
            result = self.engine.process(LogBatch((self._news.popleft(),)))
            self._unsent.extend(result.sent)
            result.sent = []
            self._emit(result)
        count = min(most, len(self._unsent))
        self._send([self._unsent.popleft() for _ in range(count)])
        self._counts.count("reference_events", by=count)
        return count

    def slowest(self) -> SourceProgress | None:
        """The source whose clock is furthest behind, of those that follow the time of day."""
        passed = self.engine.passed
        tp = min(self._live, key=lambda tp: passed[clock_name(tp)], default=None)
        return None if tp is None else (tp, passed[clock_name(tp)])

    def checkpoint(self) -> TaskCheckpoint:
        """Take what is pending; raises ContextTooLarge, and then nothing was taken."""
        snapshots = self.engine.checkpoint()
        part = TaskCheckpoint(
            self._records, snapshots, self.number, self._counts, self._outputs
        )
        self._records, self._outputs, self._counts = [], [], Counts()
        self._told_checkpoint = self._told_until
        self._telling = set(self._suspended)
        return part

    def on_committed(self) -> None:
        """The last checkpoint is committed."""
        self.engine.committed()
        self._told = self._telling

    def on_aborted(self) -> None:
        """The last checkpoint is aborted."""
        self.engine.aborted()
        self._told_checkpoint = LONG_AGO

    def rollback(self) -> None:
        """Forget everything since the last checkpoint."""
        self.engine.roll_back()
        self._begin()

    def suspend_timers(self, customer_id: str, why: Rejected) -> None:
        """Let time pass for this customer no more, and send a dead letter that says why."""
        self._suspended[customer_id] = why
        self.engine.suspend(customer_id)

    def _begin(self) -> None:
        self._records = [
            self._writer.timer_dead_letter(customer_id, self.number, why)
            for customer_id, why in self._suspended.items()
            if customer_id not in self._told
        ]
        self._outputs, self._counts = [], Counts()
        self._news.clear()
        self._unsent.clear()
        self._told_until = self._told_checkpoint

    def _take_trusted(self, batch: Batch) -> None:
        """Each record moves the clock of its partition, and so that of all."""
        self._check_place(batch)
        source = self.job.layout.trusted[batch.tp[0]]
        readings, indexes = read_all(self.job.readers[batch.tp[0]], batch)
        for index, reading in zip(indexes, readings, strict=True):
            if type(reading) is Misunderstood:
                self.quarantine(batch, index, reading.why)
        entries = opened(readings)
        taken, values = batch.times, batch.values
        if len(indexes) != len(batch):
            taken = [taken[index] for index in indexes]
            values = [values[index] for index in indexes]
        times = taken if source.clock == "received" else list(map(_time, entries))
        self._follow(batch, LogBatch(entries, times, clock_name(batch.tp), values), indexes)
        events = events_of(readings)
        self._counts.took(source.name, Counter(map(_channel, events)))
        if source.name not in self._history:
            self._note(len(events), batch.times[-1])

    def _take_resolved(self, batch: Batch) -> None:
        """Events were read before, by identify; the records without a key move the clock."""
        entries = list(map(read_entry, batch.keys, batch.values))
        self._follow(batch, LogBatch(entries, values=batch.values), range(len(batch)))
        events = [entry for entry in entries if type(entry) is Event]
        if self._history:
            events = [event for event in events if event.source not in self._history]
        if events:
            self._note(len(events), events[-1].received)

    def _follow(self, batch: Batch, entries: LogBatch, indexes: Sequence[int]) -> None:
        """Follow entries; `indexes` says of which record of the batch each of them comes."""
        try:
            result = self.engine.process(entries)
        except EntryFailed as failed:
            offset = batch.offsets[indexes[failed.index]]
            raise RecordFailed(offset) from failed.__cause__
        for index, why in result.refused:
            self._refuse(batch, indexes[index], why)
        self._emit(result)

    def _refuse(self, batch: Batch, index: int, why: Refusal) -> None:
        if why is DUPLICATE:
            self._counts.count("duplicates")
        elif why is WAITING:
            self._counts.count("events_buffered")
        elif isinstance(why, Ignored):
            source = self.job.layout.trusted[batch.tp[0]]
            self._counts.count("left_out", source.name, why.reason)
        else:
            self.quarantine(batch, index, why)

    def _emit(self, result: BatchResult) -> None:
        """Write what the engine said, to whom it may concern."""
        records, writer, counts = self._records, self._writer, self._counts
        for output in result.outputs:
            records.append(writer.output(output, self.number))
            counts.said(output)
        if self.job.listened:
            self._outputs += result.outputs
        records += map(writer.touchpoint, result.touchpoints)
        self._send(result.sent)
        records += [writer.alias(name, alias) for name, alias in result.aliases.items()]
        records += map(writer.identity, result.identity)
        for told in result.identity:
            counts.count("identity", word_of(told))
        for report in result.reports:
            counts.reported(report)

    def _send(self, messages: Sequence[Event | Command]) -> None:
        """Write what goes to other customers, or comes back to this partition."""
        partition_for = self.job.layout.partition_for
        for sent in messages:
            to = sent.customer_id if isinstance(sent, Event) else sent.to
            self._records.append(self._writer.sent(sent, to, partition_for(to)))

    def _note(self, events: int, received: Instant) -> None:
        if not self.job.layout.backfill:
            self._counts.followed(events, received)

    def _check_place(self, batch: Batch) -> None:
        """See by its first records that a topic is keyed as it is trusted to be."""
        topic, number = batch.tp
        if topic in self._checked:
            return
        self._checked.add(topic)
        keys = [key for key in batch.keys[:SAMPLE] if key is not None]
        count = self.job.layout.partition_count
        strangers = [key for key in keys if murmur2(key) % count != number]
        if len(strangers) * 2 > len(keys):
            raise WorkerFatal(
                f"`{topic}/{number}` holds keys of other partitions (from offset "
                f"{batch.offsets[0]} on): it is not keyed by customer_id with murmur2, so do "
                'not set `trust = "customer_id"` for it'
            )


def _setup(job: Job, number: int) -> EngineSetup:
    return EngineSetup(
        job.playbook,
        job.identify,
        job.rules,
        tuple(job.layout.clocks_of(number)),
        continuous=job.layout.backfill,
        cached_contexts=job.limits.cached_contexts,
        context_bytes=job.limits.context_bytes,
        touchpoints=job.touchpoints,
        versions=job.versions,
        references=job.references,
        partitions=job.layout.partition_count,
        history=job.layout.history_of(number),
        timers_most=job.limits.timers_most,
    )


def _time(reading: LogEntry) -> Instant:
    return reading.time if isinstance(reading, Event) else LONG_AGO
