"""When an action comes to nothing in time, what it was about is decided again elsewhere.

A message that failed or came back leaves a situation that still asks for something. It is
decided once more, without the channels on which it failed, as long as the action would have
been good; twice at most.
"""

from __future__ import annotations

from legato.core.context.context import ActionRecord, Context, Fallback, FallbackBasis
from legato.core.context.goals import goal_named, open_goals
from legato.core.decisions.action_scope import still_relevant
from legato.core.decisions.policy import DecisionInput
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Situation
from legato.core.values.time import Instant

MOST_FALLBACKS = 2


def is_last(playbook: Playbook, situation: str, channel: str, before: Fallback | None) -> bool:
    """Will nothing be decided again: no other channel is left, or it was decided twice?"""
    failed = before.failed if before else ()
    return len(failed) >= MOST_FALLBACKS or all(
        other.channel == channel or other.channel in failed
        for other in playbook.actions.get(situation, ())
    )


def retry_of(context: Context, situation: Situation, moment: DecisionInput) -> FallbackBasis:
    """Say what would be decided on again."""
    failed = moment.fallback.failed if moment.fallback else ()
    names = {goal.name for goal in open_goals(context)} if situation.goals else set()
    unseen = tuple(goal for goal in situation.goals if goal not in names)
    evidence = {  # lists for tuples, as bytes would give them back
        name: [*value] if type(value) is tuple else value
        for name, value in situation.evidence.items()
    }
    named = situation.situation_id, situation.time, situation.stage, situation.journey_id
    return FallbackBasis(*named, evidence, moment.brand, failed, unseen)


def take_retry(taken: ActionRecord, time: Instant) -> FallbackBasis | None:
    """Take along what is decided on again, unless the action would have expired by then."""
    retry, taken.retry = taken.retry, None
    return retry if taken.expires > time else None


def situation_of(customer_id: str, taken: ActionRecord, retry: FallbackBasis) -> Situation:
    """Tell the situation of an action as it was told, whoever the customer is by now."""
    return Situation(
        customer_id,
        taken.situation,
        retry.time,
        taken.occurrence_id,
        retry.situation_id,
        retry.stage,
        retry.journey_id,
        taken.goals,
        retry.evidence,
    )


def forget_retries(context: Context, now: Instant) -> None:
    """Keep nothing of actions that have expired."""
    for taken in context.actions:
        if taken.retry is not None and taken.expires <= now:
            taken.retry = None


def ended_goals(context: Context, taken: ActionRecord, retry: FallbackBasis) -> tuple[str, ...]:
    """Name the goals of which nothing is left that the action was about."""
    names = {goal.name for goal in open_goals(context)}
    return tuple(
        goal
        for goal in taken.goals
        if goal not in retry.unseen
        and (
            goal not in names
            or (goal_named(goal).kind == "cart" and not still_relevant(context, goal, taken))
        )
    )


def is_superseded(context: Context, taken: ActionRecord) -> bool:
    """Was something done since about a later stage of the same occurrence?"""
    return any(
        other.occurrence_id == taken.occurrence_id and other.decided > taken.decided
        for other in context.actions
    )
