"""What customers rejected: remembered longer than actions are, and the same in any order."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.context.context import Rejection
from legato.core.context.retention import MOST_REJECTIONS
from legato.core.playbook.rules import Deed, Suppression
from legato.core.values.time import Instant


def rejected(action_id: str, deed: Deed, time: Instant) -> Rejection:
    """Say that an action was rejected."""
    return Rejection(time, action_id, deed.name, deed.situation, deed.purpose, deed.channel)


def to_keep(told: Iterable[Rejection]) -> tuple[Rejection, ...]:
    """Keep the newest, each action once, as it was rejected last.

    So it does not matter what was dropped before two customers became one.
    """
    known = {each.action_id: each for each in sorted(told)}
    return tuple(sorted(known.values())[-MOST_REJECTIONS:])


def silences(rule: Suppression, rejections: Iterable[Rejection], at: Instant) -> bool:
    """Were so many rejected within the span that nothing goes out at this instant?

    Half open, as spans are: of two that lie `within` apart, the first is over.
    """
    times = sorted(each.time for each in rejections if rule.among.covers(each))
    pairs = zip(times, times[rule.rejections - 1 :], strict=False)
    return any(last - first < rule.within and at < last + rule.pause for first, last in pairs)
