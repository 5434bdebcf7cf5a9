"""The engine and the oracle must find the same, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import json, to_builtins

from legato.core.events.event import Event
from legato.harness import Harness
from tests.replay.brute_force import DAY, HOUR, Finding, find_all
from tests.replay.told import as_finding
from tests.replay.wild_stories import NOON, WORLDS, Json, logs


@pytest.mark.parametrize("world", WORLDS)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_the_engine_finds_what_brute_force_finds(world: str, data: st.DataObject) -> None:
    log = data.draw(logs(WORLDS[world]))
    # What is put in in the very instant of an order was ordered with it, whichever comes first
    # (docs/decisions/0012); the oracle goes by the order in which it is told.
    assume(not touched_as_ordered(log))
    until = max(event["time"] for event in log) + 4 * DAY
    assert found_by_the_engine(log, until) == find_all(log, until)


def touched_as_ordered(log: list[Json]) -> bool:
    """Is a cart touched in the instant of an order?"""
    orders = {event["time"] for event in log if event["type"] == "order.completed"}
    return any(
        event["time"] in orders and str(event["type"]).startswith(("cart.", "checkout."))
        for event in log
    )


@pytest.mark.parametrize(("beyond", "switches"), [(-1, 2), (0, 2), (1, 1)])
def test_a_case_counts_up_to_its_seventh_day(beyond: int, switches: int) -> None:
    log = [
        told("message.received", "email", 0, reason="size"),
        told("page.viewed", "web", HOUR),
        told("page.viewed", "store", 7 * DAY + beyond),
    ]
    found = find_all(log)
    assert len(found) == switches
    assert found_by_the_engine(log, NOON + 8 * DAY) == found


def told(kind: str, channel: str, after: int, **data: object) -> Json:
    event = {"id": kind + channel, "type": kind, "channel": channel, "time": NOON + after}
    return {**event, "identifiers": {"loyalty_id": "ada"}, "data": data}


def found_by_the_engine(log: list[Json], until: int) -> list[Finding]:
    harness = Harness()
    for line in log:
        event = json.decode(json.encode(line), type=Event)
        event.customer_id = line["identifiers"]["loyalty_id"]
        harness.feed(event)
    found = harness.wait_until(until).situations
    return sorted(
        as_finding(to_builtins(one), ("loyalty_id", one.customer_id)) for one in found
    )
