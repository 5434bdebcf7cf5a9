"""When an action comes to nothing in time, what it was about is decided again elsewhere.

A message that failed or came back leaves a situation that still asks for something. It is
decided once more, without the channels on which it failed, as long as the action would have
been good; twice at most.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from legato.core.context.context import ActionRecord, Context, Fallback, Retry
from legato.core.context.goals import goal_named, open_goals
from legato.core.decisions.action_scope import still_relevant
from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.values.outputs import Situation
from legato.core.values.time import Instant

MOST_FALLBACKS = 2


def retry_of(
    playbook: Playbook,
    situation: Situation,
    plan: ActionDefinition,
    brand: str,
    before: Fallback | None,
) -> Retry | None:
    """Say what would be decided on again; None if no other channel is left, or it was twice."""
    failed = before.failed if before else ()
    tried = (*failed, plan.channel)
    others = playbook.actions.get(situation.situation, ())
    if len(failed) >= MOST_FALLBACKS or all(other.channel in tried for other in others):
        return None
    return Retry(replace(situation, evidence=_as_kept(situation.evidence)), brand, failed)


def _as_kept(evidence: dict[str, Any]) -> dict[str, Any]:
    """Lists for tuples, as bytes would give them back."""
    return {
        name: [*value] if isinstance(value, tuple) else value
        for name, value in evidence.items()
    }


def take_retry(taken: ActionRecord, time: Instant) -> Retry | None:
    """Take along what is decided on again, unless the action would have expired by then."""
    retry, taken.retry = taken.retry, None
    return retry if taken.expires > time else None


def forget_retries(context: Context, now: Instant) -> None:
    """Keep nothing of actions that have expired."""
    for taken in context.actions:
        if taken.retry is not None and taken.expires <= now:
            taken.retry = None


def ended_goals(context: Context, taken: ActionRecord, situation: Situation) -> tuple[str, ...]:
    """Name the goals of which nothing is left that the action was about."""
    names = {goal.name for goal in open_goals(context)}
    return tuple(
        goal
        for goal in situation.goals
        if goal not in names
        or (goal_named(goal).kind == "cart" and not still_relevant(context, goal, taken))
    )


def is_superseded(context: Context, taken: ActionRecord) -> bool:
    """Was something done since about a later stage of the same occurrence?"""
    return any(
        other.occurrence_id == taken.occurrence_id and other.decided > taken.decided
        for other in context.actions
    )
