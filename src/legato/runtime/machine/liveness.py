"""Is the line alive? Time counts against it only while Kafka answers."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from legato.core.values.time import SECOND, Instant, Span

STEP: Span = SECOND
"""So much may pass between two looks; what is more, we slept through: a frozen process."""
REMIND_EVERY: Span = 30 * SECOND
"""How often to say that Kafka is still away."""
GRACE: Span = 15 * SECOND
"""How long to be told to end from outside before we end by ourselves."""

Stamp: TypeAlias = tuple[Instant, Span]
"""When something began: by the time of day, and by the time in which Kafka answered."""


class Away(Struct, frozen=True):
    """Since when Kafka does not do what we ask, and what it, or its client, said of that."""

    since: Instant
    reason: str


class Liveness:
    """What passed, what of it Kafka answered in, and since when the line should have moved.

    `silent` says that Kafka answers no question, `unable` that it takes no checkpoint. Neither
    is a reason to start us again: another process would find the same Kafka.
    """

    def __init__(self, patience: Span, now: Instant) -> None:
        self.patience = patience
        self.lived: Span = 0
        self.counted: Span = 0
        self.answered_at = now
        self.silent: Away | None = None
        self.unable: Away | None = None
        self.stall = ""
        self.restored_at: Stamp = (now, 0)
        self.heard_world: dict[str, Stamp] = {}
        self._now = now
        self._excused: Span = 0
        self._stalled_at: Span | None = None
        self._gone: Instant | None = None
        self._told_silent = False
        self._told_at = now

    @property
    def away(self) -> Away | None:
        """What Kafka does not do for us, if anything."""
        return self.silent or self.unable

    @property
    def stamp(self) -> Stamp:
        """Now."""
        return self._now, self.counted

    def pass_time(self, now: Instant) -> None:
        """Let time pass: none of it while we were frozen."""
        step = min(max(now - self._now, 0), STEP)
        self._now = now
        self.lived += step
        if self.away is None:
            self.counted += step

    def hear(self) -> None:
        """Kafka answered a question; after a silence all have their patience anew.

        Sessions, leaders and transactions of before are to be found again first, and a part of
        the silence has counted: what passed before it was noticed.
        """
        if self.silent is not None:
            self.excuse()
        self.answered_at, self.silent = self._now, None

    def hear_nothing(self, reason: str) -> None:
        """Kafka did not answer: until it does, no time counts against us."""
        if self.silent is None:
            self.silent = Away(self.answered_at, reason)

    def excuse(self) -> None:
        """What did not move until now had a cause outside, or has just moved."""
        self._excused = self.counted

    def overdue(self, stamp: Stamp) -> bool:
        """Has what began then been undone for longer than patience allows?"""
        return self.counted - max(stamp[1], self._excused) > self.patience

    def judge(self, stall: str) -> str:
        """Take note of what stands still, if anything; say when it did so for too long."""
        self.stall = stall
        if not stall:
            self._stalled_at = None
        elif self._stalled_at is None:
            self._stalled_at = self.counted
        elif self.counted - self._stalled_at > GRACE:
            return f"{stall}; nobody ended us for it, so we end: start the worker again"
        return ""

    def news(self) -> tuple[bool, str] | None:
        """What an operator should hear of Kafka now; True with what is no good news."""
        if self.away is None:
            return self._back()
        if self._gone is None or (self.silent and not self._told_silent):
            self._gone = min(self.away.since, self._gone or self._now)
            self._told_at, self._told_silent = self._now, self.silent is not None
            return True, f"{self._what()}: {self.away.reason}; we wait for it"
        if self._now - self._told_at >= REMIND_EVERY:
            self._told_at = self._now
            return True, f"{self._what()} for {self._seconds()} s: {self.away.reason}"
        return None

    def _back(self) -> tuple[bool, str] | None:
        if self._gone is None:
            return None
        told = False, f"kafka answers again after {self._seconds()} s"
        self._gone, self._told_silent = None, False
        return told

    def _what(self) -> str:
        return "kafka does not answer" if self.silent else "kafka takes no checkpoint"

    def _seconds(self) -> int:
        return 0 if self._gone is None else round((self._now - self._gone) / SECOND)
