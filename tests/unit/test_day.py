from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from legato.core.instant import MINUTE
from legato.core.vocabulary import vocabulary
from legato.demo.day import Guest, simulate, story_of
from legato.demo.stories import PROGRAMME
from legato.demo.town import Json
from tests.replay.brute_force import find_all

MORNING = 1_700_028_000_000
CUSTOMERS = 400
DAY = list(simulate(7, CUSTOMERS, 3_000, MORNING))


@pytest.fixture(scope="module")
def told() -> dict[str, list[list[Json]]]:
    """Each story's tellings, without the last guest, who may have been cut short."""
    by_guest: dict[str, list[Json]] = defaultdict(list)
    for event in sorted(DAY, key=lambda event: event["time"]):
        by_guest[event["id"].rpartition("-")[0]].append(event)
    tellings: dict[str, list[list[Json]]] = defaultdict(list)
    for name in sorted(by_guest)[:-1]:
        tellings[story_of(Guest(*map(int, name.split("-"))))].append(by_guest[name])
    return tellings


def test_the_same_seed_tells_the_same_day_and_another_seed_another() -> None:
    assert list(simulate(7, CUSTOMERS, 3_000, MORNING)) == DAY
    assert list(simulate(8, CUSTOMERS, 3_000, MORNING)) != DAY


def test_it_tells_as_many_events_as_asked_each_with_an_id_of_its_own() -> None:
    assert len(DAY) == len({event["id"] for event in DAY}) == 3_000


def test_events_come_in_the_order_in_which_they_are_received() -> None:
    assert all(a["received"] <= b["received"] for a, b in pairwise(DAY))
    assert all(MORNING <= event["time"] <= event["received"] for event in DAY)


def test_few_events_still_fill_a_whole_day() -> None:
    few = list(simulate(7, 100_000, 500, MORNING))
    assert few[-1]["time"] - few[0]["time"] > 8 * 60 * MINUTE


def test_many_events_bring_the_customers_back_on_the_next_day() -> None:
    many = list(simulate(7, 10, 500, MORNING))
    assert len(many) == 500
    assert len({event["identifiers"]["loyalty_id"] for event in many}) == 10


def test_no_customers_no_events() -> None:
    assert list(simulate(7, 0, 500, MORNING)) == []


def test_every_type_is_in_the_vocabulary() -> None:
    assert {event["type"] for event in DAY} <= {name for name, _, _ in vocabulary()}


def test_all_six_channels_speak_and_one_identifier_is_shared() -> None:
    channels = {"web", "mobile", "store", "call", "chat", "email"}
    assert {event["channel"] for event in DAY} == channels
    assert all(event["identifiers"].get("loyalty_id") for event in DAY)


def test_each_story_occurs_and_most_customers_have_one(
    told: dict[str, list[list[Json]]],
) -> None:
    assert set(told) == {share.story.__name__ for share in PROGRAMME}
    assert sum(share.percent for share in PROGRAMME) == 100
    lived = Counter({story: len(tellings) for story, tellings in told.items()})
    assert 1 - lived["browsing"] / lived.total() > 0.2


def test_carts_bought_elsewhere_within_the_hour_are_not_abandoned(
    told: dict[str, list[list[Json]]],
) -> None:
    elsewhere = told["bought_by_phone"] + told["bought_at_an_offline_till"]
    situations = [find.situation for telling in elsewhere for find in find_all(telling)]
    assert len(situations) >= len(elsewhere) > 0
    assert set(situations) == {"channel_switched"}


def test_carts_left_behind_are_abandoned(told: dict[str, list[list[Json]]]) -> None:
    for telling in told["cart_left_behind"]:
        later = telling[-1]["time"] + 60 * MINUTE
        assert [find.stage for find in find_all(telling, until=later)] == [1]


def test_carts_are_carried_to_the_store(told: dict[str, list[list[Json]]]) -> None:
    for telling in told["carried_to_the_store"]:
        switches = [f for f in find_all(telling) if f.situation == "channel_switched"]
        assert [(find.to_channel, find.goals[0][0]) for find in switches] == [("store", "cart")]


def test_a_question_goes_from_email_to_chat_as_one_case(
    told: dict[str, list[list[Json]]],
) -> None:
    for telling in told["question_carried_along"]:
        into_chat = [find for find in find_all(telling) if find.to_channel == "chat"]
        assert [find.from_channel for find in into_chat] == ["email"]
        assert "case" in dict(into_chat[0].goals)


def test_an_offline_till_is_heard_late(told: dict[str, list[list[Json]]]) -> None:
    for telling in told["bought_at_an_offline_till"]:
        assert telling[-1]["type"] == "order.completed"
        assert telling[-1]["received"] - telling[-1]["time"] >= 40 * MINUTE


def test_a_bot_hands_over_and_a_settled_nothing_is_asked_again(
    told: dict[str, list[list[Json]]],
) -> None:
    for telling in told["bot_gives_up"]:
        started, *_ = (e for e in telling if e["type"] == "contact.started")
        assert started["data"]["bot"]
        assert any(event["type"] == "contact.transferred" for event in telling)
    for telling in told["asked_twice"]:
        contacts = [e for e in telling if e["type"] == "contact.started"]
        assert [e["channel"] for e in contacts] == ["chat", "call"]
        assert len({e["data"]["reason"] for e in contacts}) == 1
