"""The golden scenarios: what must be found, what must be done, and what must not."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.conditions.compile import compile_condition
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.context.lifecycle import lifecycle, lifecycle_stage
from legato.core.decisions.experiments import share_of
from legato.core.events.vocabulary import AUTHENTICATING_EVENTS
from legato.core.values.time import MINUTE, in_words, read_time
from legato.harness import Harness, default_playbook
from legato.replay import read_log, replay, until_when
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
    "sms": {"phone"},
    "social": {"social_handle"},
}
"""What a channel knows of a customer who proves nothing."""


def deeds(scenario: Scenario) -> list[Json]:
    """What customers do in a story, without the references between."""
    told = map(msgspec.json.decode, scenario.events)
    return [event for event in told if "reference" not in event]


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_an_event_knows_only_what_its_channel_would(scenario: Scenario) -> None:
    for event in deeds(scenario):
        if event["type"] not in AUTHENTICATING_EVENTS and not event.get("authenticated"):
            assert {*event["identifiers"]} <= KNOWS[event["channel"]], event["id"]


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_no_identifier_is_known_on_all_channels(scenario: Scenario) -> None:
    people: dict[str, list[Json]] = {}
    for event in deeds(scenario):
        people.setdefault(event["id"].partition("-")[0], []).append(event)
    for events in people.values():
        everywhere = set.intersection(*({*each["identifiers"].items()} for each in events))
        assert len({each["channel"] for each in events}) == 1 or not everywhere


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_nobody_in_a_story_is_two_customers(scenario: Scenario) -> None:
    names = {event["id"].partition("-")[0] for event in deeds(scenario)}
    assert len(customers(scenario.number)) == len(names)
    assert not said(scenario.number, "identity.conflict")


def test_1_the_associate_knows_the_cart_and_nobody_reminds_meanwhile() -> None:
    assert found("1") == [
        "channel_switched web store", "cart_abandoned 1", "checkout_abandoned",
    ]  # fmt: skip
    assert done("1") == ["brief_store"]
    action = said("1", "action")[0]
    assert (action["channel"], action["address"]) == ("store", "shop-berlin-7")
    of_cart, of_checkout = (reasons(each) for each in said("1", "decision")[1:])
    assert {*of_cart.values(), *of_checkout.values()} == {"handled_elsewhere"}
    assert (len(of_cart), len(of_checkout)) == (3, 2)
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
        assert reasons(later)["remind_by_sms"] == "frequency_cap"
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
    assert found("5") == [
        "channel_switched email chat", "repeated_contact", "channel_switched chat store",
    ]  # fmt: skip
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


def test_11_one_journey_goes_over_television_web_and_store() -> None:
    eva = customer("11", loyalty_id="L-1100")
    assert [touch.channel for touch in eva.timeline] == ["tv", "web", "web", "web", "store"]
    assert eva.timeline[0].note == "garden-chairs"
    assert len(eva.journeys) == 1


def test_11_only_who_was_not_there_and_came_in_time_was_brought() -> None:
    ways = {
        who: [touch.channel for touch in customer("11", anonymous_id=f"w-{who}").timeline]
        for who in ("ole", "pia", "kim")
    }
    assert ways == {"ole": ["web", "web"], "pia": ["web"], "kim": ["tv", "web"]}


def test_11_nothing_is_found_for_it() -> None:
    assert found("11") == []


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
    assert found("20") == ["channel_switched mobile store", "repeated_contact"]
    action = said("20", "action")[0]
    assert (action["action"], action["address"]) == ("brief_store", "guest-relations")
    assert "I left my hat in the boat ride." in action["handoff"]["goal"]
    assert "40 minutes ago, mobile: opened an account" in action["handoff"]["touchpoints"]


def test_21_the_human_sees_what_the_bot_knew_and_asking_again_is_counted() -> None:
    assert found("21") == ["channel_switched whatsapp chat", "bot_fallback"]
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


def about(number: str, situation: str) -> list[Json]:
    """What was decided about a situation."""
    return [each for each in said(number, "decision") if each["situation"] == situation]


def act(number: str, name: str) -> Json:
    """The first action of this name."""
    return next(each for each in said(number, "action") if each["action"] == name)


def test_6_who_asks_again_gets_somebody_with_experience_and_the_history() -> None:
    assert found("6").count("repeated_contact") == 1
    first, *_ = said("6", "action")
    assert (first["action"], first["address"]) == ("brief_senior_on_chat", "service")
    assert "I sent the boots back two weeks ago." in first["handoff"]["goal"]
    assert "2 days ago, social: wrote to us (refund)" in first["handoff"]["touchpoints"]
    assert "order 4711 was sent back" in first["handoff"]["do_not_ask"]
    assert linked("6")[2] == ("social_handle", "contact.started")


def test_6_promotions_are_muted_while_the_case_is_open_and_no_longer() -> None:
    first, second, third = about("6", "cart_abandoned")
    for each in (first, second):
        assert reasons(each)["remind_by_email"] == "muted_by_case"
    assert third["action"] == "remind_by_email"
    assert third["time"] > said("6", "action")[2]["time"]
    assert customer("6", social_handle="@jana").cases == {}


def test_8_a_call_back_is_offered_while_they_still_wait() -> None:
    assert "long_wait" in found("8")
    offer = act("8", "offer_call_back_by_sms")
    assert (offer["address"], offer["params"]) == ("+4930123468", {"queue": "service"})
    queued, given_up = (
        event["time"]
        for event in map(msgspec.json.decode, ALL["8"].events)
        if event["type"] in ("contact.queued", "contact.ended")
    )
    assert in_words(offer["time"]) == queued.replace("10:00", "10:05") < given_up
    assert offer["purpose"] == "service"


def test_8_nothing_is_promoted_to_who_complains() -> None:
    (reminders,) = about("8", "cart_abandoned")
    assert "action" not in reminders
    assert reasons(reminders)["remind_by_sms"] == "muted_by_case"
    assert {each["purpose"] for each in said("8", "action")} == {"service"}


def test_9_a_detractor_is_written_to_in_person() -> None:
    assert found("9")[0] == "detractor"
    answer = act("9", "answer_detractor_by_email")
    assert (answer["purpose"], answer["params"]) == ("service", {"score": "3"})


def test_9_and_reminded_of_nothing_before_there_is_an_outcome() -> None:
    before, after = about("9", "cart_abandoned")
    assert set(reasons(before).values()) == {"not_eligible"}
    assert after["action"] == "remind_by_email"
    assert customer("9", email="lena@example.com").actions[0].status == "accepted"


def test_10_the_agent_sees_the_articles_that_did_not_help() -> None:
    assert found("10") == ["deflection_failed"]
    assert done("10") == ["brief_call_on_articles"]
    (action,) = said("10", "action")
    assert action["address"] == "returns"
    assert action["handoff"]["touchpoints"][1:3] == [
        "15 minutes ago, web: read about Sending back within 30 days",
        "11 minutes ago, web: read about Where to print the label",
    ]


def nora_at(until: str) -> Context:
    """Tell story 14 up to then, and look at its customer."""
    events = [line for line in ALL["14"].events if msgspec.json.decode(line)["time"] <= until]
    harness, log = Harness(), read_log(events)
    list(replay(harness, log, until_when(until, log), identity=True))
    return harness.contexts[str(harness.customer_of({"anonymous_id": "w-nora"}))]


def test_14_the_welcome_stops_at_the_first_purchase() -> None:
    assert found("14") == ["welcome 1", "welcome 2"]
    assert done("14") == ["welcome_by_email", "welcome_by_email"]


@pytest.mark.parametrize(
    ("until", "stage"),
    [
        ("2026-03-02T09:01:00Z", "awareness"),
        ("2026-03-02T09:10:00Z", "acquisition"),
        ("2026-03-02T10:05:00Z", "onboarding"),
        ("2026-03-03T18:00:00Z", "engagement"),
        ("2026-03-10T09:05:00Z", "support"),
    ],
)
def test_14_the_lifecycle_goes_on_stage_by_stage(until: str, stage: str) -> None:
    assert lifecycle_stage(nora_at(until)) == stage


@pytest.mark.parametrize(
    ("until", "since"),
    [
        ("2026-03-02T09:01:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:10:00Z", "2026-03-02T09:05:00Z"),
        ("2026-03-02T10:05:00Z", "2026-03-02T10:00:00Z"),
        ("2026-03-03T18:00:00Z", "2026-03-03T17:05:00Z"),
        ("2026-03-10T09:05:00Z", "2026-03-10T09:00:00Z"),
    ],
)
def test_14_each_stage_has_its_time(until: str, since: str) -> None:
    nora = nora_at(until)
    told = lifecycle(nora)
    assert in_words(told.since or 0) == since
    asked = compile_condition('now - customer.lifecycle.since >= span("5m")')
    now = read_time(until)
    assert asked.holds(Scope(now, nora)) == (now - (told.since or 0) >= 5 * MINUTE)


def test_15_the_tip_comes_on_the_channel_that_they_like_best() -> None:
    assert "onboarding_stalled" in found("15")
    (decision,) = about("15", "onboarding_stalled")
    assert decision["action"] == "show_how_on_mobile"
    assert reasons(decision)["show_how_by_email"] == "lost_arbitration"
    assert done("15") == ["show_how_on_mobile"]


def test_16_who_does_not_collect_is_told_where_it_waits() -> None:
    assert found("16") == ["pickup_ready", "pickup_waiting", "contact_after_notice"]
    push = act("16", "remind_of_pickup_on_mobile")
    assert push["params"] == {"order": "A-1600", "shop": "cafe-berlin-2", "points": "87"}
    assert in_words(push["time"]) == "2026-03-02T12:30:00Z"
    assert said("16", "revoked") == []


def test_16_the_points_are_the_same_on_every_channel() -> None:
    assert done("16") == [
        "tell_ready_on_mobile", "remind_of_pickup_on_mobile", "brief_chat_on_notice",
    ]  # fmt: skip
    points = {each["channel"]: each["params"]["points"] for each in said("16", "action")}
    assert points == {"mobile": "87", "chat": "87"}
    for known in ({"loyalty_id": "L-1016"}, {"device_id": "d-pia"}, {"user_id": "pia"}):
        assert customer("16", **known).profile.traits == {"points_balance": 91}


def test_17_a_notice_and_the_return_to_the_shop_is_of_the_same_order() -> None:
    assert found("17") == ["pickup_ready", "pickup_ready"]
    assert done("17") == ["tell_ready_on_mobile", "tell_ready_on_mobile"]
    (order,) = customer("17", loyalty_id="L-1017").orders
    assert (order.id, order.channel) == ("W-1700", "web")
    assert customer("17", loyalty_id="L-1017") == customer("17", anonymous_id="w-quin")


def test_17_who_has_collected_it_needs_no_notice() -> None:
    _, waiting = said("17", "action")
    (revoked,) = said("17", "revoked")
    assert (revoked["action_id"], revoked["reason"]) == (waiting["action_id"], "resolved")
    assert revoked["time"] < waiting["not_before"]


def test_18_the_associate_gets_what_was_tried_on() -> None:
    assert found("18") == ["channel_switched mobile store", "channel_switched store mobile"]
    assert done("18") == ["brief_store"]
    brief = act("18", "brief_store")
    assert brief["address"] == "shop-berlin-7"
    tried, also, looked = brief["handoff"]["items"]
    assert [tried["name"], also["name"]] == ["Powder blush Peach", "Velvet lipstick Rosewood"]
    assert (looked["sku"], "price" in looked) == ("GLOSS-1", False)
    assert also["image"] == "https://beauty.example/img/lip-rose.jpg"
    assert also["url"] == "https://beauty.example/p/lip-rose"
    assert brief["handoff"]["stopped_at"] == (
        "tried on Powder blush Peach and Velvet lipstick Rosewood on mobile; "
        "looked at Gloss Nude on mobile"
    )


def test_18_what_was_bought_is_put_down_to_it_and_is_open_no_more() -> None:
    (led,) = said("18", "conversion")
    assert (led["action"], led["order_id"]) == ("brief_store", "S-1800")
    *_, evening = said("18", "situation")
    assert evening["goals"] == ["interest:BLUSH-2", "interest:GLOSS-1"]


def test_18_nobody_is_briefed_on_it_who_did_not_ask() -> None:
    default = msgspec.structs.replace(ALL["18"], opts_in={})
    assert {msgspec.json.decode(line)["kind"] for line in play(default)[1]} == {
        "identity.linked"
    }


def test_19_an_hour_before_the_end_of_the_reservation() -> None:
    assert found("19") == ["reservation_expiring"]
    (reminder,) = said("19", "action")
    assert in_words(reminder["time"]) == "2026-03-03T16:00:00Z"
    assert reminder["params"]["article"] == "Rain coat"
    (revoked,) = said("19", "revoked")
    assert (revoked["action_id"], revoked["reason"]) == (reminder["action_id"], "resolved")
    assert customer("19", loyalty_id="L-1020").actions == ()


def test_22_help_comes_at_once_on_the_same_channel() -> None:
    trouble = about("22", "payment_trouble")
    assert [each["action"] for each in trouble] == ["offer_help_on_web", "offer_help_on_mobile"]
    assert done("22") == ["offer_help_on_web", "offer_help_on_mobile"]
    help_on_web = act("22", "offer_help_on_web")
    assert (help_on_web["address"], help_on_web["handoff"]["value"]) == ("w-22", 199)
    assert in_words(help_on_web["time"]) == "2026-03-02T10:09:00Z"


def test_22_and_no_reminder_an_hour_later() -> None:
    assert "cart_abandoned 1" in found("22")
    (of_cart,), (of_checkout,) = (
        about("22", "cart_abandoned"),
        about("22", "checkout_abandoned"),
    )
    assert {*reasons(of_cart).values(), *reasons(of_checkout).values()} == {"not_eligible"}


def test_25_variants_and_the_hold_out_stay_also_under_another_name() -> None:
    drawn: dict[str, list[tuple[str, str]]] = {}
    for each in about("25", "welcome"):
        way = each.get("variant", ""), each.get("held_out", "")
        drawn.setdefault(each["customer_id"], []).append(way)
    assert [*drawn.values()] == [
        [("short", ""), ("short", "")],
        [("long", ""), ("long", "")],
        [("", "no_welcome"), ("", "no_welcome")],
        [("long", "")],
        [("long", "")],
    ]
    assert len(said("25", "identity.merged")) == 1
    held = [each for each in about("25", "welcome") if each.get("held_out")]
    assert {reasons(each)["welcome_by_email"] for each in held} == {"holdout"}
    ours = (each for each in said("25", "action") if each["address"] == "zita@example.com")
    assert [*ours] == []


def test_25_the_other_name_would_have_drawn_another_way() -> None:
    harness = play(ALL["25"])[0]
    name = str(harness.customer_of({"user_id": "yuri"}))
    variants = next(
        each for each in default_playbook().rules.variants if each.action == "welcome_by_email"
    )
    assert variants.at(share_of(variants.salt, name)) == "short"


def test_24_a_silent_buyer_is_missed_once_and_welcomed_back() -> None:
    assert found("24")[-2:] == ["lapsing", "reactivated"]
    missed, back = said("24", "action")
    assert missed["action"] == "win_back_by_email"
    # Ten days lie between two orders: after twice that, and not before.
    assert in_words(missed["time"]) == "2026-04-21T06:00:00Z"
    assert (back["action"], in_words(back["time"])) == (
        "welcome_back_by_email",
        "2026-05-03T18:00:00Z",
    )


def test_27_one_message_where_they_looked_last() -> None:
    assert found("27") == ["price_drop_on_interest"]
    (told,) = said("27", "action")
    assert (told["channel"], told["address"]) == ("mobile", "d-mia")
    costs = {"price": "199", "before": "259", "currency": "EUR"}
    assert told["params"] == {"article": "TENT-2", **costs}
    assert in_words(told["time"]) == "2026-03-06T09:00:00Z"
    (decision,) = about("27", "price_drop_on_interest")
    assert reasons(decision)["tell_price_by_email"] == "lost_arbitration"


def test_28_who_has_not_asked_is_told_that_it_is_late() -> None:
    assert found("28") == ["delivery_delayed", "contact_after_notice"]
    notice = act("28", "tell_delay_by_email")
    assert in_words(notice["time"]) == "2026-03-05T12:00:00Z"
    assert notice["address"] == "zoe@example.com"


def test_28_the_agent_sees_what_they_were_told() -> None:
    handoff = act("28", "brief_call_on_notice")["handoff"]
    assert handoff["tried"] == ["3 hours ago: tell delay by email (delivered, no answer yet)"]


def test_29_the_agent_makes_the_offer_that_was_made() -> None:
    offer, brief = said("29", "action")
    assert (offer["channel"], offer["offer"]) == ("sms", "ten_percent")
    assert brief["action"] == "brief_call_agent"
    assert brief["handoff"]["items"][0]["price"] == 120
    until = in_words(offer["expires_at"])
    assert brief["handoff"]["tried"] == [
        "3 hours ago: welcome offer by sms (delivered, no answer yet; "
        f"offers ten percent until {until})"
    ]
    assert [each for each in said("29", "action") if each.get("offer")] == [offer]


def of_one(number: str, kind: str, **known: str) -> list[Json]:
    """What was said of one customer."""
    name = customer(number, **known).customer_id
    return [each for each in said(number, kind) if each["customer_id"] == name]


def test_30_a_checkout_that_is_left_brings_one_reminder_and_none_of_its_cart() -> None:
    (reminder,) = of_one("30", "action", user_id="lina")
    assert reminder["action"] == "finish_checkout_by_email"
    assert in_words(reminder["time"]) == "2026-03-02T11:05:00Z"
    cart = [
        reasons(each)["remind_by_email"]
        for each in of_one("30", "decision", user_id="lina")
        if each["situation"] == "cart_abandoned"
    ]
    assert cart == ["lost_arbitration", "mutual_exclusion", "mutual_exclusion"]


def test_30_an_order_in_time_leaves_no_checkout() -> None:
    assert of_one("30", "situation", user_id="marek") == []


def test_30_who_has_it_in_hand_in_the_shop_gets_no_email() -> None:
    briefed, of_cart, of_checkout = of_one("30", "decision", user_id="nele")
    assert briefed["action"] == "brief_store"
    assert reasons(of_cart)["remind_by_email"] == "handled_elsewhere"
    assert set(reasons(of_checkout).values()) == {"handled_elsewhere"}
    assert len(of_one("30", "action", user_id="nele")) == 1


def test_30_who_was_reminded_of_the_cart_is_not_reminded_of_the_checkout() -> None:
    (reminder,) = of_one("30", "action", user_id="otto")
    assert reminder["action"] == "remind_by_email"
    (of_checkout,) = [
        each
        for each in of_one("30", "decision", user_id="otto")
        if each["situation"] == "checkout_abandoned"
    ]
    assert set(reasons(of_checkout).values()) == {"mutual_exclusion"}


def test_31_what_was_looked_at_three_times_is_shown_again_once() -> None:
    (shown,) = of_one("31", "action", user_id="pia")
    assert shown["action"] == "show_again_by_email"
    assert shown["params"] == {"article": "Tent for two", "sku": "TENT-2"}
    assert in_words(shown["time"]) == "2026-03-09T11:20:00Z"


def test_31_what_lies_in_the_cart_is_reminded_of_alone() -> None:
    assert {each["situation"] for each in of_one("31", "situation", user_id="quin")} == {
        "cart_abandoned"
    }
    assert [each["action"] for each in of_one("31", "action", user_id="quin")] == [
        "remind_by_email"
    ]


@pytest.mark.parametrize("name", ["rosa", "sven"])
def test_31_nobody_is_shown_what_they_bought(name: str) -> None:
    assert of_one("31", "situation", user_id=name) == []


def test_31_nothing_is_pushed_while_they_ask_somebody() -> None:
    (talking,) = of_one("31", "decision", user_id="tara")
    assert talking["situation"] == "browse_abandoned"
    assert set(reasons(talking).values()) == {"muted_by_case"}
