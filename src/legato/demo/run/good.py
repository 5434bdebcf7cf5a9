"""What the line was good for: reminders nobody got for nothing, carts that walked along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeGuard

from msgspec import Struct

from legato.core.context.goals import goal_named
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Decision, Output, Revoked, Situation
from legato.core.values.time import Instant, Span

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
    """What was said on a day, which actions reached somebody, and what was bought.

    `customer` says who somebody turned out to be in the end, whatever they were called before.
    """

    said: Sequence[Output]
    delivered: Collection[str]
    orders: Orders
    customer: Callable[[str], str]


class Left(Struct, frozen=True, order=True):
    """A cart left behind: whose in the end, which, and when it was last touched."""

    customer_id: str
    cart_id: str
    touched: Instant


def find_avoided(blind: Sequence[Output], day: Day) -> Iterator[Avoided]:
    """Find reminders said by the `blind` line, for carts bought elsewhere by then.

    Those that went out all the same are left out: delivered, or never taken back.
    """
    sent, taken_back = _reminded(day)
    for left, (situation, reminder) in sorted(_first(blind, day).items(), key=_left_of):
        order = _order_before(left, situation, reminder, day.orders)
        if order is not None and left not in sent:
            evidence = situation.evidence
            yield Avoided(
                customer_id=left.customer_id,
                action_id=reminder.action_id,
                order_id=order.order_id or order.id,
                filled_on=evidence["origin"],
                bought_on=order.channel,
                value=evidence["value"],
                after=order.time - left.touched,
                taken_back=left in taken_back,
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
                customer_id=day.customer(action.customer_id),
                situation_id=switch.situation_id,
                action_id=action.action_id,
                venue=action.address,
                filled_on=str(switch.evidence["from"]),
                goal=action.handoff.goal,
                value=action.handoff.value,
                bought=_bought_there(action, day),
            )


def _bought_there(action: Action, day: Day) -> bool:
    return any(
        order.channel == action.channel and order.time > action.time
        for order in day.orders.get(day.customer(action.customer_id), ())
    )


def _reminded(day: Day) -> tuple[set[Left], set[Left]]:
    """Split the carts that were reminded of: those where that went out, or was taken back."""
    back = {each.action_id for each in day.said if isinstance(each, Revoked)}
    back -= set(day.delivered)
    sent: set[Left] = set()
    taken_back: set[Left] = set()
    for left, _, action in _reminders(day.said, day):
        (taken_back if action.action_id in back else sent).add(left)
    return sent, taken_back


def _first(said: Sequence[Output], day: Day) -> dict[Left, tuple[Situation, Action]]:
    """Take the first stage of each abandoned cart of which somebody is reminded."""
    return {
        left: (situation, action)
        for left, situation, action in _reminders(said, day)
        if situation.stage == 1
    }


def _reminders(said: Sequence[Output], day: Day) -> Iterator[tuple[Left, Situation, Action]]:
    """Find what is done about carts left behind."""
    decided = {each.action_id: each.situation_id for each in said if isinstance(each, Decision)}
    found = {each.situation_id: each for each in said if isinstance(each, Situation)}
    for action in said:
        if not isinstance(action, Action) or action.action_id not in decided:
            continue
        situation = found.get(decided[action.action_id])
        if situation is not None and "cart_id" in situation.evidence:
            evidence, whose = situation.evidence, day.customer(situation.customer_id)
            left = Left(whose, evidence["cart_id"], evidence["touched"])
            yield left, situation, action


def _left_of(found: tuple[Left, object]) -> Left:
    return found[0]


def _order_before(
    left: Left, situation: Situation, reminder: Action, orders: Orders
) -> Event | None:
    """Find what was ordered elsewhere after the cart was touched, before the reminder."""
    for order in orders.get(left.customer_id, ()):
        elsewhere = order.channel != situation.evidence["origin"]
        if elsewhere and left.touched < order.time <= reminder.time:
            return order
    return None


def _into_a_shop(said: Output) -> TypeGuard[Situation]:
    return (
        isinstance(said, Situation)
        and said.evidence.get("to") == "store"
        and any(goal_named(goal).kind == "cart" for goal in said.goals)
    )
