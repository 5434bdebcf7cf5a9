"""What the line was good for: reminders nobody got for nothing, carts that walked along."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeGuard

from msgspec import Struct

from legato.core.event import Event
from legato.core.instant import Span
from legato.core.output import Action, Output, Revoked, Situation

Orders = Mapping[str, Sequence[Event]]
"""The orders of each customer, by customer id."""


class Avoided(Struct, frozen=True, kw_only=True):
    """A reminder that a shop with eyes on one channel would have sent for a cart long bought.

    `action_id` is the id that it would have had; `taken_back` says that it was decided, and
    revoked before anybody got it.
    """

    customer_id: str
    action_id: str
    order_id: str
    filled_on: str
    bought_on: str
    value: float
    after: Span
    taken_back: bool


class Carried(Struct, frozen=True, kw_only=True):
    """A cart begun elsewhere that an associate saw when its customer came into the shop."""

    customer_id: str
    situation_id: str
    action_id: str
    venue: str
    filled_on: str
    goal: str
    value: float
    bought: bool


class Day(Struct, frozen=True):
    """What was said on a day, which actions reached somebody, and what was bought."""

    said: Sequence[Output]
    delivered: Collection[str]
    orders: Orders


def find_avoided(blind: Sequence[Output], day: Day) -> Iterator[Avoided]:
    """Find reminders said by the `blind` line, for carts bought elsewhere by then.

    Those that went out all the same are left out: delivered, or never taken back.
    """
    sent, taken_back = _reminded(day)
    situations, reminders = _abandoned(blind)
    for occurrence_id, action in sorted(reminders.items()):
        order = _order_before(situations[occurrence_id], action, day.orders)
        if order is not None and occurrence_id not in sent:
            evidence = situations[occurrence_id].evidence
            yield Avoided(
                customer_id=action.customer_id,
                action_id=action.action_id,
                order_id=order.order_id or order.id,
                filled_on=evidence["origin"],
                bought_on=order.channel,
                value=evidence["value"],
                after=order.time - evidence["touched"],
                taken_back=occurrence_id in taken_back,
            )


def find_carried(day: Day) -> Iterator[Carried]:
    """Find carts whose handoff went to the shop that their customer had come into."""
    switches = {each.occurrence_id: each for each in day.said if _into_a_shop(each)}
    for action in day.said:
        if not isinstance(action, Action) or action.channel != "store":
            continue
        switch = switches.get(action.occurrence_id)
        if switch is not None and action.handoff is not None:
            yield Carried(
                customer_id=action.customer_id,
                situation_id=switch.situation_id,
                action_id=action.action_id,
                venue=action.address,
                filled_on=str(switch.evidence["from"]),
                goal=action.handoff.goal,
                value=action.handoff.value,
                bought=_bought_there(action, day.orders),
            )


def _bought_there(action: Action, orders: Orders) -> bool:
    return any(
        order.channel == action.channel and order.time > action.time
        for order in orders.get(action.customer_id, ())
    )


def _reminded(day: Day) -> tuple[set[str], set[str]]:
    """Split the occurrences that were reminded of: those that went out, those taken back."""
    back = {each.action_id for each in day.said if isinstance(each, Revoked)}
    back -= set(day.delivered)
    reminders = [each for each in day.said if isinstance(each, Action)]
    sent = {each.occurrence_id for each in reminders if each.action_id not in back}
    return sent, {each.occurrence_id for each in reminders if each.action_id in back}


def _abandoned(said: Sequence[Output]) -> tuple[dict[str, Situation], dict[str, Action]]:
    """Take the first stage of each abandoned cart, and its reminder."""
    situations = {
        each.occurrence_id: each
        for each in said
        if isinstance(each, Situation) and each.stage == 1
    }
    reminders = (each for each in said if isinstance(each, Action))
    actions = {each.occurrence_id: each for each in reminders}
    return situations, {name: actions[name] for name in situations.keys() & actions.keys()}


def _order_before(situation: Situation, reminder: Action, orders: Orders) -> Event | None:
    """Find what was ordered elsewhere after the cart was touched, before the reminder."""
    origin, touched = situation.evidence["origin"], situation.evidence["touched"]
    for order in orders.get(situation.customer_id, ()):
        if order.channel != origin and touched < order.time <= reminder.time:
            return order
    return None


def _into_a_shop(said: Output) -> TypeGuard[Situation]:
    return (
        isinstance(said, Situation)
        and said.evidence.get("to") == "store"
        and any(goal.startswith("cart:") for goal in said.goals)
    )
