"""What is remembered of a customer, and what a late event may change of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.apply import apply
from legato.core.context.context import Context
from legato.core.context.lifecycle import Lifecycle, lifecycle, lifecycle_stage
from legato.core.events.types import EVENT_TYPES
from legato.core.merge.merge import copy_of, merge
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    looked,
    may,
    ordered,
    removed,
)


def test_the_timeline_holds_the_last_30_touchpoints_in_order() -> None:
    harness = Harness().feed(*(looked(n) for n in range(40)))
    times = [touch.time for touch in harness.contexts["ada"].timeline]
    assert times == [at(n) for n in range(10, 40)]


def test_a_late_event_finds_its_place_in_the_timeline() -> None:
    harness = Harness().feed(looked(0), looked(10), event(5, "ad.exposed", "tv", received=11))
    kinds = [touch.type for touch in harness.contexts["ada"].timeline]
    assert kinds == ["page.viewed", "ad.exposed", "page.viewed"]


def test_touchpoints_within_a_day_of_each_other_are_one_journey() -> None:
    harness = Harness().feed(looked(0), looked(DAYS), looked(2 * DAYS))
    assert len(harness.contexts["ada"].journeys) == 1


def test_after_more_than_a_day_a_new_journey_begins() -> None:
    later = looked(DAYS)
    later.time += 1
    assert len(Harness().feed(looked(0), later).contexts["ada"].journeys) == 2


def test_touchpoints_that_share_a_goal_are_one_journey() -> None:
    for goal in (added(0), event(0, "checkout.started"), event(0, "message.received")):
        harness = Harness().feed(goal, looked(5 * DAYS), ordered(6 * DAYS))
        assert len(harness.contexts["ada"].journeys) == 1, goal.type


def test_a_cart_that_was_emptied_is_no_goal_to_share() -> None:
    harness = Harness().feed(added(0), removed(1), looked(3 * DAYS))
    assert len(harness.contexts["ada"].journeys) == 2


def test_a_new_cart_after_a_forgotten_one_begins_a_new_journey() -> None:
    harness = Harness().feed(added(0), added(11 * DAYS)).wait_until(at(12 * DAYS))
    journeys = [each.journey_id for each in harness.situations]
    assert journeys[0] == journeys[2] != journeys[3]


def test_the_stage_goes_on_and_never_back() -> None:
    harness = Harness()
    reached = []
    for step in (
        looked(0), event(1, "product.viewed"), event(2, "account.created"), looked(3),
        ordered(4), event(5, "account.created", id="again"), added(6),
    ):  # fmt: skip
        harness.feed(step)
        reached.append(lifecycle_stage(harness.contexts["ada"]))
    assert reached == [
        "awareness", "acquisition", "onboarding", "onboarding", "engagement", "engagement",
        "engagement",
    ]  # fmt: skip


def test_an_open_case_shows_as_support() -> None:
    harness = Harness().feed(looked(0), event(1, "message.received", reason="repair"))
    assert lifecycle_stage(harness.contexts["ada"]) == "support"
    harness.feed(event(2, "contact.ended", reason="repair", resolved=True))
    assert lifecycle_stage(harness.contexts["ada"]) == "awareness"


def test_a_stage_has_the_time_of_the_first_event_that_got_there() -> None:
    harness = Harness().feed(looked(0), event(5, "product.viewed"), looked(7))
    assert lifecycle(harness.contexts["ada"]) == Lifecycle("acquisition", at(5))
    harness.feed(event(3, "product.viewed", received=8))
    assert lifecycle(harness.contexts["ada"]) == Lifecycle("acquisition", at(3))
    harness.feed(event(9, "message.received", reason="repair"))
    assert lifecycle(harness.contexts["ada"]) == Lifecycle("support", at(9))


@given(st.permutations(range(6)), st.integers(0, 6))
def test_the_time_of_a_stage_does_not_depend_on_the_order_nor_on_a_merge(
    order: list[int], split: int
) -> None:
    kinds = ("page.viewed", "product.viewed", "account.created") * 2
    events = [event(n, kind, id=f"e{n}") for n, kind in enumerate(kinds)]
    sides = [copy_of(Context("ada")), copy_of(Context("ben"))]
    for n in order:
        told = events[n]
        apply(sides[n >= split], told, EVENT_TYPES[told.type], None)
    united, _ = merge(default_playbook(), sides[0], sides[1])
    assert lifecycle(united) == Lifecycle("onboarding", at(2))


def test_what_was_before_it_was_noted_is_not_known() -> None:
    old = copy_of(Context("ada", touches=3, stage="onboarding"))
    apply(old, event(9, "page.viewed"), EVENT_TYPES["page.viewed"], None)
    assert lifecycle(old) == Lifecycle("onboarding", None)


def test_the_last_values_of_each_identifier_are_kept_the_newest_last() -> None:
    mails = ["a", "b", "a", "c", "d", "e", "f"]
    harness = Harness().feed(
        *(looked(n, identifiers={"email": mail}) for n, mail in enumerate(mails))
    )
    assert harness.contexts["ada"].identifiers == {"email": ["a", "c", "d", "e", "f"]}


@pytest.mark.parametrize("received", [None, 20])
def test_consents_are_told_by_their_own_time(received: int | None) -> None:
    newer, older = may(10, "denied"), may(5)
    older.received = 0 if received is None else at(received)
    harness = Harness().feed(newer, older)
    assert harness.contexts["ada"].consents["promotion|*"].status == "denied"


def test_one_event_may_bring_a_flat_consent_or_several() -> None:
    wishes = [{"purpose": "service", "status": "denied", "channel": "sms"}]
    flat = event(0, "consent.updated", purpose="promotion", status="granted", consents=wishes)
    known = Harness().feed(flat).contexts["ada"].consents
    assert {key: wish.status for key, wish in known.items()} == {
        "service|sms": "denied",
        "promotion|*": "granted",
    }


def test_what_customers_tell_of_themselves_is_kept_until_they_tell_otherwise() -> None:
    harness = Harness().feed(
        event(0, "customer.updated", language="de", traits={"size": "42", "vip": True}),
        event(1, "customer.updated", language="fr", home_store="shop-7", traits={"vip": False}),
    )
    profile = harness.contexts["ada"].profile
    assert (profile.language, profile.home_store, profile.time_zone) == ("fr", "shop-7", None)
    assert profile.traits == {"size": "42", "vip": False}


def test_the_running_visit_is_known_by_channel() -> None:
    harness = Harness().feed(
        looked(0, session_id="w1"),
        looked(5, session_id="w1"),
        looked(6, "mobile", session_id="m"),
    )
    running = harness.contexts["ada"].session
    assert running is not None
    assert (running.channel, running.id, running.started) == ("mobile", "m", at(6))
    others = [
        (each.channel, each.id, each.started) for each in harness.contexts["ada"].sessions
    ]
    assert others == [("web", "w1", at(0))]


def test_a_late_event_moves_neither_presence_nor_the_visit() -> None:
    harness = Harness().feed(
        looked(10, session_id="w1"), looked(5, "mobile", session_id="m1", received=11)
    )
    context = harness.contexts["ada"]
    assert (context.channel, context.present) == ("web", at(10))
    assert context.session is not None
    assert context.session.id == "w1"


def test_each_event_raises_the_revision_and_a_repetition_does_not() -> None:
    harness = Harness().feed(looked(0), looked(1))
    assert harness.contexts["ada"].revision == 2
    harness.feed(looked(1))
    assert harness.contexts["ada"].revision == 2


def test_what_names_from_outside_take_up_is_bounded() -> None:
    long = "x" * 10_000
    harness = Harness().feed(
        added(0, "SHOE", "web", name=long),
        event(1, "checkout.started", step=long),
        event(2, "message.received", reason=long, text=long, known=[long] * 50),
    )
    context = harness.contexts["ada"]
    assert max(len(touch.note) for touch in context.timeline) <= 80
    case = next(iter(context.cases.values()))
    assert max(map(len, (case.asked, *case.known, case.reason))) <= 280


def test_customers_are_told_apart() -> None:
    harness = Harness().feed(added(0), looked(5, "store", customer_id="bob"))
    assert harness.wait_until(at(2 * HOURS)).situations[0].customer_id == "ada"
    assert harness.contexts["bob"].carts == {}
