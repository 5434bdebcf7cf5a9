"""What is taken back when two contexts become one: what one decided, and the other knew better.

An action is judged by all that is known of the time until it went out, never by what the two
have become since. So it does not matter what else is heard of in the moment in which they meet.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec.structs import replace

from legato.core.context.context import ActionRecord, Context
from legato.core.context.goals import Goal
from legato.core.context.interests import bought_interests
from legato.core.context.orders import lay
from legato.core.context.runs import reset_stages
from legato.core.decisions.action_scope import still_relevant
from legato.core.decisions.revocation import (
    is_over,
    revoke,
    revoke_all,
    revoke_erased,
    unwanted,
)
from legato.core.events.event import Event
from legato.core.values.outputs import Revoked
from legato.core.values.time import Instant

Sides = tuple[Context, Context]


def take_back(
    united: Context, sides: Sides, since: Instant, pulls: Container[str]
) -> tuple[Revoked, ...]:
    """Let orders and settled cases of each side close what the other has; revoke what is wrong.

    `since` is when the two turned out to be one: what had expired by then is not taken back.
    `pulls` are the channels where the customer comes.
    """
    met = _told("identity.merged", "", since)
    revoked = (
        *revoke_erased(united, pulls, met, since),
        *_emptied(united, sides, since),
        *_close(united, since),
        *_settle(united, since),
        *_unwanted(united, sides, since),
    )
    return tuple(replace(each, time=max(each.time, since)) for each in revoked)


def _emptied(united: Context, sides: Sides, since: Instant) -> Iterable[Revoked]:
    """Take back what is about a cart from which the other side took what it was about."""
    wrong = [
        taken
        for taken in united.actions
        if is_over(united, taken, _going_on(taken, _deciders(taken, sides)))
    ]
    return revoke_all(united, wrong, "emptied", since)


def _going_on(taken: ActionRecord, sides: Iterable[Context]) -> list[str]:
    """Name the goals of an action of which something was left, for all that a side knew."""
    return [goal for goal in taken.goals for side in sides if still_relevant(side, goal, taken)]


def _deciders(taken: ActionRecord, sides: Sides) -> list[Context]:
    name = taken.action_id
    return [side for side in sides if any(each.action_id == name for each in side.actions)]


def _close(united: Context, since: Instant) -> Iterable[Revoked]:
    """Each order takes what had been put in by then, on whichever side."""
    for laid in lay(united):
        reduced_goals = [*bought_interests(united, laid.order_id), *laid.reduced_goals]
        if reduced_goals:
            told = _told("order.completed", laid.order_id, laid.time)
            yield from _take_back(united, told, reduced_goals, since)


def _settle(united: Context, since: Instant) -> Iterable[Revoked]:
    """What settled a case on one side settled it on both, unless they asked again since."""
    for settled in united.closed_cases:
        case = united.cases.get(settled.case_id)
        if case is not None and case.last_opened <= settled.time:
            del united.cases[case.id]
            reset_stages(united, Goal("case", case.id).name)
            told = _told("case.closed", case.id, settled.time)
            yield from _take_back(united, told, [Goal("case", case.id).name], since)


def _unwanted(united: Context, sides: Sides, since: Instant) -> Iterable[Revoked]:
    """Take back what one side decided and the other did not want."""
    wrong = [
        taken
        for taken in united.actions
        if unwanted(united, taken)
        and not any(unwanted(side, taken) for side in _deciders(taken, sides))
    ]
    return revoke_all(united, wrong, "no_consent", since)


def _told(kind: str, name: str, time: Instant) -> Event:
    """Say what ended a goal as the event would have."""
    return Event(id=name, type=kind, channel="merge", time=time, received=time)


def _take_back(
    united: Context, event: Event, reduced_goals: list[str], since: Instant
) -> tuple[Revoked, ...]:
    if not united.actions:
        return ()
    return revoke(united, event, reduced_goals, max(event.time, since))
