"""How far time has come in each partition, as it was committed last."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.values.time import LONG_AGO, Instant
from legato.queries.event_log import OVERLAP_MS
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.wire.topics.clock import STATE_KEY, read_clock


class PartitionClocks:
    """Reads clocks that were committed at some time or later; again, only what came since."""

    def __init__(self, reader: TopicReader, since: Instant) -> None:
        self._reader, self._read_up_to = reader, since
        self._topic = topics_of(reader.settings).customer_contexts
        self._numbers = reader.partitions(self._topic.__eq__).get(self._topic, [])
        self._passed: dict[int, dict[str, Instant]] = {number: {} for number in self._numbers}

    def look(self) -> None:
        """Read what there is by now; raises KafkaAway."""
        since = max(self._read_up_to - OVERLAP_MS, 0)
        found = self._reader.read(self._topic, self._numbers, STATE_KEY.__eq__, since=since)
        for record in found:
            self._passed[record.partition] = read_clock(record.value)
            self._read_up_to = max(self._read_up_to, record.time)

    @property
    def passed(self) -> Mapping[int, Mapping[str, Instant]]:
        """What each source has passed on, by partition."""
        return self._passed

    @property
    def slowest(self) -> tuple[Instant, int]:
        """How far time has come in all partitions, and in which of them it came last."""
        clocks = [
            (min(passed.values(), default=LONG_AGO), number)
            for number, passed in self._passed.items()
        ]
        return min(clocks, default=(LONG_AGO, 0))
