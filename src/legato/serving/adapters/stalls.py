"""Finds a partition that is not read on though there is more: clients may die unheard."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from legato.serving.adapters.machine.facts import TP

STANDS_S = 120.0
"""Longer than any transaction of a worker may stay open and hide what lies behind it."""


class ReadingStalls:
    """Remembers since when each partition stands."""

    def __init__(self) -> None:
        self._moved: dict[TP, tuple[int, float]] = {}

    def find(
        self,
        ends: Mapping[TP, int],
        places: Mapping[TP, tuple[int, bool]],
        paused: Collection[TP],
    ) -> str:
        """Say in a sentence which one has stood for too long; empty if none has."""
        now = time.monotonic()
        self._moved = {
            tp: self._since(tp, place, now, moves=tp in paused or place >= ends.get(tp, 0))
            for tp, (place, _) in places.items()
        }
        for (topic, number), (_, since) in self._moved.items():
            if now - since > STANDS_S:
                return f"`{topic}/{number}` is not read on, though there is more"
        return ""

    def _since(self, tp: TP, place: int, now: float, *, moves: bool) -> tuple[int, float]:
        last, since = self._moved.get(tp, (-1, now))
        return place, now if moves or place != last else since
