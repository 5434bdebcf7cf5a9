"""Legato's own envelope in JSON, as it should be and as others write it."""

from __future__ import annotations

import pytest

from legato.core.events.event import Event, Location
from legato.core.values.results import Rejected
from legato.core.values.time import DAY, MINUTE, MS_PER
from legato.wire.source.reader import Reader, read_event, write_event
from legato.wire.source.source import Source
from tests.unit.wire.reading import (
    NOON,
    PLAIN,
    REGISTRY,
    TRUSTED,
    as_json,
    event_of,
    read,
    reason_of,
)


def test_an_envelope_is_read_as_it_stands() -> None:
    value = as_json(cart_id="c", location={"venue": "12"}, data={"x": 1}, unknown=[1, 2])
    event = event_of(read(value))
    assert event == Event(
        id="e1",
        type="store.visited",
        channel="store",
        time=NOON,
        received=NOON,
        source="plain",
        identifiers={"loyalty_id": "42"},
        cart_id="c",
        location=Location("12"),
        data=event.data,
    )
    assert bytes(event.data) == b'{"x":1}'


@pytest.mark.parametrize(
    "time",
    ["2025-10-09T08:53:20Z", "2025-10-09T10:53:20.000+02:00", float(NOON), str(NOON)],
)
def test_a_time_may_be_written_in_several_ways(time: object) -> None:
    assert event_of(read(as_json(time=time))).time == NOON


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2025-10-09t08:53:20z", NOON),
        ("2025-10-09T10:53:20+02:00", NOON),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ],
)
def test_small_forms_of_a_time_are_read(time: str, expected: int) -> None:
    assert event_of(read(as_json(time=time))).time == expected


@pytest.mark.parametrize(
    "time", ["２０２６", "٢٠٢٦", "２０２６-03-02T10:00:00Z", "2026-03-02T10:00:00"]
)
def test_a_time_is_written_with_plain_digits_and_a_zone(time: str) -> None:
    assert reason_of(read(as_json(time=time))) == "bad_time"


@pytest.mark.parametrize("unit", MS_PER)
def test_a_time_in_another_unit_is_told_with_the_unit(unit: str) -> None:
    """However a source counts, what counts otherwise is refused, and what to set is said."""
    reader = Reader(Source(name="s", topics=("t",), time_unit=unit), REGISTRY)  # type: ignore[arg-type]
    for other, ms_per in MS_PER.items():
        told = reader.read(as_json(time=round(NOON / ms_per)), None, None, 1 << 62)
        if other == unit:
            assert event_of(told).time == NOON
        else:
            assert isinstance(told, Rejected)
            assert told.reason == "bad_time"
            assert f'set `time_unit = "{other}"`' in told.message


@pytest.mark.parametrize(
    "time", [0, 1, "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", 1 << 60]
)
def test_a_time_before_2000_or_past_all_calendars_is_refused(time: object) -> None:
    assert reason_of(read(as_json(time=time))) == "bad_time"


def test_a_byte_order_mark_is_no_part_of_the_record() -> None:
    assert read(b"\xef\xbb\xbf" + as_json()) == read(as_json())
    assert reason_of(read(b"\xef\xbb\xbf")) == "empty"


@pytest.mark.parametrize("data", [False, "", []])
def test_data_that_says_nothing_is_no_data(data: object) -> None:
    for time in (NOON, str(NOON)):
        assert not event_of(read(as_json(type="order.completed", data=data, time=time))).data


def test_a_name_that_is_a_list_is_refused_in_words() -> None:
    told = read(as_json(brand=["x"]))
    assert isinstance(told, Rejected)
    assert "Expected a text, a number or nothing - at `$.brand`" in told.message


def test_numbers_are_good_ids() -> None:
    event = event_of(
        read(as_json(id=7, order_id=8, identifiers={"loyalty_id": 42, "email": None}))
    )
    assert (event.id, event.order_id, event.identifiers) == ("7", "8", {"loyalty_id": "42"})


def test_letters_of_all_languages_are_read() -> None:
    assert event_of(read(as_json(channel="магазин"))).channel == "магазин"


@pytest.mark.parametrize("reader", [PLAIN, TRUSTED])
def test_a_time_in_the_future_is_pulled_back_and_flagged(reader: Reader) -> None:
    near = event_of(reader.read(as_json(time=NOON + 5 * MINUTE), b"c", None, NOON))
    far = event_of(reader.read(as_json(time=NOON + 365 * DAY), b"c", None, NOON))
    assert (near.time, near.clamped) == (NOON + 5 * MINUTE, False)
    assert (far.time, far.clamped) == (NOON + 5 * MINUTE, True)


def test_what_only_legato_may_say_is_not_believed() -> None:
    claims = as_json(customer_id="c", received=1, source="s", clamped=True)
    event = event_of(read(claims))
    assert (event.customer_id, event.received, event.source) == ("", NOON, "plain")
    assert not event.clamped


MAPPED = Reader(
    Source(name="m", topics=("t",), fields={"customer_id": "whose"}),
    REGISTRY,
    check_payload=True,
)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("action.delivered", "c1"),
        ("action.accepted", "c1"),
        ("message.bounced", "c1"),
        ("message.clicked", ""),
        ("message.opened", ""),
        ("consent.updated", ""),
        ("order.completed", ""),
        ("actions.delivered", ""),
    ],
)
def test_only_what_became_of_an_action_names_its_customer_where_a_map_says_so(
    kind: str, named: str
) -> None:
    data = {"action_id": "a", "purpose": "promotion", "status": "denied"}
    told = as_json(type=kind, whose="c1", customer_id="c1", data=data)
    assert event_of(read(told, MAPPED)).customer_id == named
    assert event_of(read(told)).customer_id == ""
    bare = as_json(type=kind, whose="c1", data=data, identifiers=None)
    if named:
        assert event_of(read(bare, MAPPED)).customer_id == named
    else:
        assert reason_of(read(bare, MAPPED)) == "no_identifier"


@pytest.mark.parametrize("whose", ["", "\x00clock", "c" * 257])
def test_what_cannot_name_a_customer_leaves_that_to_the_identifiers(whose: str) -> None:
    told = as_json(type="action.delivered", whose=whose, data={"action_id": "a"})
    assert event_of(read(told, MAPPED)).customer_id == ""


def test_a_trusted_record_belongs_to_its_key() -> None:
    value = as_json(identifiers=None)
    assert event_of(TRUSTED.read(value, b"c1", None, NOON)).customer_id == "c1"
    named = as_json(customer_id="c1", identifiers=None)
    assert event_of(TRUSTED.read(named, b"c1", None, NOON)).customer_id == "c1"
    assert event_of(TRUSTED.read(named, None, None, NOON)).customer_id == "c1"
    assert reason_of(TRUSTED.read(named, b"c2", None, NOON)) == "bad_key"
    for key in (None, b"\xff", b"c" * 257, b"\x00clock"):
        assert reason_of(TRUSTED.read(value, key, None, NOON)) == "bad_key"


def test_the_payload_of_a_trusted_record_is_left_to_the_line() -> None:
    bad = as_json(type="cart.item_added", data={"quantity": 0})
    assert isinstance(TRUSTED.read(bad, b"c", None, NOON), Event)
    strict = Reader(TRUSTED.source, REGISTRY, check_payload=True)
    assert reason_of(strict.read(bad, b"c", None, NOON)) == "bad_payload"


def test_foreign_headers_do_not_matter() -> None:
    headers = [("traceparent", b"00-0af7"), ("content-type", b"application/json")]
    assert event_of(PLAIN.read(as_json(), None, headers, NOON)).id == "e1"


def test_a_source_that_says_json_takes_nothing_else() -> None:
    reader = Reader(Source(name="j", topics=("t",), format="json"), REGISTRY)
    assert event_of(reader.read(as_json(), None, [("ce_id", b"1")], NOON)).id == "e1"
    assert reason_of(reader.read(b"\x00\x00\x00\x00\x01", None, None, NOON)) == "not_json"


def test_a_resolved_event_survives_customer_events() -> None:
    event = event_of(read(as_json(data={"a": [1, {}]})))
    event.customer_id = "c1"
    assert read_event(write_event(event)) == event
    assert reason_of(read_event(b"{")) == "not_json"


def test_messages_repeat_nothing_of_the_record() -> None:
    secret = "ada@example.org"
    for value in (
        as_json(time=secret),
        as_json(id=[secret]),
        as_json(identifiers={"email": {"a": secret}}),
        as_json(identifiers={secret: [1]}),
        as_json(type="contact.started", data={"text": secret, "resolved": secret}),
    ):
        reading = read(value)
        assert isinstance(reading, Rejected)
        assert secret not in reading.message
