"""What the default playbook promises to whoever edits it."""

from typing import Any

import pytest

from legato.cli.format.reasons import WORDS
from legato.core.events.event import Event
from legato.core.playbook.definition import ActionDefinition, Requirement
from legato.core.values.outputs import Decision
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import DAYS, added, at, event, may

PLAYBOOK = default_playbook()
PLANS = [plan for plans in PLAYBOOK.actions.values() for plan in plans]
SITUATIONS = list(PLAYBOOK.actions)
EVERYWHERE = {"email": "a@x.org", "phone": "+49301", "device_id": "d"}


def test_something_may_be_done_about_every_situation() -> None:
    assert {*SITUATIONS} == {situation.name for situation in PLAYBOOK.situations}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_has_two_candidates_on_two_channels(situation: str) -> None:
    plans = PLAYBOOK.actions[situation]
    assert len(plans) >= 2
    assert len({plan.channel for plan in plans}) >= 2


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_each_action_says_what_it_shows_and_has_an_end(plan: ActionDefinition) -> None:
    assert plan.content_ref
    assert plan.expires > 0
    assert plan.purpose in ("promotion", "service")


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_promotions_are_capped_and_muted_by_an_open_case(plan: ActionDefinition) -> None:
    if plan.purpose == "promotion":
        assert any(
            cap.counts(plan.purpose, plan.channel, plan.situation) for cap in PLAYBOOK.caps
        )
        assert plan.purpose in PLAYBOOK.muted_by_case


def test_whoever_is_briefed_is_where_the_customer_is() -> None:
    for plan in PLANS:
        if plan.handoff:
            assert PLAYBOOK.channels[plan.channel].pull
            if isinstance(plan.when, Requirement):
                assert plan.when.to == (plan.channel,)
            else:
                assert plan.when.text == f'event.channel == "{plan.channel}"'


def won(*decisions: Decision) -> set[str]:
    return {decision.action for decision in decisions if decision.action}


def test_every_action_can_win_and_every_reason_is_a_settled_word() -> None:
    decisions: list[Decision] = []
    for plan in PLANS:
        for start in ("web", "mobile", "email", "social"):
            decisions += decided(plan, start)
    assert won(*decisions) == {plan.name for plan in PLANS}
    told = {each.reason for decision in decisions for each in decision.candidates}
    assert told <= WORDS.keys()


def decided(plan: ActionDefinition, start: str) -> list[Decision]:
    """Live through the situation of a plan, reachable and consenting on its channel alone."""
    kinds = PLAYBOOK.channels[plan.channel].identifiers
    known = {kind: EVERYWHERE[kind] for kind in kinds if kind in EVERYWHERE}
    harness = Harness().feed(
        event(-5, "account.logged_in", start, identifiers=known), may(-4, on=plan.channel)
    )
    return harness.feed(*story_of(plan, start)).wait_until(at(11 * DAYS)).decisions


def story_of(plan: ActionDefinition, start: str) -> list[Event]:
    """What a customer does who comes from one channel to the plan's."""
    if plan.situation == "cart_abandoned":
        return [added(0, "SHOE", start)]
    if plan.situation == "channel_switched":
        return switching(plan, start)
    return [
        event(minute, kind, start if away else plan.channel, **told)
        for minute, kind, away, told in LIVES[plan.situation]
    ]


def switching(plan: ActionDefinition, start: str) -> list[Event]:
    """Come to a plan's channel with the goal that it asks for."""
    assert isinstance(plan.when, Requirement)
    asked = [event(1, "message.received", start, reason="repair")]
    there = event(30, "page.viewed", (*plan.when.to, "kiosk")[0])
    return [added(0, "SHOE", start), *(asked if "case" in plan.when.goal else []), there]


AWAY = True
NONE_LEFT = {"available": 0}
LIVES: dict[str, list[tuple[float, str, bool, dict[str, Any]]]] = {
    "checkout_abandoned": [
        (0, "cart.item_added", AWAY, {"sku": "HAT"}),
        (1, "checkout.started", AWAY, {}),
    ],
    "browse_abandoned": [(n, "product.viewed", AWAY, {"sku": "HAT"}) for n in range(3)],
    "payment_trouble": [(n, "payment.failed", not AWAY, {}) for n in (0, 5)],
    "repeated_contact": [
        (0, "message.received", AWAY, {"reason": "refund"}),
        (9, "contact.started", not AWAY, {"reason": "refund"}),
    ],
    "deflection_failed": [
        (0, "article.viewed", AWAY, {"topic": "refund"}),
        (1, "article.viewed", AWAY, {"topic": "refund"}),
        (9, "contact.started", not AWAY, {"reason": "refund"}),
    ],
    "bot_fallback": [
        (0, "contact.transferred", not AWAY, {"bot": True}),
        (1, "contact.queued", not AWAY, {"queue": "service"}),
    ],
    "long_wait": [(0, "contact.queued", AWAY, {"queue": "service"})],
    "detractor": [(0, "survey.answered", AWAY, {"kind": "nps", "score": 3})],
    "welcome": [(0, "account.created", AWAY, {})],
    "onboarding_stalled": [(0, "account.created", AWAY, {})],
    "pickup_ready": [(0, "order.ready_for_pickup", AWAY, {"order_id": "o"})],
    "pickup_waiting": [
        (0, "order.completed", AWAY, {"order_id": "o", "pickup_by": at(60)}),
    ],
    "reservation_expiring": [(0, "reservation.made", AWAY, {"sku": "HAT", "until": at(90)})],
    "delivery_delayed": [(0, "delivery.delayed", AWAY, {"order_id": "o"})],
    "lapsing": [
        (-5_000 + day * 1_440, "order.completed", AWAY, {"order_id": f"o{day}"})
        for day in range(4)
    ],
    "reactivated": [
        *((day * 1_440, "order.completed", AWAY, {"order_id": f"o{day}"}) for day in range(3)),
        (8 * 1_440, "order.completed", not AWAY, {"order_id": "late"}),
    ],
    "price_drop_on_interest": [
        *((n, "product.viewed", AWAY, {"sku": "HAT"}) for n in range(3)),
        (60, "reference.price", AWAY, {"key": "HAT", "before": {"amount": 9}, "amount": 7}),
    ],
    "back_in_stock": [
        (0, "product.viewed", AWAY, {"sku": "HAT"}),
        (60, "reference.stock", AWAY, {"key": "HAT", "before": NONE_LEFT, "available": 7}),
    ],
    "contact_after_notice": [
        (-5, "customer.updated", AWAY, {"identifiers": {"email": "a@x.org"}}),
        (0, "delivery.delayed", AWAY, {"order_id": "o"}),
        (9, "contact.started", not AWAY, {"reason": "where"}),
    ],
}
"""What shows a situation: minute, type, whether it is away from the plan's channel, data."""
