"""The changes of the last day, for partitions that were not there when one became known."""

from __future__ import annotations

from bisect import bisect_right, insort
from operator import attrgetter

from msgspec import Struct

from legato.core.references.versions import ReferenceChange
from legato.core.values.time import DAY, LONG_AGO, Instant, Span

KEEP_CHANGES: Span = DAY
"""What is older is too late for any situation."""


class KnownChange(Struct, frozen=True, gc=False):
    """A change, and from when on it is to be told: its time, or when it became known."""

    since: Instant
    change: ReferenceChange


_since = attrgetter("since")


class RecentChanges:
    """In the order in which they are to be told; `passed` is up to when all are here."""

    def __init__(self) -> None:
        self.passed: Instant = LONG_AGO
        self._known: list[KnownChange] = []

    def note(self, change: ReferenceChange, known: Instant) -> None:
        """Keep a change that became known then; one that comes late is told from now on."""
        since = max(change.version.time, known, self.passed + 1)
        insort(self._known, KnownChange(since, change), key=_since)

    def between(self, after: Instant, until: Instant) -> list[ReferenceChange]:
        """List what is to be told after one instant and up to another."""
        first = bisect_right(self._known, after, key=_since)
        last = bisect_right(self._known, until, key=_since)
        return [each.change for each in self._known[first:last]]

    def forget(self, now: Instant) -> None:
        """Let go of what is older than a day."""
        del self._known[: bisect_right(self._known, now - KEEP_CHANGES, key=_since)]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)
