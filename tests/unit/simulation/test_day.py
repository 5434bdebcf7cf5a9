from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import NamedTuple

import pytest
from msgspec import json, to_builtins

from legato.core.events.event import Event
from legato.core.events.vocabulary import KNOWN_TYPES
from legato.core.identity.events import CustomersMerged, IdentifierLinked, MergeRefused
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.simulation.day import guest_of, simulate, story_of
from legato.simulation.stories import PROGRAMME
from legato.simulation.world import Json, meet
from tests.replay.brute_force import Finding, find_all
from tests.replay.told import KNOWN, as_finding

MORNING = 1_700_028_000_000
CUSTOMERS = 400
DAY = list(simulate(7, CUSTOMERS, 3_000, MORNING))
WHO = ("loyalty_id", "whoever it is")


class Telling(NamedTuple):
    """One visit: its events, and what the line finds in them."""

    events: list[Json]
    harness: Harness

    @property
    def found(self) -> list[Finding]:
        """The situations, which must be those that brute force finds if all is one person's."""
        found = [
            as_finding(to_builtins(each), WHO)
            for each in self.harness.situations
            if each.situation in KNOWN
        ]
        return sorted(found)


@pytest.fixture(scope="module")
def told() -> dict[str, list[Telling]]:
    """Each story's tellings, without the last guest, who may have been cut short."""
    by_guest: dict[str, list[Json]] = defaultdict(list)
    for event in sorted(DAY, key=lambda event: event["time"]):
        by_guest[guest_of(event).name].append(event)
    tellings: dict[str, list[Telling]] = defaultdict(list)
    for name in sorted(by_guest)[:-1]:
        events = by_guest[name]
        tellings[story_of(guest_of(events[0]))].append(Telling(events, _followed(events)))
    return tellings


def _followed(events: list[Json]) -> Harness:
    """Follow a visit by the identifiers that its channels know, in order of time."""
    harness = Harness()
    for event in events:
        read = json.decode(json.encode(event), type=Event)
        read.received = read.time
        assert harness.take(read) is None
    return harness


def _as_one(events: list[Json], until: int | None = None) -> list[Finding]:
    """Say what brute force finds if whoever is told of is one person."""
    return find_all([{**event, "identifiers": dict((WHO,))} for event in events], until)


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
    assert {guest_of(event).number for event in many} == {*range(10)}
    assert {guest_of(event).day for event in many} >= {0, 1, 2}


def test_no_customers_no_events() -> None:
    assert list(simulate(7, 0, 500, MORNING)) == []


def test_every_type_is_in_the_vocabulary() -> None:
    assert {event["type"] for event in DAY} <= {each.name for each in KNOWN_TYPES}


def test_all_six_channels_know_people_by_their_own_identifiers() -> None:
    known: dict[str, set[frozenset[str]]] = defaultdict(set)
    for event in DAY:
        if event["type"] in KNOWN_BY_THE_CHANNEL:
            known[event["channel"]].add(frozenset(event["identifiers"]))
    assert known == {
        "web": {frozenset({"anonymous_id"}), frozenset({"anonymous_id", "user_id"})},
        "mobile": {frozenset({"device_id", "user_id"})},
        "store": {frozenset({"loyalty_id"})},
        "call": {frozenset({"phone"}), frozenset({"phone", "user_id"})},
        "chat": {frozenset({"email"})},
        "email": {frozenset({"email"})},
    }


KNOWN_BY_THE_CHANNEL = {
    "product.viewed",
    "cart.item_added",
    "store.visited",
    "contact.started",
    "message.received",
}


def test_nothing_is_shared_by_all_channels() -> None:
    assert set.intersection(*(set(event["identifiers"]) for event in DAY)) == set()


def test_links_come_by_login_card_order_and_verified_caller() -> None:
    linking = {
        (event["type"], *event["identifiers"]) for event in DAY if len(event["identifiers"]) > 1
    }
    assert ("account.logged_in", "anonymous_id", "user_id") in linking
    assert ("loyalty.card_scanned", "loyalty_id", "email") in linking
    assert ("order.completed", "anonymous_id", "user_id", "email") in linking
    assert ("order.completed", "loyalty_id", "email") in linking
    verified = [event for event in DAY if event["type"] == "contact.started"]
    verified = [event for event in verified if "user_id" in event["identifiers"]]
    assert verified
    assert all(event["authenticated"] for event in verified)


def test_some_never_log_in_and_nobody_knows_who_they_are() -> None:
    strangers = [e for e in DAY if meet(7, guest_of(e).number).stranger]
    assert {frozenset(event["identifiers"]) for event in strangers} == {
        frozenset({"anonymous_id"})
    }
    people = {guest_of(event).number for event in strangers}
    assert 0.1 < len(people) / len({guest_of(event).number for event in DAY}) < 0.35


def test_the_line_finds_one_customer_for_everybody_who_showed_who_they_are() -> None:
    harness = _followed(DAY)
    roots = [c for c in harness.contexts.values() if not (c.identity or NO_IDENTITY).forward]
    accounts = [name for name in (c.customer_id for c in roots) if name.startswith("0-")]
    known = {guest_of(e).number for e in DAY if not meet(7, guest_of(e).number).stranger}
    assert len(accounts) == len(known)
    assert all(each.seen for each in roots)
    kinds = Counter(type(each) for each in harness.identity)
    assert kinds[CustomersMerged] > 50
    assert kinds[IdentifierLinked] > kinds[CustomersMerged]


def test_homes_share_a_browser_or_a_telephone_and_stay_two() -> None:
    one, two, three = meet(7, 0), meet(7, 1), meet(7, 2)
    assert one.anonymous_id == two.anonymous_id != three.anonymous_id
    assert meet(7, 10).phone == meet(7, 11).phone != meet(7, 12).phone
    refused = [each for each in _followed(DAY).identity if isinstance(each, MergeRefused)]
    assert refused
    assert {each.type for each in refused} <= {"user_id", "loyalty_id"}


def test_each_story_occurs_and_most_customers_have_one(
    told: dict[str, list[Telling]],
) -> None:
    assert set(told) == {share.story.__name__ for share in PROGRAMME}
    assert sum(share.percent for share in PROGRAMME) == 100
    assert sum(share.of_strangers for share in PROGRAMME) == 100
    lived = Counter({story: len(tellings) for story, tellings in told.items()})
    assert 1 - lived["browsing"] / lived.total() > 0.2


@pytest.mark.parametrize("story", [share.story.__name__ for share in PROGRAMME])
def test_stories_come_true_through_the_links(
    story: str, told: dict[str, list[Telling]]
) -> None:
    """The line, which has to find out who it is, finds what brute force finds of one person."""
    for telling in told[story]:
        if story in ALL_OF_ONE:
            assert telling.found == _as_one(telling.events), telling.events


ALL_OF_ONE = {
    "cart_left_behind",
    "bought_at_once",
    "bought_by_phone",
    "carried_to_the_store",
    "bought_at_an_offline_till",
    "question_carried_along",
    "asked_twice",
    "payment_refused",
}
"""In the others somebody may chat who did not log in before."""


def test_carts_bought_elsewhere_within_the_hour_are_not_abandoned(
    told: dict[str, list[Telling]],
) -> None:
    elsewhere = told["bought_by_phone"] + told["bought_at_an_offline_till"]
    situations = [find.situation for telling in elsewhere for find in telling.found]
    assert len(situations) >= len(elsewhere) > 0
    assert set(situations) == {"channel_switched"}


def test_carts_left_behind_are_abandoned(told: dict[str, list[Telling]]) -> None:
    for telling in told["cart_left_behind"]:
        later = telling.events[-1]["time"] + 60 * MINUTE
        telling.harness.wait_until(later)
        assert [find.stage for find in telling.found] == [1]
        assert telling.found == _as_one(telling.events, later)


def test_carts_are_carried_to_the_store(told: dict[str, list[Telling]]) -> None:
    for telling in told["carried_to_the_store"]:
        switches = [f for f in telling.found if f.situation == "channel_switched"]
        assert [(find.to_channel, find.goals[0][0]) for find in switches] == [("store", "cart")]


def test_a_question_goes_from_email_to_chat_as_one_case(
    told: dict[str, list[Telling]],
) -> None:
    for telling in told["question_carried_along"]:
        into_chat = [find for find in telling.found if find.to_channel == "chat"]
        assert [find.from_channel for find in into_chat] == ["email"]
        assert "case" in dict(into_chat[0].goals)


def test_an_offline_till_is_heard_late(told: dict[str, list[Telling]]) -> None:
    for telling in told["bought_at_an_offline_till"]:
        last = telling.events[-1]
        assert last["type"] == "order.completed"
        assert last["received"] - last["time"] >= 40 * MINUTE


def test_a_bot_hands_over_and_a_settled_nothing_is_asked_again(
    told: dict[str, list[Telling]],
) -> None:
    for telling in told["bot_gives_up"]:
        started, *_ = (e for e in telling.events if e["type"] == "contact.started")
        assert started["data"]["bot"]
        assert any(event["type"] == "contact.transferred" for event in telling.events)
    for telling in told["asked_twice"]:
        contacts = [e for e in telling.events if e["type"] == "contact.started"]
        assert [e["channel"] for e in contacts] == ["chat", "call"]
        assert len({e["data"]["reason"] for e in contacts}) == 1
        into_call = [find for find in telling.found if find.to_channel == "call"]
        assert [find.from_channel for find in into_call] == ["chat"]
