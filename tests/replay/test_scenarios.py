"""The golden scenarios: what must be found, what must be done, and what must not."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.context.context import Context
from legato.core.events.vocabulary import AUTHENTICATING_EVENTS
from tests.replay.scenario_book import BOOK, Json, Scenario, book, play, scenarios

ALL = {scenario.number: scenario for scenario in scenarios()}


def said(number: str, kind: str) -> list[Json]:
    """Everything of one kind that was said in a story."""
    lines = map(msgspec.json.decode, play(ALL[number])[1])
    return [line for line in lines if line["kind"] == kind]


def found(number: str) -> list[str]:
    """The situations, by name, stage and channels."""
    told = []
    for each in said(number, "situation"):
        way = [each["evidence"][end] for end in ("from", "to") if end in each["evidence"]]
        told.append(" ".join([each["situation"], *way, *map(str, [each.get("stage", "")])]))
    return [each.strip() for each in told]


def done(number: str) -> list[str]:
    return [action["action"] for action in said(number, "action")]


def reasons(decision: Json) -> dict[str, str]:
    return {each["action"]: each["reason"] for each in decision["candidates"]}


def customer(number: str, **known: str) -> Context:
    """The customer whom an identifier points at when the story is over."""
    harness = play(ALL[number])[0]
    name = harness.customer_of(known)
    assert isinstance(name, str)
    return harness.contexts[name]


def customers(number: str) -> list[Context]:
    """Everybody who is not merged into another."""
    contexts = play(ALL[number])[0].contexts.values()
    return [each for each in contexts if not (each.identity and each.identity.forward)]


def linked(number: str) -> list[tuple[str, str]]:
    """Which identifiers joined somebody, and by what."""
    return [
        (each["type"], each["evidence"]["type"]) for each in said(number, "identity.linked")
    ]


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_a_scenario_plays_as_written(scenario: Scenario) -> None:
    assert play(scenario)[1] == scenario.expected.read_bytes().splitlines()


def test_the_page_of_scenarios_is_true() -> None:
    assert BOOK.read_text() == book()


KNOWS = {
    "web": {"anonymous_id", "user_id"},
    "mobile": {"device_id", "user_id"},
    "store": {"loyalty_id"},
    "call": {"phone"},
    "email": {"email"},
    "chat": {"user_id"},
    "whatsapp": {"whatsapp_id"},
}
"""What a channel knows of a customer who proves nothing."""


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_an_event_knows_only_what_its_channel_would(scenario: Scenario) -> None:
    for event in map(msgspec.json.decode, scenario.events):
        if event["type"] not in AUTHENTICATING_EVENTS and not event.get("authenticated"):
            assert {*event["identifiers"]} <= KNOWS[event["channel"]], event["id"]


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_no_identifier_is_known_on_all_channels(scenario: Scenario) -> None:
    people: dict[str, list[Json]] = {}
    for event in map(msgspec.json.decode, scenario.events):
        people.setdefault(event["id"].partition("-")[0], []).append(event)
    for events in people.values():
        everywhere = set.intersection(*({*each["identifiers"].items()} for each in events))
        assert len({each["channel"] for each in events}) == 1 or not everywhere


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_nobody_in_a_story_is_two_customers(scenario: Scenario) -> None:
    names = {msgspec.json.decode(line)["id"].partition("-")[0] for line in scenario.events}
    assert len(customers(scenario.number)) == len(names)
    assert not said(scenario.number, "identity.conflict")


def test_1_the_associate_knows_the_cart_and_nobody_reminds_meanwhile() -> None:
    assert found("1") == ["channel_switched web store", "cart_abandoned 1"]
    assert done("1") == ["brief_store"]
    action = said("1", "action")[0]
    assert (action["channel"], action["address"]) == ("store", "shop-berlin-7")
    reminders = reasons(said("1", "decision")[1])
    assert set(reminders.values()) == {"handled_elsewhere"}
    assert len(reminders) == 3
    left = customer("1", loyalty_id="L-1001").carts["-"]
    assert [*left.lines] == ["SOCK-M"]
    assert customer("1", loyalty_id="L-1001") == customer("1", anonymous_id="w-ada")


def test_1_the_handoff_tells_sizes_value_and_where_it_stopped() -> None:
    handoff = said("1", "action")[0]["handoff"]
    assert handoff["goal"] == (
        "The customer wants to buy 1 × Runner Air in size 42 and 2 × Wool sock in size M."
    )
    assert (handoff["value"], handoff["currency"]) == (108, "EUR")
    assert handoff["stopped_at"] == "at the checkout on web, step “delivery address”"
    assert linked("1") == [
        (kind, "account.logged_in") for kind in ("anonymous_id", "loyalty_id", "email", "phone")
    ]


def test_2_one_reminder_on_the_best_consented_channel_then_the_cap() -> None:
    assert found("2") == [f"cart_abandoned {stage}" for stage in (1, 2, 3, 1)]
    first, second, third, anew = said("2", "decision")
    assert first["action"] == anew["action"] == "remind_on_mobile"
    for later in (second, third):
        assert "action" not in later
        assert reasons(later)["remind_on_mobile"] == "frequency_cap"
    waited = [each["time"] - each["evidence"]["touched"] for each in said("2", "situation")]
    assert waited == [hours * 3_600_000 for hours in (1, 24, 72, 1)]
    occurrences = [each["occurrence_id"] for each in said("2", "situation")]
    assert occurrences[0] == occurrences[1] == occurrences[2] != occurrences[3]


def test_3_an_order_by_phone_leaves_nothing_to_remind_of() -> None:
    assert found("3") == ["channel_switched web call"]
    assert done("3") == ["brief_call_agent"]
    context = customer("3", phone="+4930123458")
    assert (context.carts, context.cases) == ({}, {})
    assert linked("3")[-1] == ("phone", "contact.started")
    assert said("3", "action")[0]["handoff"]["value"] == 57


def test_4a_the_waiting_reminder_is_revoked_in_time() -> None:
    action, revoked = said("4a", "action")[0], said("4a", "revoked")[0]
    assert action["not_before"] > revoked["time"]
    assert revoked["action_id"] == action["action_id"]
    assert "too_late" not in revoked
    assert revoked["reason"] == "converted"
    assert done("4a") == ["remind_by_email"]
    assert linked("4a")[-1] == ("loyalty_id", "order.completed")
    assert customer("4a", loyalty_id="L-1004").actions[0].status == "revoked"


def test_4b_what_was_delivered_is_revoked_too_late_and_the_agent_is_told() -> None:
    revoked = said("4b", "revoked")[0]
    assert revoked["too_late"]
    assert done("4b") == ["remind_by_email", "brief_call_agent"]
    tried = said("4b", "action")[1]["handoff"]["tried"]
    assert tried == [
        "60 minutes ago: remind by email (delivered, although it was settled by then)"
    ]
    assert reasons(said("4b", "decision")[-1])["remind_by_email"] == "frequency_cap"


def test_5_one_case_and_one_journey_over_three_channels() -> None:
    assert found("5") == ["channel_switched email chat", "channel_switched chat store"]
    assert done("5") == ["brief_chat_agent", "brief_store"]
    question = "The zip of my jacket broke after two weeks. Can you mend it?"
    assert question in said("5", "action")[0]["handoff"]["goal"]
    assert {goal for each in said("5", "situation") for goal in each["goals"]} == {
        "case:reason:repair",
        "cart:-",
    }
    assert linked("5") == [("email", "contact.started"), ("loyalty_id", "order.completed")]
    context = customer("5", loyalty_id="L-1005")
    assert (context.carts, context.cases) == ({}, {})
    assert len(context.journeys) == 1
    assert list(dict.fromkeys(touch.channel for touch in context.timeline)) == [
        "email", "chat", "store",
    ]  # fmt: skip


def test_5_the_order_closes_the_cart_and_not_the_case() -> None:
    harness = play(msgspec.structs.replace(ALL["5"], until="2026-03-02T16:20:00Z"))[0]
    context = harness.contexts[str(harness.customer_of({"user_id": "finn"}))]
    assert context.carts == {}
    assert list(context.cases) == ["reason:repair"]


def test_12_three_customers_turn_out_to_be_one() -> None:
    assert linked("12") == [
        ("device_id", "account.logged_in"),
        ("anonymous_id", "account.logged_in"),
        ("loyalty_id", "loyalty.card_scanned"),
        ("phone", "order.completed"),
    ]
    assert len(said("12", "identity.merged")) == 2
    ida = customer("12", phone="+4930123460")
    assert [each.id for each in ida.orders] == ["T-5800", "T-5812"]
    assert {touch.channel for touch in ida.timeline} == {"store", "mobile", "web", "call"}
    assert ida.consents["promotion|sms"].status == "denied"
    assert (ida.profile.language, ida.stage) == ("de", "engagement")


def test_12_cart_timer_cap_and_wish_go_with_the_customer() -> None:
    assert found("12") == [
        "cart_abandoned 1", "channel_switched mobile web", "cart_abandoned 1",
        "channel_switched web store",
        "channel_switched store mobile",
        "channel_switched mobile call", "cart_abandoned 1", "cart_abandoned 2",
    ]  # fmt: skip
    assert done("12") == [
        "remind_on_mobile", "continue_on_web", "brief_store", "continue_on_mobile",
        "brief_call_agent",
    ]  # fmt: skip
    united = said("12", "situation")[2]
    assert (united["evidence"]["value"], united["evidence"]["items"]) == (145, 2)
    assert united["time"] - united["evidence"]["touched"] == 3_600_000
    _, _, capped, _, _, _, in_hand, wished = said("12", "decision")
    assert reasons(capped)["remind_on_mobile"] == "frequency_cap"
    assert reasons(in_hand)["remind_on_mobile"] == "handled_elsewhere"
    assert reasons(wished)["remind_on_mobile"] == "frequency_cap"
    assert reasons(wished)["remind_by_sms"] == "no_consent"


def test_12_the_associate_and_the_agent_see_all_of_it() -> None:
    _, _, store, _, call = said("12", "action")
    assert [each["sku"] for each in store["handoff"]["items"]] == ["COAT-S", "HAT-1"]
    assert store["handoff"]["tried"] == [
        "26 hours ago: remind on mobile (sent, no answer yet)",
        "5 hours ago: continue on web (sent, no answer yet)",
    ]
    assert [each["sku"] for each in call["handoff"]["items"]] == ["HAT-1", "GLOVE-S"]
    assert "17 hours ago, store: placed an order" in call["handoff"]["touchpoints"]


def test_13_the_tablet_follows_the_last_who_logged_in_and_shows_nothing_of_the_other() -> None:
    anna, bert = customer("13", user_id="anna"), customer("13", user_id="bert")
    assert customer("13", device_id="t-family") == bert
    assert ([*anna.carts["-"].lines], [*bert.carts["-"].lines]) == (["RING-9"], ["TRAIN-2"])
    assert "device_id" not in anna.identifiers
    assert (bert.consents, bert.profile.language) == ({}, None)
    assert "RING" not in str([touch.note for touch in bert.timeline])
    for action in said("13", "action"):
        if action["customer_id"] == bert.customer_id:
            assert "ing-9" not in str(action).lower()
            assert "anna" not in str(action)
    assert not said("13", "identity.merged")


def test_13_what_waited_for_the_tablet_never_comes_and_what_comes_is_hers() -> None:
    waiting, bert, anna, again = said("13", "action")
    revoked = said("13", "revoked")
    assert [each["action_id"] for each in revoked] == [waiting["action_id"]]
    assert (waiting["address"], revoked[0]["reason"]) == ("t-family", "address_gone")
    assert revoked[0]["time"] < waiting["not_before"]
    assert [each["sku"] for each in bert["handoff"]["items"]] == ["TRAIN-2"]
    assert [each["sku"] for each in anna["handoff"]["items"]] == ["RING-9"]
    assert (again["action"], again["address"]) == ("remind_on_mobile", "anna")


def test_20_brands_and_venues_are_no_other_customers() -> None:
    assert linked("20") == [
        ("anonymous_id", "order.completed"),
        ("email", "loyalty.card_scanned"),
        ("device_id", "account.created"),
        ("loyalty_id", "account.created"),
    ]
    walt = customer("20", loyalty_id="BAND-20")
    assert walt == customer("20", email="walt@example.com")
    assert [each.id for each in walt.orders] == ["B-2001", "S-301"]
    assert (len(walt.timeline), walt.cases) == (8, {})


def test_20_the_host_has_the_question_of_the_app() -> None:
    assert found("20") == ["channel_switched mobile store"]
    action = said("20", "action")[0]
    assert (action["action"], action["address"]) == ("brief_store", "guest-relations")
    assert "I left my hat in the boat ride." in action["handoff"]["goal"]
    assert "40 minutes ago, mobile: opened an account" in action["handoff"]["touchpoints"]


def test_21_the_human_sees_what_the_bot_knew_and_asking_again_is_counted() -> None:
    assert found("21") == ["channel_switched whatsapp chat"]
    assert linked("21")[-1] == ("whatsapp_id", "account.logged_in")
    action = said("21", "action")[0]
    assert (action["action"], action["address"]) == ("brief_chat_agent", "delivery")
    handoff = action["handoff"]
    assert handoff["stopped_at"] == "asked on whatsapp 3 minutes ago; a bot could not help"
    assert {"order 4820", "the address is right"} <= set(handoff["do_not_ask"])
    assert handoff["language"] == "en"
    assert customer("21", whatsapp_id="4930123461").asked_again == 1


def test_23_an_opt_out_takes_back_what_waits_by_whatever_name_it_comes() -> None:
    assert done("23") == ["remind_by_email", "remind_by_email"]
    revoked = said("23", "revoked")
    assert [each["action_id"] for each in revoked] == [
        each["action_id"] for each in said("23", "action")
    ]
    assert {each["reason"] for each in revoked} == {"no_consent"}
    for action, taken_back in zip(said("23", "action"), revoked, strict=True):
        assert taken_back["time"] < action["not_before"]
    assert linked("23")[-1] == ("phone", "contact.ended")
    for name in ("olga", "paul"):
        assert customer("23", user_id=name).consents["promotion|email"].status == "revoked"
