"""What goes out to channels, and what comes back of it."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.events.event import Event
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Action, Decision, Factors, Output, Revoked, Situation
from legato.wire.formats.avro import write_avro
from legato.wire.topics.actions import action_headers, read_action, write_action
from legato.wire.topics.outcomes import STATUSES, Outcome, read_outcome, write_outcome
from legato.wire.topics.outputs import read_output, write_output
from tests.unit.wire.reading import NOON, REGISTRY, envelope, event_of, reason_of

SHOE = HandoffItem("SHOE-42", 2, "Red shoe", "42", 89.0, "EUR")
HANDOFF = Handoff("wants to buy 2 shoes", NOON, (SHOE,), 178.0, "EUR", "payment", ("saw it",))
ACTION = Action(
    customer_id="c1",
    action_id="a1",
    occurrence_id="o1",
    journey_id="j1",
    situation="channel_switched",
    action="handoff",
    purpose="service",
    channel="store",
    address="12",
    content_ref="",
    time=NOON,
    not_before=NOON,
    expires_at=NOON + 1,
    factors=Factors(0.5, 1.0, 2.0, 1.5),
    params={"queue": "shoes"},
    handoff=HANDOFF,
)
BARE = msgspec.structs.replace(ACTION, handoff=None, params={}, journey_id="")
TAKEN_BACK = Revoked("c1", "a1", "store", "channel_switched", NOON, "converted", True)
OUTCOME = Outcome("a1", "c1", "email", "delivered", NOON)


@pytest.mark.parametrize("output", [ACTION, BARE, TAKEN_BACK])
def test_an_action_survives_avro(output: Action | Revoked) -> None:
    assert read_action(write_action(output, REGISTRY), None, REGISTRY) == output


def test_a_header_tells_an_action_from_its_revocation() -> None:
    assert action_headers(ACTION) == [("legato-kind", b"action")]
    assert action_headers(TAKEN_BACK) == [("legato-kind", b"action.revoked")]


def test_what_is_no_action_is_named() -> None:
    event = write_avro(envelope(), REGISTRY.own("channel_event"))
    assert reason_of(read_action(event, None, REGISTRY)) == "unknown_schema"
    assert reason_of(read_action(None, None, REGISTRY)) == "empty"
    assert reason_of(read_action(b"{}", None, REGISTRY)) == "bad_magic"
    cut = write_action(ACTION, REGISTRY)[:-1]
    assert reason_of(read_action(cut, None, REGISTRY)) == "bad_avro"


@pytest.mark.parametrize(
    "output",
    [
        ACTION,
        TAKEN_BACK,
        Situation("c1", "cart_abandoned", NOON, "o1", "s1", 2, evidence={"cart_id": "-"}),
        Decision("c1", "d1", "s1", "cart_abandoned", NOON),
    ],
)
def test_outputs_survive_json(output: Output) -> None:
    assert read_output(write_output(output)) == output


def test_what_is_no_output_is_named() -> None:
    assert reason_of(read_output(None)) == "empty"
    assert reason_of(read_output(b'{"kind":"parcel"}')) == "not_json"


@pytest.mark.parametrize("status", STATUSES)
def test_a_report_becomes_an_event_of_its_customer(status: str) -> None:
    report = msgspec.json.encode({**msgspec.to_builtins(OUTCOME), "status": status})
    event = event_of(read_outcome(report, None, NOON + 1, REGISTRY))
    assert event == Event(
        id=derive_id("a1", status),
        type=f"action.{status}",
        channel="email",
        time=NOON,
        received=NOON + 1,
        source="outcomes",
        customer_id="c1",
        data=event.data,
    )
    assert bytes(event.data) == b'{"action_id":"a1"}'


def test_a_report_may_be_avro_and_say_why() -> None:
    refused = msgspec.structs.replace(
        OUTCOME, status="rejected", reason="price", outcome_id="x"
    )
    event = event_of(read_outcome(write_outcome(refused, REGISTRY), None, NOON, REGISTRY))
    assert (event.id, event.type) == ("x", "action.rejected")
    assert bytes(event.data) == b'{"action_id":"a1","reason":"price"}'


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "lost"}, "bad_outcome"),
        ({"action_id": ""}, "bad_outcome"),
        ({"customer_id": None}, "bad_outcome"),
        ({"customer_id": "\x00clock"}, "bad_outcome"),
        ({"time": "soon"}, "bad_time"),
        ({"time": 0}, "bad_time"),
        ({"channel": ""}, "bad_envelope"),
    ],
)
def test_a_report_that_says_nothing_is_a_word(change: dict[str, object], reason: str) -> None:
    report = msgspec.json.encode({**msgspec.to_builtins(OUTCOME), **change})
    assert reason_of(read_outcome(report, None, NOON, REGISTRY)) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"{", "not_json"),
        (b"[", "bad_magic"),
        (b"\x00\x00\x00\x00\x01", "unknown_schema"),
    ],
)
def test_bytes_that_are_no_report(value: bytes | None, reason: str) -> None:
    assert reason_of(read_outcome(value, None, NOON, REGISTRY)) == reason
