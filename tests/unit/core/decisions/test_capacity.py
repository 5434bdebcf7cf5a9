"""Capacity: a channel is taken only while it is known to have room."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.core.decisions.capacity import lacks
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.rules import Capacity
from legato.core.references.as_of import references_at
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion, content_of
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.testing import event
from legato.testing.events import START

CALLS = Capacity("call", "queue", "sales", {"wait_s": 300, "waiting": 10})


def told(value: dict[str, Any] | None, key: str = "sales") -> str | None:
    """What is lacking where the queue is so."""
    table = ReferenceTable()
    table.take(ReferenceVersion("queue", key, START, content_of(value)))
    return lacks(CALLS, references_at(table, START))


@pytest.mark.parametrize(
    ("value", "lacking"),
    [
        ({"wait_s": 299.9, "waiting": 9}, None),
        ({"wait_s": 300, "waiting": 9}, "wait_s"),
        ({"wait_s": 0, "waiting": 10}, "waiting"),
        ({"wait_s": -5, "waiting": -1}, None),
        ({"wait_s": 0}, "unknown"),
        ({"wait_s": "0", "waiting": 0}, "unknown"),
        ({"wait_s": False, "waiting": 0}, "unknown"),
        ({"wait_s": None, "waiting": 0}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_each_number_must_be_known_and_below(
    value: dict[str, Any] | None, lacking: str | None
) -> None:
    assert told(value) == lacking


def test_another_queue_says_nothing() -> None:
    assert told({"wait_s": 0, "waiting": 0}, "repair") == "unknown"
    assert lacks(CALLS, None) == "unknown"


@given(st.dictionaries(st.sampled_from(["wait_s", "waiting"]), st.integers(-1000, 1000)))
def test_there_is_room_only_where_all_is_known_and_below(value: dict[str, int]) -> None:
    room = value.keys() == CALLS.below.keys() and all(
        value[name] < limit for name, limit in CALLS.below.items()
    )
    assert (told(value) is None) is room


def test_a_decision_names_the_version_that_left_no_room() -> None:
    harness = Harness(
        read_playbook(
            b"""
version: 1
situations: {asked: {match: {on: contact.requested}}}
channels: {call: {address: [phone]}}
actions: {ring: {situation: asked, channel: call, purpose: service, content: x}}
capacity: {call: {reference: queue, key: sales, below: {wait_s: 300}}}
"""
        )
    )
    who = {"user_id": "kim", "phone": "+4930901820"}
    harness.refer("queue", "sales", {"wait_s": 900}, START)
    harness.feed(event("contact.requested", at="+1m", identifiers=who))
    harness.refer("queue", "sales", {"wait_s": 9}, START + 2 * MINUTE)
    harness.feed(event("contact.requested", at="+3m", identifiers=who))
    first, second = harness.decisions
    assert [(each.reason, each.detail) for each in first.candidates] == [
        ("no_capacity", "wait_s")
    ]
    assert first.references == {"queue/sales": START}
    assert second.references == {"queue/sales": START + 2 * MINUTE}
    assert second.action == "ring"
