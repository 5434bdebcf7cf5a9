"""Switch: the customer acts on another channel than last time, with something still open."""

from __future__ import annotations

from legato.core.context.context import Context, Presence
from legato.core.context.goals import Goal, open_goals
from legato.core.events.event import Event
from legato.core.events.vocabulary import initiated
from legato.core.playbook.definition import Playbook, Switch
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import Span


def is_on_another_channel(context: Context, event: Event) -> bool:
    """Does it come on another channel than what was before, be it only known by a merge?"""
    if event.channel == context.channel:
        return context.elsewhere is not None
    return context.channel != ""


def judge(playbook: Playbook, context: Context, event: Event) -> list[Situation]:
    """Tell the switches that this event makes; asked before the event is applied.

    What was done on its channel before anybody knew by whom is part of the switch.
    """
    if not _counts(context, event):
        return []
    before = Presence(context.present, context.channel)
    if event.channel == before.channel:
        before = context.elsewhere or before
    gap = event.time - before.time
    found: list[Situation] = []
    for switch in playbook.switches:
        if gap > switch.horizon:
            continue
        goals = _goals_within(switch, context, before, gap)
        if goals or (switch.any_time_within is not None and gap <= switch.any_time_within):
            found.append(_situation(switch, context, event, before, goals))
    return found


def _counts(context: Context, event: Event) -> bool:
    """A late event never counts, nor does a click on our own message or where it leads."""
    return (
        is_on_another_channel(context, event)
        and event.time >= context.present
        and event.time > context.landing_until
        and event.type != "message.clicked"
        and initiated(event.type)
    )


def _goals_within(
    switch: Switch, context: Context, before: Presence, gap: Span
) -> tuple[str, ...]:
    if not switch.within or not (context.carts or context.cases):
        return ()
    return tuple(
        goal.name
        for goal in open_goals(context)
        if gap <= switch.within.get(goal.kind, -1) and _was_open(context, goal, before)
    )


def _was_open(context: Context, goal: Goal, before: Presence) -> bool:
    """Was it open before they went on, or did they come to it only there?"""
    if before.time == context.present:
        return True
    if goal.kind == "case":
        return context.cases[goal.key].opened <= before.time
    cart = context.carts[goal.key]
    if goal.kind == "checkout":
        return cart.checkout is not None and cart.checkout <= before.time
    return any(line.since <= before.time for line in cart.lines.values())


def _situation(
    switch: Switch, context: Context, event: Event, before: Presence, goals: tuple[str, ...]
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
            "from": before.channel,
            "to": event.channel,
            "gap": event.time - before.time,
            "goals": goals,
            "event_id": event.id,
        },
    )
