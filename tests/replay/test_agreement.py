"""The engine and the oracle must find the same, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json, to_builtins

from legato.core.events.event import Event
from legato.harness import Harness
from tests.examples import examples
from tests.replay.brute_force import DAY, HOUR, Finding, find_all
from tests.replay.told import KNOWN, as_finding
from tests.replay.wild_stories import NOON, WORLDS, Json, logs, logs_at_once


@pytest.mark.parametrize("world", WORLDS)
@given(data=st.data())
@settings(max_examples=examples(200), deadline=None)
def test_the_engine_finds_what_brute_force_finds(world: str, data: st.DataObject) -> None:
    log = data.draw(logs(WORLDS[world]))
    until = max(event["time"] for event in log) + 4 * DAY
    assert found_by_the_engine(log, until) == find_all(log, until)


@given(logs_at_once())
@settings(max_examples=examples(200), deadline=None)
def test_what_is_put_in_in_the_instant_of_an_order_was_ordered_with_it(log: list[Json]) -> None:
    """Whichever is told first (docs/decisions/0012)."""
    until = log[-1]["time"] + 4 * DAY
    assert found_by_the_engine(log, until) == find_all(log, until)


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
        as_finding(to_builtins(one), ("loyalty_id", one.customer_id))
        for one in found
        if one.situation in KNOWN
    )
