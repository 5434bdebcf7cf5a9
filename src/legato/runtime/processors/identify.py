"""Where events learn whose they are: from one partition of a source to all of customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter

from legato.core.engine import SourceWatermark
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.rotation import resolver_of
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import LONG_AGO, NEVER, SECOND, Instant
from legato.runtime.kafka.topic_layout import clock_name
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.machine.counts import Counts
from legato.runtime.machine.errors import RecordFailed, WorkerFatal
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.machine.task import SourceProgress
from legato.runtime.processors.job import Job
from legato.runtime.processors.reading import events_of, read_all
from legato.runtime.processors.record_writer import RecordWriter
from legato.wire.blobs import TODAY
from legato.wire.formats.envelope import Misunderstood
from legato.wire.source.passed import passed_by
from legato.wire.source.reader import TIME_MARK, write_event
from legato.wire.topics.clock import write_watermark
from legato.wire.topics.commands import write_command

_channel, _time = attrgetter("channel"), attrgetter("time")


class IdentifyProcessor:
    """Names the customer of each event, and tells every partition how far time has come here.

    It has no state but what is pending, and what it asked of owners: whatever is undone is
    simply done again.
    """

    def __init__(self, plan: Job, tp: TP) -> None:
        self._plan, self._tp = plan, tp
        self._source = plan.layout.untrusted[tp[0]]
        self._by_event_time = self._source.clock == "event_time"
        self._writer = RecordWriter(plan.layout.topics, plan.registry, plan.limits.letter_bytes)
        self._to = plan.layout.topics.customer_events
        self._resolver = resolver_of(plan.identify, plan.rules, plan.aliases, TODAY.write_event)
        self._records: list[ProducerRecord] = []
        self._counts = Counts()
        self._told: Instant = LONG_AGO
        self._told_checkpoint: Instant = LONG_AGO

    @property
    def pending(self) -> int:
        """How much there is to checkpoint, in records."""
        return len(self._records)

    def open(self, _: dict[str, bytes]) -> None:
        """Start afresh: nothing is stored, but something may still be pending."""
        self.on_aborted()
        self.rollback()

    def take(self, batch: Batch) -> None:
        """Read all, name the customer of each, write all."""
        readings, indexes = read_all(self._plan.readers[self._tp[0]], batch)
        index = -1
        try:
            for index, reading in zip(indexes, readings, strict=True):
                if isinstance(reading, Event):
                    self._send(batch, index, reading)
                else:
                    self._turn_away(batch, index, reading)
        except Exception as error:
            raise RecordFailed(batch.offsets[index]) from error
        events = events_of(readings)
        self._counts.took(self._source.name, Counter(map(_channel, events)))
        if not self._by_event_time:
            self._tell(max(batch.times, default=LONG_AGO))
            return
        passed = max(map(_time, events), default=LONG_AGO)
        if len(events) < len(readings):
            marks = (i for i, each in zip(indexes, readings, strict=True) if each is TIME_MARK)
            passed = max([passed, *self._marked(batch, marks)])
        self._tell(passed)

    def _marked(self, batch: Batch, marks: Iterable[int]) -> Iterator[Instant]:
        """Read the time marks of a batch; where all is history, the clock stays at its end."""
        for index in marks:
            passed = passed_by(batch.headers_at(index), batch.times[index])
            if passed != NEVER or not self._plan.layout.backfill:
                yield passed

    def _turn_away(
        self, batch: Batch, index: int, reading: Misunderstood | Ignored | Rejected | Unreadable
    ) -> None:
        """Say why a record is no event, or is followed only as far as it is understood."""
        match reading:
            case Misunderstood(event=event, why=why):
                self.quarantine(batch, index, why)
                self._send(batch, index, event)
            case Ignored() if reading is TIME_MARK:
                pass
            case Ignored(reason=reason):
                self._counts.count("left_out", self._source.name, reason)
            case Rejected() | Unreadable():
                self.quarantine(batch, index, reading)

    def quarantine(self, batch: Batch, index: int, why: Unreadable | Rejected) -> None:
        """Send one record to the dead letters."""
        self._records.append(self._writer.dead_letter(batch, index, why))
        self._counts.count("dead_letters", why.reason)

    def pass_time(self, _: TP, now: Instant) -> None:
        """Everything up to now was passed on."""
        if not self._by_event_time:
            self._tell(now)

    def pass_references(self, _: Instant, __: int) -> int:
        """References are nothing that tells whose an event is."""
        return 0

    def slowest(self) -> SourceProgress | None:
        """How far we have told that our own partition has come."""
        return None if self._by_event_time else (self._tp, self._told)

    def checkpoint(self) -> TaskCheckpoint:
        """Take what is pending."""
        part = TaskCheckpoint(self._records, counts=self._counts)
        self._told_checkpoint = self._told
        self._records, self._counts = [], Counts()
        return part

    def on_committed(self) -> None:
        """The last checkpoint is committed: nothing to do."""

    def on_aborted(self) -> None:
        """The last checkpoint is refused: say again how far time has come."""
        self._told_checkpoint = LONG_AGO

    def rollback(self) -> None:
        """Forget everything since the last checkpoint."""
        self._records, self._counts = [], Counts()
        self._told = self._told_checkpoint
        self._resolver.forget()

    def suspend_timers(self, _: str, why: Rejected) -> None:
        """No timers run here, so none can fail."""
        raise WorkerFatal(f"a timer of identify failed: {why.message}")

    def hear(self, name: str, alias: Alias | None) -> None:
        """An owner has said where an identifier leads."""
        self._resolver.answered(name, alias)

    def _send(self, batch: Batch, index: int, event: Event) -> None:
        whose = event.customer_id or self._resolver.resolve(event, self._source.authenticates)
        if isinstance(whose, str):
            event.customer_id = whose
            self._records.append(ProducerRecord(self._to, whose.encode(), write_event(event)))
        elif isinstance(whose, Rejected):
            self.quarantine(batch, index, whose)
        else:
            partition_of = self._plan.layout.partition_for
            self._records += [
                ProducerRecord(self._to, None, write_command(each), partition_of(each.to))
                for each in whose
            ]

    def _tell(self, passed: Instant) -> None:
        """Write a clock record to every partition, each second at most."""
        if passed - self._told < SECOND:
            return
        self._told = passed
        value = write_watermark(SourceWatermark(clock_name(self._tp), passed))
        for partition in range(self._plan.layout.partition_count):
            self._records.append(ProducerRecord(self._to, None, value, partition))
