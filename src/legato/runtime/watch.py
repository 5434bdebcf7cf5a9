"""Is the line alive? It is while it moves, and while there is nothing to move."""

from __future__ import annotations

from legato.core.instant import Instant, Span


class Watch:
    """Remembers when something was last committed or nothing was left to do."""

    def __init__(self, patience: Span, now: Instant) -> None:
        self.patience = patience
        self._moved_at = now

    def progressed(self, now: Instant) -> None:
        """Something was committed or restored."""
        self._moved_at = now

    def saw_lag(self, now: Instant, *, waiting: bool) -> None:
        """We asked what is left to read."""
        if not waiting:
            self._moved_at = now

    def stalled(self, now: Instant) -> bool:
        """Has there been work, or nobody to tell of it, for longer than patience allows?"""
        return now - self._moved_at > self.patience
