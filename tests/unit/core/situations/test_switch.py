"""A switch: the customer acts elsewhere than last time, with something still open."""

import pytest

from legato.core.events.event import Event
from legato.harness import Harness
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    looked,
    only,
    ordered,
    playbook,
    removed,
    switches,
)

WEB_TO_STORE = [("web", "store")]


def visit(minute: float, channel: str = "store", **told: object) -> Event:
    return event(minute, "store.visited", channel, **told)


def asked(minute: float) -> Event:
    return event(minute, "message.received", "email", reason="repair")


def click(minute: float, **told: object) -> Event:
    return event(minute, "message.clicked", "email", action_id="a1", **told)


def test_coming_on_another_channel_with_a_filled_cart_is_a_switch() -> None:
    found = only(Harness().feed(added(0), visit(50, venue="shop-7")).situations)
    assert (found.situation, found.time) == ("channel_switched", at(50))
    told = {name: found.evidence[name] for name in ("from", "to", "gap", "goals")}
    assert told == {"from": "web", "to": "store", "gap": 3_000_000, "goals": ("cart:-",)}


def test_each_switch_is_an_occurrence_of_its_own() -> None:
    harness = Harness().feed(added(0), visit(5), looked(10), visit(15))
    assert switches(harness) == [("web", "store"), ("store", "web"), ("web", "store")]
    assert len({found.occurrence_id for found in harness.situations}) == 3


def test_without_a_goal_it_is_no_switch() -> None:
    assert switches(Harness().feed(looked(0), visit(5))) == []


def test_an_emptied_cart_is_no_goal() -> None:
    assert switches(Harness().feed(added(0), removed(1), visit(5))) == []


def test_the_first_event_of_a_customer_is_no_switch() -> None:
    assert switches(Harness().feed(visit(0))) == []


def test_it_is_judged_before_the_event_is_applied() -> None:
    assert switches(Harness().feed(looked(0), added(5, "SHOE", "mobile"))) == []
    bought = Harness().feed(added(0), ordered(5, "SHOE"))
    assert switches(bought) == WEB_TO_STORE


def test_from_desktop_to_tablet_is_no_switch() -> None:
    harness = Harness().feed(added(0, device="desktop"), looked(5, device="tablet"))
    assert switches(harness) == []


@pytest.mark.parametrize(
    ("before", "last_minute"),
    [(added(0), 24 * HOURS), (event(0, "checkout.started"), 24 * HOURS), (asked(0), 7 * DAYS)],
    ids=["cart", "checkout", "case"],
)
def test_how_long_after_it_counts_inclusive(before: Event, last_minute: int) -> None:
    just, over = visit(last_minute), visit(last_minute)
    over.time += 1
    assert len(switches(Harness().feed(before, just))) == 1
    assert switches(Harness().feed(before, over)) == []


def test_the_gap_is_counted_from_the_last_act_not_from_the_goal() -> None:
    harness = Harness().feed(added(0), looked(20 * HOURS), visit(40 * HOURS))
    assert switches(harness) == WEB_TO_STORE


def test_the_evidence_names_each_goal_that_still_counts() -> None:
    harness = Harness().feed(asked(0), added(1, "SHOE", "email"))
    harness.feed(event(2, "checkout.started", "email"), visit(3))
    found = only(harness.situations)
    assert set(found.evidence["goals"]) == {"cart:-", "checkout:-", "case:reason:repair"}
    late = Harness().feed(asked(0), added(1, "SHOE", "email"), visit(2 * DAYS)).situations[-1]
    assert late.evidence["goals"] == ("case:reason:repair",)


OURS = [
    "message.sent", "message.opened", "ad.exposed", "delivery.delayed", "delivery.unheard_of",
    "consent.updated", "contact.transferred", "contact.ended", "payment.failed",
    "order.cancelled", "order.returned", "order.ready_for_pickup", "survey.sent",
]  # fmt: skip


@pytest.mark.parametrize("kind", OURS)
def test_what_others_did_is_no_switch_and_moves_nobody(kind: str) -> None:
    data = {"purpose": "promotion", "status": "denied"} if kind == "consent.updated" else {}
    ours = event(5, kind, "elsewhere", **data)
    assert switches(Harness().feed(added(0), ours)) == []
    assert switches(Harness().feed(added(0), ours, visit(6))) == WEB_TO_STORE


@pytest.mark.parametrize("kind", ["order.completed", "something.unheard_of", "survey.answered"])
def test_what_the_customer_did_is(kind: str) -> None:
    assert switches(Harness().feed(added(0), event(5, kind, "store"))) == WEB_TO_STORE


def test_a_click_on_our_message_and_its_landing_belong_to_the_action() -> None:
    harness = Harness().feed(added(0), click(70), looked(71, "mobile"))
    assert switches(harness) == []


def test_after_the_landing_the_next_channel_counts_again() -> None:
    harness = Harness().feed(added(0), click(70), looked(71, "mobile"), visit(75))
    assert switches(harness) == [("mobile", "store")]


def test_only_the_landing_follows_a_click() -> None:
    harness = Harness().feed(added(0), click(70), looked(71), visit(72))
    assert switches(harness) == WEB_TO_STORE


def test_long_after_a_click_nothing_is_its_landing() -> None:
    assert switches(Harness().feed(added(0), click(70), visit(100))) == []
    assert switches(Harness().feed(added(0), click(70), visit(101))) == WEB_TO_STORE


def test_opening_our_message_leaves_the_customer_where_they_were() -> None:
    harness = Harness().feed(added(0), event(5, "message.opened", "email"), looked(6))
    assert switches(harness) == []


def test_a_late_event_is_no_switch_and_never_moves_presence() -> None:
    harness = Harness().feed(added(10), visit(5, received=11), looked(12))
    assert switches(harness) == []


def test_a_late_click_does_not_excuse_a_switch() -> None:
    harness = Harness().feed(added(0), looked(10), click(5, received=11), visit(12))
    assert switches(harness) == WEB_TO_STORE


def test_an_event_of_the_same_instant_is_not_late() -> None:
    assert switches(Harness().feed(added(5), visit(5))) == WEB_TO_STORE


def rule(text: str) -> Harness:
    return Harness(
        playbook(f"version: 1\nsituations: {{channel_switched: {{switch: {text}}}}}")
    )


@pytest.mark.parametrize("goal", ["cart", "checkout", "case"])
def test_goal_limits_what_counts(goal: str) -> None:
    opens = {"cart": added(0), "checkout": event(0, "checkout.started"), "case": asked(0)}
    for name, before in opens.items():
        harness = rule(f"{{goal: {goal}, within: 1h}}").feed(before, visit(60))
        assert bool(switches(harness)) == (name == goal), (goal, name)


def test_several_goals_may_be_named() -> None:
    either = "{goal: [cart, case], within: {cart: 1h, case: 2h}}"
    assert switches(rule(either).feed(added(0), visit(60)))
    assert switches(rule(either).feed(asked(0), visit(120)))
    assert not switches(rule(either).feed(event(0, "checkout.started"), visit(1)))


def test_no_goal_may_be_needed() -> None:
    freely = "{goal: none, within: 30m}"
    assert switches(rule(freely).feed(looked(0), visit(30))) == WEB_TO_STORE
    assert switches(rule(freely).feed(looked(0), visit(31))) == []


def test_within_is_one_span_for_all_goals_or_one_for_each() -> None:
    assert switches(rule("{within: 10m}").feed(asked(0), visit(10)))
    assert not switches(rule("{within: 10m}").feed(asked(0), visit(11)))
