"""What there is to see at one moment of a run."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from msgspec import Struct

from legato.core.values.time import Instant
from legato.demo.run.arrived_mail import ArrivedMail
from legato.demo.run.spotlight import Spot
from legato.demo.run.workers import Sight
from legato.demo.view.words import TickerText

WINDOW_S = 2.0
TURN_S = 0.35
READ_S = 6.0
MAIL_S = 12.0


class Incident(Struct):
    """The kill, and what became of it.

    `contexts` are those that the killed worker held, to be restored by whoever gets its
    partitions; `restored_s` counts from the kill until all are followed again.
    """

    index: int
    pid: int
    town_time: Instant
    contexts: int
    restored_s: float | None = None


class Picture(Struct, frozen=True, kw_only=True):
    """One moment; `phase` says what is going on, rates are per second."""

    phase: str
    kafka: str
    elapsed_s: float
    town_time: Instant
    sent: int
    total: int
    events_rate: float
    actions_rate: float
    situations: Mapping[str, int]
    decisions: int
    actions: Mapping[str, int]
    reasons: Mapping[str, int]
    revoked: int
    done: Mapping[str, int]
    customers: int
    merges: int
    refused: int
    changed_hands: int
    workers: Sequence[Sight]
    incident: Incident | None
    told: Sequence[TickerText]
    reading: TickerText | None
    spot: Spot | None
    mail: ArrivedMail | None = None


class ThroughputMeter:
    """How fast a count grows, over the last two seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def per_second(self, now_s: float, count: int) -> float:
        """Note a count, and say how fast it grows."""
        self._seen.append((now_s, count))
        while self._seen[0][0] < now_s - WINDOW_S:
            self._seen.popleft()
        then_s, before = self._seen[0]
        return (count - before) / max(now_s - then_s, 0.5)


class Ticker:
    """Picks lines at a pace that an eye can follow, each kind in its turn.

    `reading` is one with a handoff, left standing until that can be read.
    """

    def __init__(self, lines: int = 40) -> None:
        self.shown: deque[TickerText] = deque(maxlen=lines)
        self.reading: TickerText | None = None
        self._counts: Counter[str] = Counter()
        self._next_s = 0.0
        self._read_s = 0.0

    def turn(self, now_s: float, waiting: deque[TickerText]) -> TickerText | None:
        """Take one line, if it is time; what was not taken is passed over."""
        if now_s < self._next_s or not waiting:
            return None
        fresh = [waiting.popleft() for _ in range(len(waiting))]
        best = min(reversed(fresh), key=lambda told: self._counts[told.mood])
        self._counts[best.mood] += 1
        self._next_s = now_s + TURN_S
        self.shown.append(best)
        if best.handoff is not None and now_s >= self._read_s:
            self.reading, self._read_s = best, now_s + READ_S
        return best


class Inbox:
    """Leaves an email that arrived standing for as long as it takes to read it."""

    def __init__(self) -> None:
        self._until_s: float | None = None

    def turn(self, now_s: float, arrived: ArrivedMail | None) -> ArrivedMail | None:
        """Return the email while it is new."""
        if arrived is None:
            return None
        if self._until_s is None:
            self._until_s = now_s + MAIL_S
        return arrived if now_s < self._until_s else None
