"""When to checkpoint: soon while little happens, seldom while far behind, never too large."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import MINUTE, SECOND, Instant, Span

LARGEST_TURN = 1_000_000


class CheckpointPacing(Struct, frozen=True):
    """Spans between two checkpoints, how many records one may grow to, how long it may take."""

    checkpoint: Span = 100
    catch_up: Span = 1_000
    most: int = 200_000
    deadline: Span = 15 * SECOND

    def span(self, *, full: bool, lull: bool) -> Span:
        """How long to collect: `full` = batches keep coming full, `lull` = none is waiting."""
        if full:
            return self.catch_up
        return self.checkpoint // 4 if lull else self.checkpoint


class TurnSize:
    """How many records to work on at once, so that everything else gets its turn soon.

    An event costs between microseconds and milliseconds, as the playbook and what is due have
    it; so it is learned from what the last records took. Whoever reads may look from another
    thread.
    """

    def __init__(self, turn: Span = 500, first: int = 1_000) -> None:
        self.records, self._turn = first, turn

    def took(self, records: int, lasted: float) -> None:
        """So many records took so many milliseconds: shrink at once, grow by steps."""
        fitting = int(records * self._turn / max(lasted, 0.001))
        self.records = max(1, min(fitting, self.records * 2, LARGEST_TURN))


class Backoff(Struct, frozen=True):
    """How long to wait before the next try, doubling from `first` up to `longest`."""

    first: Span = 100
    longest: Span = 10_000

    def after(self, tries: int) -> Span:
        """The span before try number `tries + 1`."""
        return min(self.first << min(tries, 16), self.longest)


class RateWindow:
    """Counts what happened within the last minute, or another span."""

    def __init__(self, most: int, within: Span = MINUTE) -> None:
        self.most, self.within = most, within
        self._times: list[Instant] = []

    def exceeded(self, now: Instant) -> bool:
        """Note one more; tell whether that was one too many."""
        since = now - self.within
        self._times = [*(time for time in self._times if time > since), now]
        return len(self._times) > self.most
