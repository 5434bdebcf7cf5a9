"""What analysts are told of an event that was followed: one touchpoint of a journey."""

from __future__ import annotations

from collections.abc import Sequence

from legato.core.context.cart import DEFAULT_CART
from legato.core.context.context import Context
from legato.core.context.exposure import Exposure
from legato.core.context.goals import Goal
from legato.core.events.event import Event
from legato.core.events.payloads import (
    ActionFeedback,
    BouncePayload,
    CartPayload,
    ConversationPayload,
    Item,
    OrderPayload,
)
from legato.core.events.vocabulary import EXPOSED
from legato.core.events.wishes import Told
from legato.core.values.outputs import JourneyTouchpoint

NONE: tuple[str, ...] = ()


def touchpoint_of(
    context: Context, event: Event, payload: Told | None = None, ended: Sequence[str] = NONE
) -> JourneyTouchpoint:
    """Tell of an event that was applied; `ended` are the goals that it took from."""
    value, currency = _ordered(event, payload)
    return JourneyTouchpoint(
        context.customer_id,
        context.journey_id,
        event.id,
        event.type,
        event.channel,
        event.time,
        None if event.location is None else event.location.venue,
        None if payload is None else _goal(context, event, payload, ended),
        value,
        currency,
        payload.action_id if isinstance(payload, ActionFeedback | BouncePayload) else None,
    )


def touchpoint_of_airing(context: Context, exposure: Exposure) -> JourneyTouchpoint:
    """Tell of an advertisement that came before a visit, in the journey of that visit."""
    return JourneyTouchpoint(
        context.customer_id,
        context.journey_id,
        exposure.id,
        EXPOSED,
        exposure.channel,
        exposure.time,
        campaign=exposure.campaign or None,
    )


def _goal(context: Context, event: Event, payload: Told, ended: Sequence[str]) -> str | None:
    """Name what an event is about; of what an order closed, a cart before its checkout."""
    match payload:
        case OrderPayload():
            return next((goal for goal in reversed(ended)), None)
        case CartPayload() if event.type.startswith("checkout."):
            return Goal("checkout", event.cart_id or DEFAULT_CART).name
        case Item() | CartPayload():
            return Goal("cart", event.cart_id or DEFAULT_CART).name
        case ConversationPayload():
            return _case(context, event, ended)
        case ActionFeedback(action_id=action_id) | BouncePayload(action_id=action_id):
            goals = (taken.goals for taken in context.actions if taken.action_id == action_id)
            return next((goal for about in goals for goal in about), None)
        case _:
            return None


def _case(context: Context, event: Event, ended: Sequence[str]) -> str | None:
    if event.case_id:
        return Goal("case", event.case_id).name
    touched = (case.id for case in context.cases.values() if case.touched_by == event.id)
    return next((Goal("case", case_id).name for case_id in touched), *ended[:1] or (None,))


def _ordered(event: Event, payload: Told | None) -> tuple[float | None, str | None]:
    """What an order comes to: its total, else the sum of its articles, if they have prices."""
    if not isinstance(payload, OrderPayload) or event.type != "order.completed":
        return None, None
    return payload.worth, payload.paid_in
