"""Reads customer.events for what it still holds of the past of all customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from legato.core.engine import SourceWatermark
from legato.core.events.event import FUTURE, Event
from legato.core.identity.commands import DeferredEvent
from legato.core.identity.state import IdentityState
from legato.core.linking.logged_past import PastOfLog
from legato.core.linking.owners import Owners
from legato.core.values.time import LONG_AGO, Instant
from legato.queries.event_log import OFTEN, OVERLAP_MS
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.wire.source.reader import read_event
from legato.wire.state import read_linked
from legato.wire.topics.commands import read_told

Passed = Mapping[int, Mapping[str, Instant]]


def read_owners(reader: TopicReader) -> Owners:
    """Read of all slots whose name leads to whom; raises KafkaAway and StateError."""
    topic = topics_of(reader.settings).customer_contexts
    numbers = reader.partitions(topic.__eq__).get(topic, [])
    slots: dict[str, IdentityState] = {}
    for record in reader.read(topic, numbers):
        name = (record.key or b"").decode()
        identity = read_linked(record.value) if _is_slot(record) and record.value else None
        if identity is not None:
            slots[name] = identity
        else:
            slots.pop(name, None)
    return Owners(slots)


def _is_slot(record: TopicRecord) -> bool:
    """Is it a context? What is the partition's own lies under keys that begin so."""
    return (record.key or b"\x00")[0] != 0


class PastReader:
    """Reads all that may be of `since` or later, up to what is the end of the log now.

    `start` is from when on all of it is there: `since`, or later if records were deleted.
    `passed` is how far time had come in each partition before it was read.
    """

    def __init__(self, reader: TopicReader, since: Instant, passed: Passed) -> None:
        self._reader, self._since, self._passed = reader, since, passed
        self._topic = topics_of(reader.settings).customer_events
        self._from = max(since - FUTURE - OVERLAP_MS, 0)
        self._cut = frozenset(
            number for number in passed if reader.is_cut(self._topic, number, self._from)
        )
        self._firsts: dict[tuple[int, str], Instant] = {}

    def size(self) -> int:
        """Count the offsets of the log; what is too old is passed over at once."""
        return sum(self._reader.count(self._topic, number) for number in self._passed)

    def read(self, past: PastOfLog, tell: Callable[[int], None]) -> None:
        """Read all there is; tell how many records it read. Raises KafkaAway."""
        records = self._reader.read(self._topic, self._passed, since=self._from)
        for number, record in enumerate(records, 1):
            self._take(record, past)
            if number % OFTEN == 0:
                tell(number)

    @property
    def start(self) -> Instant:
        """From when on nothing is missing, by the times of events."""
        begins = [
            max(self._firsts.get((number, source), at) for source, at in passed.items())
            for number, passed in self._passed.items()
            if number in self._cut and passed
        ]
        return max(self._since, max(begins, default=LONG_AGO) + FUTURE)

    def _take(self, record: TopicRecord, past: PastOfLog) -> None:
        name, value = (record.key or b"").decode(), record.value
        if record.key is None:
            told = read_told(value)
            if isinstance(told, SourceWatermark) and record.partition in self._cut:
                self._firsts.setdefault((record.partition, told.source), told.time)
            if not isinstance(told, DeferredEvent):
                return
            name, value = told.to, told.event
        event = read_event(value or b"")
        if isinstance(event, Event):
            past.take(name, event)
