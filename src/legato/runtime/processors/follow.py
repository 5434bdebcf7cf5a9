"""The room where customers are followed: customer.events, and the trusted topics beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter
from typing import TypeAlias

from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.values.ids import murmur2
from legato.core.values.results import DUPLICATE, Ignored, Rejected, Unreadable
from legato.core.values.time import LONG_AGO, NEVER, Instant
from legato.runtime.kafka.topic_layout import clock_name
from legato.runtime.machine.errors import RecordFailed, TimerFailed, WorkerFatal
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.processors.home import Home
from legato.runtime.processors.job import Job
from legato.runtime.processors.reading import read_all
from legato.wire.blobs import UnknownVersion
from legato.wire.formats.envelope import Reading
from legato.wire.source.reader import read_event
from legato.wire.topics.clock import SourceWatermark
from legato.wire.topics.commands import read_told

LogEntry: TypeAlias = Event | SourceWatermark | Command | Unreadable
"""What a record of customer.events may be."""

FULL = Rejected("context_full", "the customer's context has no room for more; see the glossary")
SAMPLE = 16
_channel = attrgetter("channel")


class FollowProcessor(Home):
    """Decodes a batch, feeds it to the partition, and keeps what comes of it for the cut."""

    def __init__(self, plan: Job, number: int) -> None:
        super().__init__(plan, number)
        self._resolved = plan.layout.topics.customer_events
        self._checked: set[str] = set()

    def take(self, batch: Batch) -> None:
        """Read all, apply all, write all."""
        if batch.tp[0] == self._resolved:
            self._take_resolved(batch)
        else:
            self._take_trusted(batch)
        self.emit()

    def quarantine(self, batch: Batch, index: int, why: Unreadable | Rejected) -> None:
        """Send one record to the dead letters."""
        self.records.append(self.writer.dead_letter(batch, index, why))
        self.counts.count("dead_letters", why.reason)

    def pass_time(self, tp: TP, now: Instant) -> None:
        """Note that a trusted partition has passed on everything up to now."""
        source = self.job.layout.trusted.get(tp[0])
        if source is not None and source.clock == "received":
            self.clock_moved = True
            self.partition.advance(self.clock.advance(clock_name(tp), now))
            self.emit()

    def _take_trusted(self, batch: Batch) -> None:
        """Each record moves the clock of its partition, and so that of all."""
        self._check_place(batch)
        source = self.job.layout.trusted[batch.tp[0]]
        readings = read_all(self.job.readers[batch.tp[0]], batch)
        times = batch.times if source.clock == "received" else list(map(_time, readings))
        name, passed = clock_name(batch.tp), self.clock.passed
        others = min((time for other, time in passed.items() if other != name), default=NEVER)
        highs = list(accumulate(times, max, initial=passed[name]))[1:]
        clocks = [high if high < others else others for high in highs]
        self._follow(batch, readings, clocks)
        passed[name] = highs[-1]
        self.partition.advance(clocks[-1])
        events = [reading for reading in readings if isinstance(reading, Event)]
        self.counts.took(source.name, Counter(map(_channel, events)))
        self._note(len(events), batch.times[-1])

    def _take_resolved(self, batch: Batch) -> None:
        """Events were read before, by identify; the records without a key move the clock."""
        readings: list[LogEntry] = [
            read_told(value) if key is None else read_event(value or b"")
            for key, value in zip(batch.keys, batch.values, strict=True)
        ]
        self._follow(batch, readings, self._clocks(readings))
        events = [reading for reading in readings if isinstance(reading, Event)]
        if events:
            self._note(len(events), events[-1].received)

    def _clocks(self, readings: Sequence[LogEntry]) -> list[Instant]:
        """How far time has come at each reading."""
        clock, clocks = self.partition.clock, []
        for reading in readings:
            if isinstance(reading, SourceWatermark):
                clock = self.clock.advance(reading.source, reading.time)
            clocks.append(clock)
        return clocks

    def _follow(
        self,
        batch: Batch,
        readings: Sequence[LogEntry | Rejected],
        clocks: Sequence[Instant],
    ) -> None:
        feed, guarded = self.partition.feed, self.guarded
        self.clock_moved = True
        index = -1
        try:
            for index, (reading, clock) in enumerate(zip(readings, clocks, strict=True)):
                if isinstance(reading, Event):
                    if guarded and self._outgrows(reading, batch.values[index]):
                        self._refuse(batch, index, FULL)
                    elif (answer := feed(reading, clock)) is not None:
                        self._route(batch, index, reading, answer)
                else:
                    self._hear(batch, index, reading, clock)
        except (TimerFailed, UnknownVersion):
            raise
        except Exception as error:
            raise RecordFailed(batch.offsets[index]) from error

    def _route(
        self, batch: Batch, index: int, event: Event, answer: Ignored | Rejected
    ) -> None:
        """What was not followed may be on its way to another slot; else say why it was not."""
        if (why := self.links.route(event, answer)) is not None:
            self._refuse(batch, index, why)

    def _hear(
        self,
        batch: Batch,
        index: int,
        told: SourceWatermark | Command | Unreadable | Rejected,
        clock: Instant,
    ) -> None:
        """Take what is no event: how far time came, what another slot says, or nothing."""
        if isinstance(told, Unreadable | Rejected):
            self._refuse(batch, index, told)
            return
        self.partition.advance(clock)
        if not isinstance(told, SourceWatermark):
            self.links.take(told)

    def _outgrows(self, event: Event, value: bytes | None) -> bool:
        customer_id = event.customer_id
        if customer_id not in self.guarded:
            return False
        context = self.partition.cache.get(customer_id) or self.store.load(customer_id)
        return self.outgrows(context, len(value or b""))

    def _refuse(self, batch: Batch, index: int, why: Ignored | Rejected | Unreadable) -> None:
        if isinstance(why, Ignored):
            self.counts.count("duplicates" if why is DUPLICATE else "events_buffered")
        else:
            self.quarantine(batch, index, why)

    def _note(self, events: int, received: Instant) -> None:
        if not self.job.layout.backfill:
            self.counts.followed(events, received)

    def _check_place(self, batch: Batch) -> None:
        """See by its first records that a topic is keyed as it is trusted to be."""
        topic, number = batch.tp
        if topic in self._checked:
            return
        self._checked.add(topic)
        keys = [key for key in batch.keys[:SAMPLE] if key is not None]
        strangers = [
            key for key in keys if murmur2(key) % self.job.layout.partition_count != number
        ]
        if len(strangers) * 2 > len(keys):
            raise WorkerFatal(
                f"`{topic}/{number}` holds keys of other partitions (from offset "
                f"{batch.offsets[0]} on): it is not keyed by customer_id with murmur2, so do "
                'not set `trust = "customer_id"` for it'
            )


def _time(reading: Reading) -> Instant:
    return reading.time if isinstance(reading, Event) else LONG_AGO
