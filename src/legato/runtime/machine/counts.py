"""What happened, counted: filled while a cut grows, folded into the metrics when it commits."""

from __future__ import annotations

from collections import Counter

from legato.core.values.outputs import Action, Decision, Output, Revoked, Situation
from legato.core.values.time import Instant


class Counts:
    """Counts of one share of a cut, so that what is undone is never counted."""

    __slots__ = ("batches", "counts", "detected")

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.batches: list[tuple[int, Instant]] = []
        self.detected: list[Instant] = []

    def count(self, *what: str, by: int = 1) -> None:
        """Count a thing under its name and labels."""
        self.counts[what] += by

    def said(self, output: Output) -> None:
        """Count an output, and note how long ago its situation came about."""
        counts = self.counts
        match output:
            case Situation(situation=situation, stage=stage):
                counts["situations", situation, str(stage or "")] += 1
                self.detected.append(output.time)
            case Decision(action=action, candidates=candidates):
                counts["decisions", action or "none"] += 1
                for candidate in candidates:
                    if candidate.reason != "won":
                        counts["candidates_rejected", candidate.reason] += 1
            case Action(channel=channel):
                counts["actions", channel] += 1
            case Revoked(channel=channel, too_late=too_late):
                counts["revoked_too_late" if too_late else "revoked", channel] += 1

    def took(self, source: str, channels: Counter[str]) -> None:
        """Count the events of a batch by channel."""
        for channel, number in channels.items():
            self.counts["events", source, channel] += number

    def followed(self, events: int, received: Instant) -> None:
        """Note that events went all the way, and when the broker took the last of them."""
        self.batches.append((events, received))
