"""RunEntry: how often a customer enters a situation, and what is not told for that."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.context.runs import keep_runs, runs_of
from legato.core.situations.options import SituationOptions
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Retracted, Situation
from legato.core.values.time import Instant

LAST_ENTRIES = "entry"
"""Under this key of `Context.runs` lies when each situation was entered last."""
MOST_MUTED = 64


class LastEntry(Struct, array_like=True, frozen=True):
    """When a situation was entered last, by what, and what was muted since.

    `cause` names what all stages of an occurrence have in common, also once the customer goes
    by another name, as the id of the occurrence does not.
    """

    time: Instant
    cause: str
    muted: tuple[str, ...] = ()


def enters(options: SituationOptions, context: Context, found: Situation) -> bool:
    """May a customer enter a situation with what was found? If not, it is not told."""
    if options.again == 0:
        return True
    kept = runs_of(context, LAST_ENTRIES, LastEntry)
    last = kept.get(found.situation)
    again, cause = options.again, _cause_of(found)
    if last is None or (again is not None and found.time - last.time >= again):
        kept[found.situation] = LastEntry(found.time, cause)
    elif last.cause != cause:
        muted = (*last.muted, found.situation_id)[-MOST_MUTED:]
        kept[found.situation] = LastEntry(last.time, last.cause, muted)
    keep_runs(context, LAST_ENTRIES, kept)
    return kept[found.situation].cause == cause


def _cause_of(found: Situation) -> str:
    """Name the event that it is about, and its key; the occurrence, if it is about none."""
    event_id = found.evidence.get("event_id")
    if event_id is None:
        return found.occurrence_id
    return derive_id(found.situation, found.evidence.get("key", ""), event_id)


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
        last = max(known, key=lambda each: (each.time, each.cause))
        muted = sorted({each for side in known for each in side.muted})
        both[name] = LastEntry(last.time, last.cause, tuple(muted[-MOST_MUTED:]))
    return both
