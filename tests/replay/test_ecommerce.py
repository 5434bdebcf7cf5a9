from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from legato.core.events.vocabulary import KNOWN_TYPES
from tests.replay.ecommerce import convert, read_lines

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def events(converted: tuple[Path, Path]) -> Lines:
    return read_lines(converted[0])


@pytest.fixture(scope="module")
def profiles(converted: tuple[Path, Path]) -> Lines:
    return read_lines(converted[1])


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return convert(tmp_path_factory.mktemp("ecommerce"))


def test_converting_again_writes_the_same_bytes(
    converted: tuple[Path, Path], tmp_path: Path
) -> None:
    assert [p.read_bytes() for p in convert(tmp_path)] == [p.read_bytes() for p in converted]


def test_each_row_becomes_an_event_and_each_chat_gets_an_end(events: Lines) -> None:
    types = Counter(event["type"] for event in events)
    assert len(events) - types["contact.ended"] == 31_106
    assert types["contact.started"] == types["contact.ended"] == 277
    assert types["cart.item_added"] == 1_346
    assert types["checkout.started"] == 958 + 709
    assert types["order.completed"] == 470


def test_ids_are_unique_and_times_in_order(events: Lines, profiles: Lines) -> None:
    both = profiles + events
    assert len({event["id"] for event in both}) == len(both)
    for lines in (events, profiles):
        assert all(a["time"] <= b["time"] for a, b in pairwise(lines))


def test_types_are_known_but_for_two_that_the_shop_adds(events: Lines, profiles: Lines) -> None:
    used = {event["type"] for event in profiles + events}
    known = {each.name for each in KNOWN_TYPES}
    assert used - known <= {"cart.viewed", "wishlist.item_added"}


def test_a_tablet_is_a_device_of_the_web_and_a_chat_is_a_channel(events: Lines) -> None:
    pairs = {(event["device"], event["channel"]) for event in events}
    screens = {pair for pair in pairs if pair[1] != "chat"}
    assert screens == {("desktop", "web"), ("tablet", "web"), ("mobile", "mobile")}
    chats = {event["type"] for event in events if event["channel"] == "chat"}
    assert chats == {"contact.started", "contact.ended"}


def test_every_chat_ends_resolved_with_its_reason_and_before_the_next(events: Lines) -> None:
    chats: dict[str, Lines] = {}
    for event in events:
        if event["channel"] == "chat":
            chats.setdefault(event["identifiers"]["user_id"], []).append(event)
    for told in chats.values():
        for started, ended in zip(told[::2], told[1::2], strict=True):
            assert ended["id"] == started["id"] + "-end"
            assert ended["data"]["reason"] == started["data"]["reason"]
            assert ended["data"]["resolved"] is True
            assert ended["time"] - started["time"] <= 600_000


def test_an_order_lists_only_what_its_session_put_into_the_cart(events: Lines) -> None:
    added: Counter[tuple[str, str]] = Counter()
    for event in events:
        session = event["session_id"]
        if event["type"] == "cart.item_added":
            added[session, event["data"]["sku"]] += 1
        if event["type"] == "order.completed":
            for item in event["data"].get("items", ()):
                added[session, item["sku"]] -= item["quantity"]
    assert min(added.values()) == 0


def test_customers_differ_in_addresses_and_wishes(profiles: Lines) -> None:
    known = Counter(kind for event in profiles for kind in event["identifiers"])
    assert known["user_id"] == 2 * 600
    assert 0 < known["phone"] < known["email"] < known["user_id"]
    said = Counter(
        (wish["purpose"], wish["channel"], wish["status"])
        for event in profiles
        for wish in event["data"].get("consents", ())
    )
    assert {status for _, _, status in said} == {"granted", "denied"}
    assert all(count < 600 for count in said.values())
