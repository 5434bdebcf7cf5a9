"""Switch: the customer acts on another channel than last time, with something still open."""

from __future__ import annotations

from msgspec import Struct

from legato.core.context import Context
from legato.core.event import Event
from legato.core.ids import derive_id
from legato.core.instant import Span
from legato.core.output import Situation
from legato.core.playbook import Goal, Playbook, Switch
from legato.core.vocabulary import initiated


class OpenGoal(Struct, frozen=True, gc=False):
    """Something the customer has not finished: its kind, and its key."""

    kind: Goal
    key: str


def judge(playbook: Playbook, context: Context, event: Event) -> list[Situation]:
    """Tell the switches that this event makes; asked before the event is applied."""
    if not _counts(context, event):
        return []
    gap = event.time - context.present
    found: list[Situation] = []
    for switch in playbook.switches:
        if gap > switch.horizon:
            continue
        goals = _goals_within(switch, context, gap)
        if goals or (switch.any_time_within is not None and gap <= switch.any_time_within):
            found.append(_situation(switch, context, event, goals))
    return found


def _counts(context: Context, event: Event) -> bool:
    """A late event never counts, nor does a click on our own message or where it leads."""
    return (
        context.channel not in ("", event.channel)
        and event.time >= context.present
        and event.time > context.landing_until
        and event.type != "message.clicked"
        and initiated(event.type)
    )


def open_goals(context: Context) -> list[OpenGoal]:
    """List the goals: filled carts, open checkouts, open cases."""
    goals: list[OpenGoal] = []
    for cart_id, cart in context.carts.items():
        if cart.lines:
            goals.append(OpenGoal("cart", cart_id))
        if cart.checkout is not None:
            goals.append(OpenGoal("checkout", cart_id))
    goals += (OpenGoal("case", case_id) for case_id in context.cases)
    return goals


def done(context: Context, lessened: list[str]) -> tuple[str, ...]:
    """Of the goals that an event took from, those that are finished."""
    if not lessened:
        return ()
    still = {f"{goal.kind}:{goal.key}" for goal in open_goals(context)}
    return tuple(goal for goal in lessened if goal not in still)


def _goals_within(switch: Switch, context: Context, gap: Span) -> tuple[str, ...]:
    if not switch.within or not (context.carts or context.cases):
        return ()
    return tuple(
        f"{goal.kind}:{goal.key}"
        for goal in open_goals(context)
        if gap <= switch.within.get(goal.kind, -1)
    )


def _situation(
    switch: Switch, context: Context, event: Event, goals: tuple[str, ...]
) -> Situation:
    occurrence = derive_id(context.customer_id, switch.name, event.id)
    return Situation(
        customer_id=context.customer_id,
        situation=switch.name,
        time=event.time,
        occurrence_id=occurrence,
        situation_id=occurrence,
        journey_id=context.journey_id,
        goals=goals,
        evidence={
            "from": context.channel,
            "to": event.channel,
            "gap": event.time - context.present,
            "goals": goals,
            "event_id": event.id,
        },
    )
