"""What was learned, as a decision looks it up; and what is tried to learn more.

docs/learning.md has the whole; `learning.py` makes the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.decisions.experiments import share_of
from legato.core.decisions.policy import DecisionInput
from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.playbook.learning import OTHERS, Learning
from legato.core.references.as_of import ReferencesAsOf, VersionsRead, note_anew
from legato.core.values.outputs import Situation
from legato.core.values.time import HOUR, Span

KIND = "propensity"
"""The kind of the references that hold what was learned."""
TOO_LATE: Span = HOUR
"""Of what is found out later than this, nobody can be sure to have the table of then."""


def key_of(action: str, channel: str) -> str:
    """Name the reference of an action."""
    return f"{action}@{channel}"


class Lessons(Struct, frozen=True):
    """What was learned, for one who belongs to a segment; what was `read` to know of which."""

    learning: Learning | None = None
    segment: str = ""
    references: ReferencesAsOf | None = None
    read: VersionsRead = {}

    def propensity_of(self, plan: ActionDefinition) -> float:
        """Say how likely a plan is to work: as learned, if that is enough, else as written."""
        found = _at(
            _at(_at(self.references, KIND), key_of(plan.name, plan.channel)), self.segment
        )
        tries, mean = _at(found, "tries"), _at(found, "mean")
        enough = (
            self.learning is not None and _is_number(tries) and tries >= self.learning.least
        )
        return float(mean) if enough and _is_number(mean) and mean >= 0 else plan.propensity

    def explores(self, situation_id: str) -> bool:
        """Is something tried about this situation? The same on every replay."""
        percent = self.learning.explore if self.learning else 0
        return percent > 0 and share_of("explore", situation_id) < percent

    def place_of(self, situation: Situation, plan: ActionDefinition) -> float:
        """Place a plan among those that may be tried; the first is."""
        return share_of(f"explore:{key_of(plan.name, plan.channel)}", situation.situation_id)


NOTHING_LEARNED = Lessons()


def lessons_for(playbook: Playbook, context: Context, moment: DecisionInput) -> Lessons:
    """Look up what was learned, as of when it is decided, for the customer's segment."""
    learning = playbook.learning
    if learning is None:
        return NOTHING_LEARNED
    read = note_anew(moment.references)
    scope = Scope(moment.now, context, references=moment.references)
    segments = (each.name for each in learning.segments if each.holds.holds(scope))
    segment = next(segments, OTHERS)
    if moment.clock - moment.now > TOO_LATE:
        return Lessons(learning, segment, read=read)
    return Lessons(learning, segment, moment.references, read)


def _at(found: object, name: str) -> Any:  # noqa: ANN401 - whatever JSON may be
    return found.get(name) if isinstance(found, Mapping) else None


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)
