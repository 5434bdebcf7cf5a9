"""RunEntry: how often a customer enters a situation, and what is not told for that."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.runs import keep_runs, runs_of
from legato.core.situations.options import SituationOptions
from legato.core.values.outputs import Retracted, Situation
from legato.core.values.time import Instant

LAST_ENTRIES = "entry"
"""Under this key of `Context.runs` lies when each situation was entered last."""
MOST_MUTED = 64


class LastEntry(Struct, array_like=True, frozen=True):
    """When a situation was entered last, by which occurrence, and what was muted since."""

    time: Instant
    occurrence: str
    muted: tuple[str, ...] = ()


def enters(options: SituationOptions, context: Context, found: Situation) -> bool:
    """May a customer enter a situation with what was found? If not, it is not told."""
    if options.again == 0:
        return True
    kept = runs_of(context, LAST_ENTRIES, LastEntry)
    last = kept.get(found.situation)
    again = options.again
    if last is None or (again is not None and found.time - last.time >= again):
        kept[found.situation] = LastEntry(found.time, found.occurrence_id)
    elif last.occurrence != found.occurrence_id:
        muted = (*last.muted, found.situation_id)[-MOST_MUTED:]
        kept[found.situation] = LastEntry(last.time, last.occurrence, muted)
    keep_runs(context, LAST_ENTRIES, kept)
    return kept[found.situation].occurrence == found.occurrence_id


def was_told(context: Context, retracted: Retracted) -> bool:
    """Was that told at all which turned out to be none?"""
    last = runs_of(context, LAST_ENTRIES, LastEntry).get(retracted.situation)
    return last is None or retracted.situation_id not in last.muted


def merge_entries(ours: Context, theirs: Context) -> dict[str, LastEntry]:
    """The later entry of two; what was muted on either side was not told."""
    sides = [runs_of(side, LAST_ENTRIES, LastEntry) for side in (ours, theirs)]
    both: dict[str, LastEntry] = {}
    for name in sorted({*sides[0], *sides[1]}):
        known = [side[name] for side in sides if name in side]
        last = max(known, key=lambda each: (each.time, each.occurrence))
        muted = sorted({each for side in known for each in side.muted})
        both[name] = LastEntry(last.time, last.occurrence, tuple(muted[-MOST_MUTED:]))
    return both
