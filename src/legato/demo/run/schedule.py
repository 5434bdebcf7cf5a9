"""Time-lapse: when each event of the day is sent, counted in seconds from the start."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from legato.core.values.time import Instant


class Schedule:
    """Spreads a day over some seconds, half by the clock of the town, half event by event.

    By the clock alone the last hours, when nearly everybody sleeps, would take as long as noon.
    """

    def __init__(self, received: Sequence[Instant], seconds: float) -> None:
        first, last = (received[0], received[-1]) if received else (0, 0)
        span, count = max(last - first, 1), max(len(received) - 1, 1)
        self._received = received
        self._beats = [
            seconds * ((at - first) / span + number / count) / 2
            for number, at in enumerate(received)
        ]

    def due(self, elapsed_s: float) -> int:
        """Say how many events should have been sent by now."""
        return bisect_right(self._beats, elapsed_s)

    def time(self, elapsed_s: float) -> Instant:
        """Say what time it is in town."""
        return self._received[max(self.due(elapsed_s) - 1, 0)] if self._received else 0
