"""A touchpoint goes out as Avro and comes back as it was; foreign bytes are named."""

from __future__ import annotations

import pytest

from legato.core.values.outputs import JourneyTouchpoint
from legato.core.values.results import Unreadable
from legato.wire.formats.avro import write_avro
from legato.wire.topics.touchpoints import read_touchpoint, write_touchpoint
from tests.unit.wire.reading import NOON, REGISTRY

BARE = JourneyTouchpoint("c1", "j1", "e1", "page.viewed", "web", NOON)
FULL = JourneyTouchpoint(
    "c1", "j1", "e2", "order.completed", "store", NOON, "berlin-1", "cart:-", 99.5, "EUR", "a1"
)
AIRED = JourneyTouchpoint("c1", "j1", "x1", "ad.exposed", "tv", NOON, campaign="spring")


@pytest.mark.parametrize("told", [BARE, FULL, AIRED])
def test_it_comes_back_as_it_was(told: JourneyTouchpoint) -> None:
    assert read_touchpoint(write_touchpoint(told, REGISTRY), (), REGISTRY) == told


OUTCOME = {"action_id": "a", "customer_id": "c", "channel": "x", "status": "failed", "time": 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "empty"),
        (b"{}", "bad_magic"),
        (write_touchpoint(BARE, REGISTRY)[:-3], "bad_avro"),
        (write_avro(OUTCOME, REGISTRY.own("outcome")), "bad_avro"),
    ],
)
def test_what_is_none_is_named(value: bytes, reason: str) -> None:
    read = read_touchpoint(value, (), REGISTRY)
    assert isinstance(read, Unreadable)
    assert read.reason == reason
