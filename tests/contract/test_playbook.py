"""What the default playbook promises to whoever edits it."""

import pytest

from legato.cli.format.reasons import WORDS
from legato.core.playbook.definition import ActionDefinition, Requirement
from legato.core.values.outputs import Decision
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import added, at, event, may

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


def required(plan: ActionDefinition) -> Requirement:
    assert isinstance(plan.when, Requirement)
    return plan.when


def test_whoever_is_briefed_is_where_the_customer_is() -> None:
    for plan in PLANS:
        if plan.handoff:
            assert PLAYBOOK.channels[plan.channel].pull
            assert required(plan).to == (plan.channel,)


def won(*decisions: Decision) -> set[str]:
    return {decision.action for decision in decisions if decision.action}


def test_every_action_can_win_and_every_reason_is_a_settled_word() -> None:
    decisions: list[Decision] = []
    for plan in PLANS:
        for start in ("web", "mobile", "email"):
            decisions += decided(plan, start)
    assert won(*decisions) == {plan.name for plan in PLANS}
    told = {each.reason for decision in decisions for each in decision.candidates}
    assert told <= WORDS.keys()


def decided(plan: ActionDefinition, start: str) -> list[Decision]:
    """Come from one channel to the plan's, reachable and consenting there alone."""
    kinds = PLAYBOOK.channels[plan.channel].identifiers
    known = {kind: EVERYWHERE[kind] for kind in kinds if kind in EVERYWHERE}
    aim = (*required(plan).to, "kiosk")[0]
    harness = Harness().feed(
        event(-5, "account.created", start, identifiers=known),
        may(-4, on=plan.channel),
        added(0, "SHOE", start),
    )
    if plan.situation == "channel_switched":
        kind = "case" if "case" in required(plan).goal else "cart"
        if kind == "case":
            harness.feed(event(1, "message.received", start, reason="repair"))
        harness.feed(event(30, "page.viewed", aim))
    return harness.wait_until(at(100)).decisions
