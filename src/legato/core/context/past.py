"""What a context keeps of its past for `count`, `sum` and the like: stores of entries.

They lie in `Context.runs` under a name of their own, a store for each set of types and of what
is read of their events. A store knows all since an instant: of a context that is older than the
need, since then; of one that began later, since ever.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.context.context import SEEN_ENTRY, Context
from legato.core.context.retention import SEEN_ALWAYS
from legato.core.context.runs import KeepsRuns, keep_runs
from legato.core.events.event import FUTURE
from legato.core.values.time import LONG_AGO, NEVER, SECOND, Instant, Span

PAST = "past"
"""Under this key of `Context.runs` lie the stores, by their names."""
MOST_PAST = 64
"""So many entries a store remembers."""


class PastEntry(Struct, array_like=True, gc=False, frozen=True):
    """An event of the past: when it was, the hash of its id, and what was read of it."""

    time: Instant
    id: bytes
    values: list[Any] = []


class PastStore(Struct, array_like=True, gc=False):
    """The last events of some types, in order of time and then id; all there were from `since`.

    Of more than 64 the oldest went, whatever `since` says.
    """

    since: Instant = LONG_AGO
    entries: list[PastEntry] = []

    def insert(self, entry: PastEntry) -> None:
        """Put an entry in its place, once."""
        entries = self.entries
        place = _place(entry)
        if not entries or _place(entries[-1]) < place:
            entries.append(entry)
        else:
            at = bisect_left(entries, place, key=_place)
            if _place(entries[at]) != place:
                entries.insert(at, entry)
        if len(entries) > MOST_PAST:
            del entries[0]

    def let_go(self, before: Instant) -> None:
        """Drop the entries from before an instant, and note that."""
        entries = self.entries
        if entries and entries[0].time < before:
            del entries[: bisect_left(entries, (before, b""), key=_place)]
            self.since = max(self.since, before)


class KeptPast(Struct, frozen=True):
    """A store that is needed: which events, what is read of them, and for how long."""

    name: str
    types: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    kept_for: Span
    """How long an entry matters: the span, and a day by which events may be late."""
    text_most: int | None = None
    """Characters of the longest text that is kept, if it is to be short: no list either."""


class PastNeeds(dict[str, KeptPast]):
    """What is kept, by the names of the stores."""

    @cached_property
    def longest(self) -> Span:
        """How long what is kept longest matters."""
        return max((each.kept_for for each in self.values()), default=0)


def united_needs(needs: Iterable[KeptPast]) -> PastNeeds:
    """Keep each store once, for as long as it matters to whoever needs it longest."""
    united = PastNeeds()
    for each in needs:
        known = united.get(each.name, each)
        united[each.name] = max(known, each, key=lambda need: need.kept_for)
    return united


Stores = dict[str, PastStore]
_NOTHING: Mapping[str, Any] = {}


def stores_of(context: Context | KeepsRuns) -> Stores:
    """Return the stores of a context in place; they may be changed."""
    kept: dict[str, Any] | None = context.runs.get(PAST)
    if not kept:
        return {}
    if type(next(iter(kept.values()))) is not PastStore:
        kept = msgspec.convert(kept, Stores)
        context.runs[PAST] = kept
    return kept


def entries_in(context: KeepsRuns, name: str) -> list[PastEntry]:
    """Return what a store of a context knows, in order of time; nothing if it has none."""
    store = stores_of(context).get(name) if context.runs else None
    return [] if store is None else store.entries


def begun(context: Context) -> Instant:
    """Since when a store knows all that is only begun now: since ever in a new context."""
    return LONG_AGO if context.touched == LONG_AGO else context.touched + 1


def is_aligned(context: Context, kept: PastNeeds) -> bool:
    """Has the context the stores that are needed, and no others?"""
    runs = context.runs
    has: Mapping[str, Any] = runs.get(PAST, _NOTHING) if runs else _NOTHING
    return has.keys() == kept.keys() if has else not kept


def align(context: Context, kept: PastNeeds) -> None:
    """Begin the stores that are needed, and drop those that are not; asked before each event.

    Not before: whether a context is looked at between two events must not matter.
    """
    if not is_aligned(context, kept):
        stores = stores_of(context)
        since = begun(context)
        aligned = {name: stores.get(name) or PastStore(since) for name in kept}
        keep_runs(context, PAST, aligned)


def past_due(context: Context, kept: PastNeeds) -> Instant:
    """Return when entries matter to nobody any more; NEVER if there are none that do."""
    due = NEVER
    for name, store in stores_of(context).items():
        if store.entries and name in kept:
            end = store.entries[-1].time + kept[name].kept_for + 1
            due = end if end < due else due
    return due


def let_past_go(context: Context, kept: PastNeeds, now: Instant) -> None:
    """Drop what matters to nobody any more; who has done nothing yet is new, not silent."""
    stores = stores_of(context)
    for name, store in stores.items():
        if name in kept:
            store.let_go(now - kept[name].kept_for)
    if kept and LONG_AGO < context.touched < now - kept.longest:
        keep_runs(context, PAST, {})


def merge_pasts(kept: PastNeeds, ours: Context, theirs: Context) -> Stores:
    """Unite what two contexts know: entries by their ids, all of it since both know all."""
    sides = [(stores_of(side), begun(side)) for side in (ours, theirs)]
    touched = max(ours.touched, theirs.touched)
    united: Stores = {}
    if not any(stores for stores, _ in sides):
        return united
    for name, each in kept.items():
        parts = [stores.get(name) or PastStore(since) for stores, since in sides]
        store = PastStore(max(part.since for part in parts))
        store.entries = _united(entry for part in parts for entry in part.entries)
        store.let_go(touched - each.kept_for)
        united[name] = store
    return united


def rebuilt_past(before: Context, after: Context, gone: Collection[bytes]) -> Stores:
    """Unite what was known with what the log tells, less the events that are another's now."""
    sides = [stores_of(side) for side in (before, after)]
    united: Stores = {}
    for name in sorted({*sides[0], *sides[1]}):
        parts = [side[name] for side in sides if name in side]
        entries = (each for part in parts for each in part.entries if each.id not in gone)
        united[name] = PastStore(min(part.since for part in parts), _united(entries))
    return united


def fill_past(
    kept: PastNeeds, context: Context, told: Stores, until: Instant, *, whole: bool
) -> frozenset[str]:
    """Unite what is known with what the log tells; name the stores that know more by that.

    What the context never followed is another's, and left out. A store knows all that there
    was of so long ago as the log does if `whole` and if it was begun before `until`.
    """
    former = stores_of(context)
    align(context, kept)
    stores, remembered = stores_of(context), _RememberedIds(context)
    filled = set()
    for name in told.keys() & stores.keys():
        store, more = stores[name], told[name]
        before = store.since, store.entries
        news = filter(remembered.may_have, more.entries)
        store.entries = _united((*store.entries, *news))
        if whole and store.since <= until + 1:
            store.since = min(store.since, more.since)
        store.let_go(context.touched - kept[name].kept_for)
        if before != (store.since, store.entries):
            filled.add(name)
    if not filled:
        keep_runs(context, PAST, former)
    return frozenset(filled)


class _RememberedIds:
    """Which events a context followed; of what is older than it remembers, all may be its."""

    def __init__(self, context: Context) -> None:
        self._digests = frozenset(context.digests)
        full = len(context.seen) >= SEEN_ALWAYS * SEEN_ENTRY
        oldest = int.from_bytes(context.seen[:4], "little") * SECOND
        self._since = oldest + SECOND + FUTURE if full else LONG_AGO

    def may_have(self, entry: PastEntry) -> bool:
        """Was it followed, or was it so long ago that nobody can tell?"""
        return entry.id in self._digests or entry.time < self._since


def know_since(context: Context, start: Instant) -> None:
    """Note that a context was made of a log that begins at an instant."""
    for store in stores_of(context).values():
        store.since = max(store.since, start)


def _united(entries: Iterable[PastEntry]) -> list[PastEntry]:
    known = {_place(entry): entry for entry in entries}
    return [known[place] for place in sorted(known)][-MOST_PAST:]


def _place(entry: PastEntry) -> tuple[Instant, bytes]:
    return entry.time, entry.id
