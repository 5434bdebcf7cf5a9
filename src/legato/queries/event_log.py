"""What customer.events still holds of some names, and from when on nothing is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from legato.core.engine import SourceWatermark
from legato.core.events.event import Event
from legato.core.events.vocabulary import REFERENCE
from legato.core.identity.commands import DeferredEvent
from legato.core.values.time import LONG_AGO, Instant
from legato.queries.references import read_reference_lines
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.replay import Entry
from legato.wire.source.reader import read_event
from legato.wire.topics.clock import STATE_KEY, read_clock
from legato.wire.topics.commands import read_told

OFTEN = 1_000
OVERLAP_MS = 60_000
"""A record's timestamp may lie so far before that of one in front of it."""


class LoggedEvents:
    """Reads the partitions where events of `names` lie; again, it reads only what came since.

    `start` is from when on the log holds all that these partitions were sent; LONG_AGO if
    nothing was ever deleted from it.
    """

    def __init__(self, reader: TopicReader, names: frozenset[str]) -> None:
        self._reader, self._names = reader, names
        self._keys = frozenset(name.encode() for name in names)
        self._topic = topics_of(reader.settings).customer_events
        self._homes = reader.places_of(self._topic, names)
        self._events: dict[tuple[str, bytes], Event] = {}
        self._firsts: dict[tuple[int, str], Instant] = {}
        self._read_up_to: Instant = 0

    @property
    def start(self) -> Instant:
        """From when on nothing is missing: what each source had passed on as the log begins."""
        return max(self._firsts.values(), default=LONG_AGO)

    def size(self) -> int:
        """Count the offsets that there are to read."""
        return sum(self._reader.count(self._topic, number) for number in self._homes)

    def read(self, tell: Callable[[int], None]) -> tuple[Event, ...]:
        """Read the events that there are by now, each once; tell how many offsets it read."""
        homes = self._homes
        cut = {number for number in homes if self._reader.begins_at(self._topic, number)}
        places: dict[int, tuple[int, int]] = {}
        since = max(self._read_up_to - OVERLAP_MS, 0)
        for record in self._reader.read(self._topic, homes, self._is_wanted, since=since):
            self._take(record, record.partition in cut and not since)
            self._read_up_to = max(self._read_up_to, record.time)
            places.setdefault(record.partition, (record.offset, 0))
            places[record.partition] = places[record.partition][0], record.offset
            tell(sum(last - first for first, last in places.values()))
        return tuple(self._events.values())

    def _is_wanted(self, key: bytes | None) -> bool:
        return key is None or key in self._keys

    def _take(self, record: TopicRecord, begins_late: bool) -> None:
        value = record.value
        if record.key is None:
            told = read_told(value)
            if isinstance(told, SourceWatermark) and begins_late:
                self._firsts.setdefault((record.partition, told.source), told.time)
            if not isinstance(told, DeferredEvent) or told.to not in self._names:
                return
            value = told.event
        event = read_event(value or b"")
        if isinstance(event, Event):
            # One that was not understood may come again with the same id, in other words.
            self._events.setdefault((event.id, bytes(event.data)), event)


class EveryEvent:
    """Reads all that customer.events holds, as a log to be replayed, and references beside it.

    Whose an event is will be found out anew by its identifiers, as its source is trusted. Who
    is told of a reference is found out anew as well.
    """

    def __init__(self, reader: TopicReader) -> None:
        self._reader = reader
        self._topic = topics_of(reader.settings).customer_events
        self._homes = reader.partitions(self._topic.__eq__).get(self._topic, [])
        self._trust = {each.name: each.authenticates for each in reader.settings.sources}

    def size(self) -> int:
        """Count the offsets that there are to read."""
        return sum(self._reader.count(self._topic, number) for number in self._homes)

    def entries(self, tell: Callable[[int], None]) -> list[Entry]:
        """Read each event once, in the order in which the line would see them.

        References stand where they were known and counted; what was yet to count is left out.
        """
        found: dict[tuple[str, bytes], Event] = {}
        for number, record in enumerate(self._reader.read(self._topic, self._homes), 1):
            event = _event_in(record)
            if event is not None and not event.type.startswith(REFERENCE):
                found.setdefault((event.id, bytes(event.data)), event)
            if number % OFTEN == 0:
                tell(number)
        events = [self._entry(event) for event in found.values()]
        return sorted([*self._references(events), *events], key=lambda entry: entry.at)

    def _references(self, events: Iterable[Entry]) -> list[Entry]:
        lines = list(read_reference_lines(self._reader))
        ends = (entry.at for entry in events), (line.known for line in lines)
        last = max(chain(*ends), default=LONG_AGO)
        told = [Entry(max(line.version.time, line.known), 0, line) for line in lines]
        return [entry for entry in told if entry.at <= last]

    def _entry(self, event: Event) -> Entry:
        if event.identifiers:
            event.customer_id = ""
        trust = self._trust.get(event.source, "auto")
        return Entry(event.received or event.time, 0, event, authenticates=trust)


def _event_in(record: TopicRecord) -> Event | None:
    """Read the event of a record, also one that waits for links; None if it has none."""
    value = record.value
    if record.key is None:
        told = read_told(value)
        if not isinstance(told, DeferredEvent):
            return None
        value = told.event
    event = read_event(value or b"")
    return event if isinstance(event, Event) else None


def clock_of(reader: TopicReader, customer_id: str) -> Instant:
    """Read how far time has come for a customer, as of the last commit of their partition."""
    topic = topics_of(reader.settings).customer_contexts
    home = reader.places_of(topic, [customer_id])
    passed: dict[str, Instant] = {}
    for record in reader.read(topic, home, STATE_KEY.__eq__):
        passed = read_clock(record.value)
    return min(passed.values(), default=LONG_AGO)
