"""Runs of entries: what a primitive keeps of the events that it is about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.context.context import Context
from legato.core.values.time import DAY, LONG_AGO, NEVER, Instant, Span

MOST_ENTRIES = 64
"""So many events a run remembers at least, unless they matter no more."""
SPARE_ENTRIES = 8
"""So many more may lie there: letting go has its price, and is done for several at a time."""
MOST_RUNS = 32
"""So many runs of one situation a customer has; the one that was touched longest ago goes."""
LATE: Span = DAY
"""Events that come later than this behind what is known of the customer move no run."""
LONGEST: Span = 400 * DAY
"""The longest span that a situation may watch."""
OF_ALL = ""
"""The key of the run that holds what speaks of all others; also of the only one."""


class RunEntry(Struct, array_like=True, gc=False, frozen=True, order=True):
    """An event that counts: `roles` are bits that the primitive gives a meaning.

    `event` is what is kept of it for actions.
    """

    time: Instant
    id: str
    roles: int
    value: Any = None
    event: dict[str, Any] | None = None


class Finding(Struct, frozen=True):
    """What the entries of a run show: told at `time`, by the entry that anchors it.

    `last` is the entry that completed it; None if a deadline does. `stage` is 0 for what has
    no stages.
    """

    anchor: RunEntry
    time: Instant
    stage: int = 0
    last: RunEntry | None = None

    @property
    def name(self) -> tuple[str, int]:
        """By this it is known again."""
        return self.anchor.id, self.stage


class ToldFinding(Struct, array_like=True, gc=False, frozen=True):
    """A finding that was told; `since` is the time of its anchor."""

    anchor: str
    stage: int
    since: Instant
    time: Instant
    situation_id: str

    @property
    def name(self) -> tuple[str, int]:
        """By this it is known again."""
        return self.anchor, self.stage


class EntryRun(Struct, array_like=True):
    """The entries of a customer, a situation and a key, and what was told of them."""

    entries: list[RunEntry] = []
    told: list[ToldFinding] = []
    floor: Instant = LONG_AGO
    base: Any = None
    due: Instant = NEVER

    @property
    def latest(self) -> Instant:
        """When the latest of its entries came."""
        return self.entries[-1].time if self.entries else LONG_AGO

    def insert(self, entry: RunEntry) -> None:
        """Put an entry in its place."""
        entries = self.entries
        if not entries or entries[-1] < entry:
            entries.append(entry)
        else:
            entries.insert(bisect_left(entries, entry), entry)


def entry_runs(context: Context, word: str) -> dict[str, EntryRun]:
    """Return the runs of a primitive in place, by `SITUATION|KEY`; they may be changed."""
    kept: dict[str, Any] | None = context.runs.get(word)
    if not kept:
        return {}
    if type(next(iter(kept.values()))) is not EntryRun:
        kept = msgspec.convert(kept, dict[str, EntryRun])
        context.runs[word] = kept
    return kept


def run_name(situation: str, key: str) -> str:
    """Name a run as it is kept."""
    return f"{situation}|{key}"


def situation_of(run: str) -> str:
    """Read of which situation a run is."""
    return run.partition("|")[0]


def key_of_run(run: str) -> str:
    """Read which key a run has."""
    return run.partition("|")[2]


def united(ours: Iterable[RunEntry], theirs: Iterable[RunEntry]) -> list[RunEntry]:
    """Unite entries by the ids of their events."""
    known = {entry.id: entry for entry in theirs}
    known.update((entry.id, entry) for entry in ours)
    return sorted(known.values(), key=_place)


def _place(entry: RunEntry) -> tuple[Instant, str]:
    return entry.time, entry.id
