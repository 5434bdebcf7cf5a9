"""Virtual time: things happen when it is their turn, and nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from random import Random

from legato.core.values.time import Instant, Span


class VirtualTime:
    """A queue of what is to happen; the seed decides every delay."""

    def __init__(self, start: Instant, seed: int) -> None:
        self.now = start
        self.chance = Random(seed)
        self._number = count()
        self._queue: list[tuple[Instant, int, Callable[[], None]]] = []

    def after(self, delay: Span, action: Callable[[], None]) -> None:
        """Have something happen later."""
        heappush(self._queue, (self.now + delay, next(self._number), action))

    def soon(self, longest: Span, action: Callable[[], None]) -> None:
        """Have something happen some time from now, at most `longest`."""
        self.after(self.chance.randint(0, longest), action)

    def run_until(self, end: Instant) -> None:
        """Let everything happen that is due by then."""
        while self._queue and self._queue[0][0] <= end:
            self.now, _, action = heappop(self._queue)
            action()
        self.now = end
