"""The clock of a context partition: the minimum over all source partitions that feed it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from legato.core.values.time import LONG_AGO, Instant


class SourceWatermark(Struct, frozen=True, gc=False):
    """Everything of `source` (`topic/partition`) up to `time` lies before this record."""

    source: str
    time: Instant


class Watermark:
    """What each source partition (`topic/0`) has passed on; an unknown one holds time back."""

    def __init__(
        self, sources: Iterable[str], passed: dict[str, Instant] | None = None
    ) -> None:
        known = passed or {}
        self.passed: dict[str, Instant] = {name: known.get(name, LONG_AGO) for name in sources}

    def advance(self, source: str, time: Instant) -> Instant:
        """Note that `source` passed on everything up to `time`; return the clock now.

        A source that is not expected is ignored: it was taken out of the settings.
        """
        if time > self.passed.get(source, time):
            self.passed[source] = time
        return self.now()

    def now(self) -> Instant:
        """The instant that every source has reached; with no source, the beginning of time."""
        return min(self.passed.values(), default=LONG_AGO)
