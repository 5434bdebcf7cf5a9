"""What may be said of every situation besides how it is found: end, entry, owner."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from legato.core.conditions.compile import NAMES, Names
from legato.core.context.goals import GoalKind
from legato.core.situations.pattern import (
    NOTHING_FITS,
    ConditionText,
    EventPattern,
    MatchingText,
    read_pattern,
)
from legato.core.situations.protocol import Strict
from legato.core.values.time import Span, read_span

SituationGoal = Literal[""] | GoalKind


class EndText(Strict, frozen=True, kw_only=True):
    """Events that end a situation, and how that is called."""

    event: str | tuple[str, ...]
    where: ConditionText = ()
    as_reason: str = field(default="converted", name="as")


class AgainText(Strict, frozen=True, kw_only=True):
    """Not again within a span."""

    after: str


class OwnerText(Strict, frozen=True, kw_only=True):
    """Whose situation it is, and by which figure they are measured."""

    team: str
    kpi: str = ""


class SituationOptions(Struct, frozen=True):
    """What ends a situation, and how often a customer enters it.

    `again` is how long they do not enter it once more: 0 always, None never.
    """

    ends: EventPattern = NOTHING_FITS
    end_reason: str = "converted"
    again: Span | None = 0
    team: str = ""
    kpi: str = ""


def read_options(
    ends: str | tuple[str, ...] | EndText,
    entry: str | AgainText,
    owner: OwnerText | None,
    names: Names = NAMES,
) -> SituationOptions:
    """Compile them; raises ValueError with one sentence."""
    again = None if entry == "once" else 0
    if isinstance(entry, AgainText):
        again = read_span(entry.after)
    if not isinstance(ends, EndText):
        ends = EndText(event=ends)
    pattern = MatchingText(event=ends.event, where=ends.where)
    return SituationOptions(
        read_pattern(pattern, names) if ends.event else NOTHING_FITS,
        ends.as_reason,
        again,
        owner.team if owner else "",
        owner.kpi if owner else "",
    )
