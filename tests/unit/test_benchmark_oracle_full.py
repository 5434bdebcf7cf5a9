"""benchmarks/RULES-FULL.md: its oracle at the borders, its input, and Legato held to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.engines.legato_replay import replayed
from benchmarks.lives import LATEST_MS, SILENCE_MS, START_MS, lives
from benchmarks.oracle_full import DAY, ECHO, HOUR, MINUTE, Event, judged
from benchmarks.outputs import Output
from benchmarks.states import State

ADDED, REMOVED = "cart.item_added", "cart.item_removed"
CHECKOUT, ORDER = "checkout.started", "order.completed"
VIEWED, OPENED = "page.viewed", "message.opened"


def event(at: int, kind: str = VIEWED, channel: str = "web", **more: str) -> Event:
    """Make an event of Ann's, so long after the start."""
    made: Event = {"id": f"{kind}-{at}", "type": kind, "channel": channel, "customer_id": "ann"}
    if kind.startswith("cart."):
        made["data"] = {"sku": "SHOE", "quantity": 1, "price": 89.0}
    if kind == ORDER:
        made["order_id"] = f"o{at}"
    return {**made, "time": START_MS + at, **more}


def told(*log: Event) -> list[tuple[str, int]]:
    """Return what is told, and how long after the start it happened."""
    return [(kind, time - START_MS) for _, kind, time in judged(log)[0]]


def known(*log: Event) -> State:
    """Return what is known of Ann in the end."""
    return msgspec.convert(judged(log)[1][0], State)


def test_three_stages_are_told_unless_the_cart_is_touched() -> None:
    left = event(0, ADDED), event(DAY, channel="web"), event(4 * DAY)
    stages = [("abandoned-1", HOUR), ("abandoned-2", DAY), ("abandoned-3", 3 * DAY)]
    assert told(*left) == stages
    touched = event(0, ADDED), event(2 * HOUR, CHECKOUT), event(3 * HOUR)
    assert told(*touched) == [("abandoned-1", HOUR), ("abandoned-1", 3 * HOUR)]


def test_an_order_at_the_deadline_comes_too_late() -> None:
    assert told(event(0, ADDED), event(HOUR, ORDER)) == [("abandoned-1", HOUR)]
    assert told(event(0, ADDED), event(HOUR - 1, ORDER), event(2 * HOUR)) == []


def test_a_late_touch_is_due_in_the_past() -> None:
    late = event(0, ADDED), event(2 * HOUR), event(30 * MINUTE, ADDED)
    assert told(*late) == [("abandoned-1", HOUR), ("abandoned-1", HOUR + 30 * MINUTE)]


def test_a_late_addition_is_bought_with_the_rest() -> None:
    late = event(0, ADDED), event(9, ORDER), event(20), event(5, ADDED)
    assert known(*late).cart is None
    after = known(*late, event(15, ADDED)).cart
    assert after is not None
    assert after.lines == (("SHOE", 1, 8900, START_MS + 15),)


def test_a_removal_waits_for_what_is_late() -> None:
    early = known(event(0, ADDED), event(9, REMOVED), event(5, ADDED)).cart
    assert early is not None
    assert early.lines == (("SHOE", 1, 8900, START_MS + 9),)


def test_a_checkout_so_soon_after_an_order_is_an_echo() -> None:
    bought = event(0, ADDED), event(9, ORDER)
    assert known(*bought, event(9 + ECHO, CHECKOUT)).cart is None
    assert known(*bought, event(10 + ECHO, CHECKOUT)).cart is not None
    assert known(*bought, event(10, ADDED), event(11, REMOVED), event(12, CHECKOUT)).cart


def test_an_order_is_one_fact_at_its_earliest_time() -> None:
    twice = event(9, ORDER), event(20), event(4, ORDER, id="again", order_id="o9")
    assert known(*twice).orders == (("o9", START_MS + 4),)


def test_a_switch_wants_an_open_cart_and_at_most_a_day() -> None:
    assert told(event(0, ADDED), event(DAY, channel="store"))[-1] == ("switch", DAY)
    assert ("switch", DAY + 1) not in told(event(0, ADDED), event(DAY + 1, channel="store"))
    assert told(event(0), event(1, channel="store")) == []
    hidden = event(0, ADDED), event(1, OPENED, "email"), event(2, channel="store")
    assert told(*hidden) == [("switch", 2)]


def test_a_journey_ends_after_a_day_without_a_cart() -> None:
    assert known(event(0), event(DAY)).journeys == ("page.viewed-0",)
    assert known(event(0), event(DAY + 1)).journeys == (
        "page.viewed-0",
        f"page.viewed-{DAY + 1}",
    )
    assert known(event(0, ADDED), event(2 * DAY)).journeys == ("cart.item_added-0",)


def test_what_is_repeated_changes_nothing() -> None:
    once = event(0, ADDED), event(1, channel="store", session_id="v")
    assert judged((*once, *once)) == judged(once)
    with pytest.raises(AssertionError, match="too late to be placed"):
        judged((event(LATEST_MS + 1), event(0)))


def test_the_input_is_late_and_repeated_as_the_rules_say() -> None:
    log = list(lives(20_000))
    firsts = {each.id: each for each in reversed(log)}
    assert len(firsts) < len(log) - 200
    moments = {(each.customer_id, each.time) for each in firsts.values()}
    assert len(moments) == len(firsts)
    assert sum(a.time > b.time for a, b in pairwise(log)) > 200
    assert list(lives(20_000)) == log
    assert next(lives(20_000, seed=1)) != log[0]


def test_no_simple_memory_of_ids_will_do() -> None:
    known: dict[str, dict[str, int]] = defaultdict(dict)
    clock, after_a_day, after_a_thousand = 0, 0, 0
    for each in lives(20_000):
        clock, ids = max(clock, each.time), known[each.customer_id]
        if each.id in ids:
            after_a_day += clock > each.time + DAY
            after_a_thousand += len(ids) - ids[each.id] > 1_000
        ids.setdefault(each.id, len(ids))
    assert after_a_day > 20
    assert after_a_thousand > 20


def test_the_input_names_a_visit_anew_elsewhere_and_after_silence() -> None:
    log = {each.id: each for each in lives(5_000) if each.session_id}.values()
    visits: dict[str, list[tuple[str, int, int, str]]] = defaultdict(list)
    in_order = sorted(log, key=lambda each: (each.customer_id, each.time))
    for (who, name), events in groupby(
        in_order, lambda each: (each.customer_id, each.session_id)
    ):
        times = [(each.time, each.channel) for each in events]
        assert len({channel for _, channel in times}) == 1
        visits[who].append((name, times[0][0], times[-1][0], times[0][1]))
    for each in visits.values():
        for before, after in pairwise(each):
            assert before[3] != after[3] or after[1] - before[2] >= SILENCE_MS


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_legato_tells_and_knows_what_the_oracle_says(seed: int) -> None:
    hold_together([json.loads(msgspec.json.encode(each)) for each in lives(2_500, seed)])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_legato_and_the_oracle_agree_on_any_order_of_arrival(data: st.DataObject) -> None:
    minutes = data.draw(st.lists(st.integers(0, 110), min_size=2, max_size=9, unique=True))
    log = [drawn(data, minute) for minute in minutes]
    hold_together([*log, event(data.draw(st.integers(110 * MINUTE + 1, 4 * DAY)))])


def drawn(data: st.DataObject, minute: int) -> Event:
    """Draw something that happens in a minute; an order is told once."""
    kinds = (VIEWED, ADDED, ADDED, REMOVED, CHECKOUT, ORDER, OPENED)
    channel = data.draw(st.sampled_from(("web", "store")))
    made = event(minute * MINUTE, data.draw(st.sampled_from(kinds)), channel)
    if "data" in made:
        sku = data.draw(st.sampled_from(("SHOE", "HAT")))
        made["data"] = {"sku": sku, "quantity": data.draw(st.integers(1, 3)), "price": 9.0}
    return made


def hold_together(log: list[Event]) -> None:
    """Let Legato replay the log of a partition, and compare it with the oracle."""
    outputs, states = replayed(log)
    wanted, known_then = judged(log)
    assert sorted(outputs) == sorted(Output(*each) for each in wanted)
    assert by_customer(states) == by_customer(
        msgspec.convert(each, State) for each in known_then
    )


def by_customer(states: Iterable[State]) -> dict[str, State]:
    """Find what is known by whose it is."""
    return {each.customer_id: each for each in states}
