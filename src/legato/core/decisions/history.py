"""What history tells is known from then on, but nothing goes out for it.

A source whose clock is the time of its events holds back the clock of all, since a purchase
may lie in it. While it does, what is found is decided by that clock, a year ago perhaps. How
late it is in truth, the sources beside it tell that follow the time of day.
"""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.retention import STILL_PRESENT
from legato.core.events.event import Event
from legato.core.values.time import LONG_AGO, Instant

HISTORY = "history"
"""What the detail of `expired` says of what lies in the past of a source that is read late."""


class HistorySources(Struct, frozen=True):
    """The sources whose clock is the time of their events, where others follow the time of day.

    `names` are theirs as events bear them, `clocks` what watermarks call their partitions.
    Both are empty where all sources are of one kind.
    """

    names: frozenset[str] = frozenset()
    clocks: frozenset[str] = frozenset()


NO_HISTORY = HistorySources()


class TimeOfDay(Struct):
    """How far all sources have come that follow the time of day; LONG_AGO until each did.

    `history` are the names of the others; without any, nothing is ever the past.
    """

    history: frozenset[str] = frozenset()
    time: Instant = LONG_AGO

    def is_past(self, known: Instant, cause: Event | None = None) -> bool:
        """Was it over long ago what was found at `known` by the clock, or by an event?"""
        if not self.history:
            return False
        if self.time == LONG_AGO:
            return cause is not None and cause.source in self.history
        return known + STILL_PRESENT < self.time
