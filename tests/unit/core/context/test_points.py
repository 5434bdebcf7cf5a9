"""The points of a loyalty programme: what it said last, by event time, is the balance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.results import Rejected
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import at, event, partition, playbook

BALANCES = st.dictionaries(st.integers(0, 30), st.integers(0, 300), min_size=1, max_size=8)
"""What was told at which minute, in the order in which it came."""


def told(minute: float, balance: object, channel: str = "store", /, **more: object) -> Event:
    return event(minute, "loyalty.points_earned", channel, **{"balance": balance, **more})


def spent(minute: float, balance: object) -> Event:
    return event(minute, "loyalty.points_redeemed", "mobile", balance=balance, points=5)


def lived(*events: Event) -> Context:
    line = partition()
    for each in events:
        line.feed(each, each.time)
    return line.cache["ada"]


def traits(*events: Event) -> dict[str, Any]:
    return lived(*events).profile.traits


def test_what_was_said_last_is_the_balance_on_whichever_channel() -> None:
    assert traits(told(0, 132)) == {"points_balance": 132}
    assert traits(told(0, 132), spent(5, 87)) == {"points_balance": 87}
    assert traits(told(0, 132), spent(5, 87), told(3, 140, received=9)) == {
        "points_balance": 87
    }


def test_who_tells_no_balance_changes_none() -> None:
    silent = event(5, "loyalty.points_earned", "store", points=12)
    assert traits(told(0, 132), silent) == {"points_balance": 132}
    assert traits(silent) == {}


@pytest.mark.parametrize(("balance", "shown"), [(87, "87"), (87.0, "87"), (87.5, "87.5")])
def test_it_goes_along_with_an_action(balance: float, shown: str) -> None:
    harness = Harness(
        playbook("""
version: 1
situations: {ready: {match: {on: order.ready_for_pickup}}}
actions:
  tell:
    situation: ready
    channel: email
    purpose: service
    content: c
    params: {points: "{{ customer.profile.traits.points_balance }}"}
channels: {email: {address: [email]}}
""")
    )
    known = {"email": "ada@example.org"}
    harness.feed(told(0, balance, identifiers=known), event(5, "order.ready_for_pickup"))
    assert [each.params for each in harness.actions] == [{"points": shown}]


def test_what_is_no_number_is_turned_away() -> None:
    refused = Harness().take(told(0, "many"))
    assert isinstance(refused, Rejected)
    assert refused.reason == "bad_payload"


@given(BALANCES, st.integers(0, 8))
def test_neither_the_order_of_arrival_nor_a_merge_matters(
    balances: dict[int, int], part: int
) -> None:
    events = [told(minute, balance) for minute, balance in balances.items()]
    last = balances[max(balances)]
    assert traits(*events) == {"points_balance": last}
    ours, theirs = (
        lived(*some) if some else Context("ada") for some in (events[:part], events[part:])
    )
    for one, other in ((ours, theirs), (theirs, ours)):
        united, _ = merge(default_playbook(), one, other, at(40))
        assert united.profile.traits == {"points_balance": last}
