"""References between events: what is told to whom, and the same by one partition or four."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.references.versions import ReferenceVersion
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive
from legato.core.values.outputs import Output, Situation
from legato.core.values.time import DAY, HOUR, MINUTE
from legato.harness import Harness
from legato.replay import Entry, read_log, replay
from tests.examples import examples
from tests.outside.tally import Tally
from tests.replay.shards import Shards
from tests.unit.core.stories import NOON

Json = dict[str, Any]
TEXT = b"""
version: 1
situations:
  price_changed: {tally: {of: reference.price, times: 1}}
  left: {absence: {of: cart, after: [1h]}}
  stock_twice: {tally: {of: reference.stock, times: 2}}
  bargain:
    match: {on: cart.item_added, where: 'ref.price[event.data.sku].amount < 3'}
actions:
  tell: {situation: price_changed, channel: web, purpose: service, content: price}
  haggle:
    situation: bargain
    channel: web
    purpose: service
    content: cheap
    when: '!has(ref.stock[event.data.sku]) || ref.stock[event.data.sku].amount > 1'
    params: {was: '{{ ref.price[event.data.sku].amount }}'}
channels:
  web: {pull: true}
caps:
  hourly: {most: 2, per: 1h}
"""
WAITING = b"""
situations:
  fell_while_undecided:
    sequence:
      steps: [product.compared, reference.price]
      within: 1h
      by: 'has(event.key) ? event.key : event.data.sku'
  queue_grew: {match: {on: reference.queue, where: event.data.amount > 1}}
"""
KNOWN: tuple[type[Primitive], ...] = (*PRIMITIVES, Tally)
PLAYBOOK = read_playbook(TEXT, KNOWN)
PATIENT = read_playbook(TEXT.replace(b"\nsituations:\n", WAITING), KNOWN)
"""The same, which asks for those who wait or compare as well."""
PEOPLE = ("ada", "bob", "cid", "dee", "eve")
ARTICLES = ("SHOE", "HAT", "COAT")


def price(minute: float, amount: int | None, key: object = "SHOE", **told: object) -> Json:
    value = None if amount is None else {"amount": amount}
    time = NOON + round(minute * MINUTE)
    return {"reference": "price", "key": key, "time": time, "value": value, **told}


def deed(minute: float, kind: str, known: Json, **told: object) -> Json:
    event = {"id": f"{kind}-{minute}-{known}", "type": kind, "channel": "web"}
    time = NOON + round(minute * MINUTE)
    return {**event, "time": time, "identifiers": known, "data": {"sku": "SHOE", **told}}


def put_in(minute: float, who: str = "ada", sku: str = "SHOE") -> Json:
    return deed(minute, "cart.item_added", {"user_id": who}, sku=sku)


def entries(lines: list[Json]) -> list[Entry]:
    return read_log(json.encode(line) for line in lines)


def told(*lines: Json, playbook: Playbook = PLAYBOOK) -> list[Json]:
    """The situations of a replay, and its dead letters."""
    log = entries([*lines])
    said = [json.decode(each) for each in replay(Harness(playbook), log, log[-1].at)]
    return [each for each in said if each["kind"] in ("situation", "dead_letter")]


def found(*lines: Json) -> list[tuple[float, str]]:
    """Who was told of a price, and when, in minutes."""
    return [
        ((each["time"] - NOON) / MINUTE, each["identifiers"]["user_id"])
        for each in told(*lines)
        if each["situation"] == "price_changed"
    ]


def test_who_names_an_article_is_told_what_becomes_of_its_price() -> None:
    assert found(
        put_in(0),
        put_in(1, "bob", "HAT"),
        price(5, 89),
        price(6, 89),
        price(7, 79),
        price(8, None),
        price(9, 99, "COAT"),
    ) == [(5, "ada"), (7, "ada"), (8, "ada")]


def test_lines_are_taken_in_order_of_time_and_of_the_file() -> None:
    assert found(price(5, 89), put_in(0), put_in(5, "bob")) == [(5, "ada")]
    assert found(put_in(5, "bob"), price(5, 89)) == [(5, "bob")]


def test_what_became_known_late_counts_from_then() -> None:
    late = price(5, 89, received=NOON + 20 * MINUTE)
    assert found(put_in(10), late) == [(5, "ada")]
    assert found(put_in(30), late) == []


def test_what_is_known_early_counts_from_its_time() -> None:
    early = price(20, 89, received=NOON)
    assert found(put_in(10), early) == [(20, "ada")]


def test_orders_are_named_for_ten_days() -> None:
    order = deed(0, "order.completed", {"user_id": "ada"}, items=[{"sku": "SHOE"}])
    ten_days = 10 * DAY / MINUTE
    assert found(order, price(ten_days - 1, 89)) == [(ten_days - 1, "ada")]
    assert found(order, price(ten_days, 89)) == []


def test_who_waits_in_a_queue_or_has_a_run_about_an_article_is_told() -> None:
    ada, bob = {"user_id": "ada"}, {"user_id": "bob"}
    said = told(
        deed(0, "contact.queued", ada, queue="sales"),
        deed(1, "product.compared", bob, sku="TV"),
        {**price(2, 1, "sales"), "reference": "queue"},
        {**price(3, 9, "sales"), "reference": "queue"},
        price(4, 99, "TV"),
        deed(5, "contact.answered", ada),
        {**price(6, 8, "sales"), "reference": "queue"},
        playbook=PATIENT,
    )
    assert [(each["situation"], each["identifiers"]["user_id"]) for each in said] == [
        ("queue_grew", "ada"),
        ("fell_while_undecided", "bob"),
        ("price_changed", "bob"),
    ]


def test_a_change_leaves_nothing_in_a_context_but_that_it_was_followed() -> None:
    harness = Harness(PLAYBOOK)
    for _ in replay(harness, entries([put_in(0)]), NOON):
        pass
    (customer_id,) = harness.contexts
    before = harness.engine.explain(customer_id)
    assert before is not None
    shown = json.encode(before.context)
    harness.refer("price", "SHOE", {"amount": 1}, NOON + MINUTE)
    context = before.context
    assert [each.situation for each in harness.situations] == ["price_changed"]
    assert len(context.digests) == 2
    context.seen = context.seen[:12]
    context.revision -= 1
    context.actions = ()
    assert json.encode(context) == shown


def test_a_price_that_falls_is_found_by_a_condition() -> None:
    fallen = read_playbook(
        b"""
version: 1
situations:
  fell:
    match: {on: reference.price, where: event.data.amount < event.before.amount, once: 1s}
"""
    )
    harness = Harness(fallen)
    log = entries([deed(0, "product.viewed", {"user_id": "ada"})])
    assert [*replay(harness, log, NOON)] == []
    for minute, amount in enumerate((89, 79, 99, None, 69)):
        value = None if amount is None else {"amount": amount}
        harness.refer("price", "SHOE", value, NOON + minute * MINUTE)
    assert [each.time for each in harness.situations] == [NOON + MINUTE]


def test_a_kind_that_no_situation_asks_about_is_told_to_nobody() -> None:
    harness = Harness()
    for _ in replay(harness, entries([put_in(0)]), NOON):
        pass
    harness.refer("queue", "SHOE", {"wait_s": 1}, NOON + MINUTE)
    assert [len(each.digests) for each in harness.contexts.values()] == [1]


def test_what_is_no_reference_is_a_dead_letter() -> None:
    faulty = [
        price(0, 1, reference="Price"),
        price(0, 1, key=""),
        price(0, 1, key=None),
        price(0, 1, time="today"),
        price(0, 1, time=12),
        price(0, 1, value=[1]),
        price(0, 1, value={"text": "x" * 70_000}),
        {"reference": "price", "key": "SHOE", "time": NOON},
    ]
    for line in faulty:
        (letter,) = told(line)
        assert letter["reason"] == "bad_reference", line
        assert letter["message"].startswith("reference: ")
    assert told(price(0, 1, key=7), price(0, 1, time="2026-03-02T12:00:00Z")) == []


def test_an_event_may_have_a_field_of_that_name() -> None:
    event = {**put_in(0), "reference": "campaign-7", "key": "k"}
    assert found(event, price(5, 89)) == [(5, "ada")]
    assert found(deed(0, "product.viewed", {"user_id": "ada"}, reference=1), price(5, 89)) == [
        (5, "ada")
    ]


def stock(minute: float, amount: int, key: object = "SHOE") -> Json:
    return {**price(minute, amount, key), "reference": "stock"}


def decided(*lines: Json) -> list[Json]:
    """What was decided in a replay, and what was done."""
    log = entries([*lines])
    said = [json.decode(each) for each in replay(Harness(PLAYBOOK), log, log[-1].at)]
    return [each for each in said if each["kind"] in ("decision", "action")]


def test_a_decision_names_the_versions_that_were_read() -> None:
    told, done = decided(price(0, 2), stock(1, 5), price(2, 1), price(3, 9, "HAT"), put_in(4))
    assert told["references"] == {
        "price/SHOE": NOON + 2 * MINUTE,
        "stock/SHOE": NOON + MINUTE,
    }
    assert done["params"] == {"was": "1"}


def test_what_was_not_read_is_not_named() -> None:
    told, _ = decided(price(0, 2), put_in(1))
    assert told["references"] == {"price/SHOE": NOON}
    assert [each.get("references") for each in decided(put_in(0), price(1, 9))] == [None] * 2


def test_what_comes_late_is_judged_by_what_counted_then() -> None:
    """The price rose before the cart was heard of; by then it had been cheap."""
    late = {**put_in(5), "received": NOON + 20 * MINUTE}
    lines = [{**each, "received": each["time"]} for each in (price(0, 1), price(10, 9))]
    (told, _) = decided(*lines, late)
    assert told["references"] == {"price/SHOE": NOON}


def test_nothing_is_read_of_what_is_gone_or_was_never_known() -> None:
    assert decided(put_in(0)) == []
    assert decided(price(0, 1), price(1, None), put_in(2)) == []
    assert [each["kind"] for each in decided(price(0, 1), put_in(2))] == ["decision", "action"]


@pytest.mark.parametrize("steps", range(6))
def test_who_is_being_merged_is_told_once(steps: int) -> None:
    """A visitor with a cart logs in; the price falls when so many messages have arrived."""
    shards, cookie = Shards(PLAYBOOK, 4), {"anonymous_id": "c-ada"}
    added = deed(0, "cart.item_added", cookie)
    shards.follow(entries([added, put_in(0, "bob"), price(1, 89)]), NOON + MINUTE)
    (login,) = entries([deed(2, "account.logged_in", both("ada"))])
    assert isinstance(login.reading, Event)
    shards.enter(login.reading)
    shards.deliver(steps)
    shards.refer(ReferenceVersion("price", "SHOE", NOON + 3 * MINUTE, b'{"amount":79}'))
    shards.deliver()
    found = [each for each in shards.outputs if isinstance(each, Situation)]
    times = Counter(each.time for each in found if each.situation == "price_changed")
    assert times == {NOON + MINUTE: 2, NOON + 3 * MINUTE: 2}


def comparing_or_waiting(minute: float, who: str, sku: str) -> st.SearchStrategy[Json]:
    """What leaves a run, a wait in a queue, or changes that queue."""
    known = {"user_id": who}
    return st.sampled_from(
        [
            deed(minute, "product.compared", known, sku=sku),
            deed(minute, "contact.queued", known, queue="sales"),
            deed(minute, "contact.answered", known),
            {**price(minute, 1, "sales"), "reference": "queue"},
            {**price(minute, 2, "sales"), "reference": "queue"},
        ]
    )


@st.composite
def logs(draw: st.DrawFn) -> list[Json]:
    """Shoppers, some known by a cookie first; prices and stocks between what they do."""
    lines = []
    for _ in range(draw(st.integers(1, 25))):
        minute = draw(st.integers(0, 90))
        who, sku = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(ARTICLES))
        match draw(st.integers(0, 7)):
            case 0 | 1:
                kind = draw(st.sampled_from(["price", "stock"]))
                amount = draw(st.sampled_from([None, 1, 2, 3]))
                lines.append({**price(minute, amount, sku), "reference": kind})
            case 2:
                lines.append(deed(minute, "account.logged_in", both(who)))
            case 3:
                cookie = {"anonymous_id": f"c-{who}"}
                lines.append(deed(minute, "product.viewed", cookie, sku=sku))
            case 4:
                lines.append(deed(minute, "cart.item_removed", {"user_id": who}, sku=sku))
            case 5:
                lines.append(draw(comparing_or_waiting(minute, who, sku)))
            case _:
                lines.append(put_in(minute, who, sku))
    return lines


def both(who: str) -> Json:
    return {"user_id": who, "anonymous_id": f"c-{who}"}


def in_order(outputs: list[Output]) -> list[bytes]:
    return sorted(map(json.encode, outputs))


@given(logs())
@settings(max_examples=examples(150), deadline=None)
def test_one_partition_and_four_say_the_same(lines: list[Json]) -> None:
    until = NOON + 5 * HOUR
    one, four, restored = (Shards(PATIENT, partitions) for partitions in (1, 4, 4))
    said = in_order(one.follow(entries(lines), until))
    assert in_order(four.follow(entries(lines), until)) == said
    for entry in entries(lines):
        restored.follow([entry], entry.at)
        restored.restore()
    assert in_order(restored.follow([], until)) == said
    shown = [json.decode(each) for each in replay(Harness(PATIENT), entries(lines), until)]
    assert sorted(each["time"] for each in shown) == sorted(
        json.decode(each)["time"] for each in said
    )
