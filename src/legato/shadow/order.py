"""Hands the log to lines in an order in which each has said what it will hear.

Partitions are read side by side, so the question of one may come before what led to it was
followed in another. Then that partition waits. It waits in vain only for what was asked before
the lines began, which shows when all others have come past where the log ended meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from legato.core.engine import LogEntry
from legato.core.values.outputs import Output
from legato.shadow.followed_line import FollowedLine, twin_of
from legato.shadow.log_feed import LoggedEntry

Ends = Callable[[], Mapping[int, int]]
Say = Callable[[FollowedLine, Sequence[Output]], None]


class OrderedFollowing:
    """What was taken of each partition and not followed yet."""

    def __init__(self, lines: Sequence[FollowedLine], ends: Ends, say: Say) -> None:
        self._lines, self._ends, self._say = lines, ends, say
        self._waiting: dict[int, deque[LoggedEntry]] = {}
        self._holds: dict[int, Mapping[int, int]] = {}

    @property
    def held(self) -> int:
        """How many entries wait for what led to them."""
        return sum(map(len, self._waiting.values()))

    def take(self, entries: Iterable[LoggedEntry], reached: Mapping[int, int]) -> None:
        """Follow what may be followed; `reached` is how far each partition was taken."""
        for each in entries:
            self._waiting.setdefault(each.partition, deque()).append(each)
        self._follow_all()
        while self._waiting and self._release(reached):
            self._follow_all()

    def _follow_all(self) -> None:
        """Follow until nothing moves any more: one partition may free another."""
        moved = True
        while moved:
            moved = any([self._follow_some(number) for number in self._waiting])
            self._waiting = {number: left for number, left in self._waiting.items() if left}

    def _follow_some(self, number: int) -> bool:
        """Follow a partition up to what must wait; tell whether it moved."""
        waiting, before = self._waiting[number], len(self._waiting[number])
        while waiting:
            self._follow(number, list(_plain(waiting)))
            if waiting and any(line.awaits(waiting[0].entry) for line in self._lines):
                self._hold(number)
                break
            if waiting:
                self._pass(number)
        return len(waiting) < before

    def _pass(self, number: int) -> None:
        self._holds.pop(number, None)
        self._follow(number, [self._waiting[number].popleft().entry])

    def _follow(self, number: int, entries: Sequence[LogEntry]) -> None:
        for line in self._lines if entries else ():
            if outputs := line.follow(number, entries):
                self._say(line, outputs)

    def _hold(self, number: int) -> None:
        if number not in self._holds:
            self._holds[number] = self._ends()

    def _release(self, reached: Mapping[int, int]) -> bool:
        """Let the oldest go on that waits in vain; tell whether there was one."""
        oldest = min(self._waiting, key=lambda number: self._waiting[number][0].time)
        ends = self._holds[oldest]
        others = [number for number in reached if number not in self._waiting]
        if any(reached[number] < ends[number] for number in others):
            return False
        self._pass(oldest)
        return True


def _plain(waiting: deque[LoggedEntry]) -> Iterator[LogEntry]:
    """Take entries up to the first that a line may have to say itself before."""
    while waiting and twin_of(waiting[0].entry) is None:
        yield waiting.popleft().entry
