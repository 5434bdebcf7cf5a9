"""Whom somebody was shown a moment ago: a list that is shown again is no further look."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.values.time import MINUTE, Instant

SAME_LOOK = 10 * MINUTE
MOST = 50_000


class RecentLooks:
    """Remembers, for this process alone, which looks were written down."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Instant] = {}

    def new_among(self, session: str, customers: Iterable[str], now: Instant) -> list[str]:
        """List those whom this session was not shown within ten minutes."""
        return [
            each
            for each in dict.fromkeys(customers)
            if now - self._seen.get((session, each), now - SAME_LOOK) >= SAME_LOOK
        ]

    def note(self, session: str, customers: Iterable[str], now: Instant) -> None:
        """Remember that these were written down; of too many, the oldest are forgotten."""
        for each in customers:
            self._seen.pop((session, each), None)
            self._seen[session, each] = now
        while len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]
