"""The golden scenarios: what must be found, what must be done, and what must not."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.context import Context
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


def customer(number: str, loyalty_id: str) -> Context:
    contexts = play(ALL[number])[0].contexts.values()
    return next(each for each in contexts if each.identifiers["loyalty_id"] == [loyalty_id])


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_a_scenario_plays_as_written(scenario: Scenario) -> None:
    assert play(scenario)[1] == scenario.expected.read_bytes().splitlines()


def test_the_page_of_scenarios_is_true() -> None:
    assert BOOK.read_text() == book()


@pytest.mark.parametrize("scenario", ALL.values(), ids=lambda scenario: scenario.number)
def test_each_customer_carries_one_identifier_everywhere(scenario: Scenario) -> None:
    for line in scenario.events:
        assert "loyalty_id" in msgspec.json.decode(line)["identifiers"]


def test_1_the_associate_knows_the_cart_and_nobody_reminds_meanwhile() -> None:
    assert found("1") == ["channel_switched web store", "cart_abandoned 1"]
    assert done("1") == ["brief_store"]
    action = said("1", "action")[0]
    assert (action["channel"], action["address"]) == ("store", "shop-berlin-7")
    reminders = reasons(said("1", "decision")[1])
    assert set(reminders.values()) == {"handled_elsewhere"}
    assert len(reminders) == 3
    assert customer("1", "L-1001").carts == {}


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
    context = customer("3", "L-1003")
    assert (context.carts, context.cases) == ({}, {})


def test_4a_the_waiting_reminder_is_revoked_in_time() -> None:
    action, revoked = said("4a", "action")[0], said("4a", "revoked")[0]
    assert action["not_before"] > revoked["time"]
    assert revoked["action_id"] == action["action_id"]
    assert "too_late" not in revoked
    assert done("4a") == ["remind_by_email"]
    assert customer("4a", "L-1004").actions[0].status == "revoked"


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
    context = customer("5", "L-1005")
    assert (context.carts, context.cases) == ({}, {})
    assert len(context.journeys) == 1
    assert list(dict.fromkeys(touch.channel for touch in context.timeline)) == [
        "email", "chat", "store",
    ]  # fmt: skip


def test_5_the_order_closes_the_cart_and_not_the_case() -> None:
    harness = play(msgspec.structs.replace(ALL["5"], until="2026-03-02T16:20:00Z"))[0]
    context = next(iter(harness.contexts.values()))
    assert context.carts == {}
    assert list(context.cases) == ["reason:repair"]


def test_21_the_human_sees_what_the_bot_knew_and_asking_again_is_counted() -> None:
    assert found("21") == ["channel_switched chatbot chat"]
    action = said("21", "action")[0]
    assert (action["action"], action["address"]) == ("brief_chat_agent", "delivery")
    handoff = action["handoff"]
    assert handoff["stopped_at"] == "asked on chatbot 3 minutes ago; a bot could not help"
    assert {"order 4820", "the address is right"} <= set(handoff["do_not_ask"])
    assert customer("21", "L-1021").asked_again == 1
