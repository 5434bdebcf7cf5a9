"""What happened, counted while a checkpoint grows; told once it is committed."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from legato.core.decisions.reports import ActionReport, Report
from legato.core.situations.protocol import RunDropped
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.core.values.time import Instant


class Counts:
    """Counts of one part of a checkpoint, so that what is undone is never counted."""

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
            case Decision(action=action, candidates=candidates):
                counts["decisions", action or "none"] += 1
                for candidate in candidates:
                    if candidate.reason != "won":
                        counts["candidates_rejected", candidate.reason] += 1
            case Situation(situation=situation, stage=stage):
                counts["situations", situation, str(stage or "")] += 1
                self.detected.append(output.time)
            case Action(channel=channel):
                counts["actions", channel] += 1
            case Retracted(situation=situation, reason=reason):
                counts["retracted", situation, reason] += 1
            case Revoked() | Conversion() | Resolution():
                counts[_outcome_of(output)] += 1

    def reported(self, report: Report) -> None:
        """Count what became of an action, or that a run was dropped."""
        match report:
            case ActionReport(action=action, channel=channel, outcome=outcome):
                self.counts["outcomes", action, channel, outcome] += 1
            case RunDropped(situation=situation):
                self.counts["runs_dropped", situation] += 1

    def took(self, source: str, channels: Counter[str]) -> None:
        """Count the events of a batch by channel."""
        for channel, number in channels.items():
            self.counts["events", source, channel] += number

    def followed(self, events: int, received: Instant) -> None:
        """Note that events went all the way, and when the broker took the last of them."""
        self.batches.append((events, received))


def _outcome_of(told: Revoked | Conversion | Resolution) -> tuple[str, ...]:
    if isinstance(told, Revoked):
        return "revoked_too_late" if told.too_late else "revoked", told.channel
    if isinstance(told, Resolution):
        return "resolutions", told.grade, str(told.final).lower()
    if told.void:
        return "conversions_void", told.action, told.channel
    return "outcomes", told.action, told.channel, "converted"


SECONDS = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.15,
    0.25,
    0.4,
    0.6,
    1,
    2.5,
    5,
    10,
    30,
    60,
    600,
    3_600,
)
RECORDS = (1, 10, 100, 1_000, 5_000, 20_000, 50_000, 100_000, 200_000)
CHANNELS = 50
"""So many channels are told apart; those that a source invents beyond are `other`."""


class Histogram:
    """How values are spread over `bounds`; one call may add many of the same."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Note a value; below zero is zero, for clocks differ."""
        value = max(value, 0.0)
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times

    def buckets(self) -> list[tuple[str, float]]:
        """Upper bounds and how many values lie at or below each."""
        below, rows = 0, []
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            rows.append(("+Inf" if bound == float("inf") else str(bound), float(below)))
        return rows


class WorkerStats:
    """Counts by name and labels, and the spreads of what takes time."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.latency = Histogram(SECONDS)
        self.detection = Histogram(SECONDS)
        self.checkpoint = Histogram(SECONDS)
        self.checkpoint_size = Histogram(RECORDS)
        self._channels: set[str] = set()

    def add(self, counts: Counts, now: Instant) -> None:
        """Add what a committed part brought."""
        for what, count in counts.counts.items():
            self.counts[self._bounded(what)] += count
        for events, received in counts.batches:
            self.latency.add((now - received) / 1_000, events)
        for time in counts.detected:
            self.detection.add((now - time) / 1_000)

    def committed(self, records: int, seconds: float) -> None:
        """Note a checkpoint."""
        self.checkpoint.add(seconds)
        self.checkpoint_size.add(records)

    def _bounded(self, what: tuple[str, ...]) -> tuple[str, ...]:
        if what[0] != "events":
            return what
        if len(self._channels) < CHANNELS:
            self._channels.add(what[2])
        return what if what[2] in self._channels else (*what[:2], "other")
