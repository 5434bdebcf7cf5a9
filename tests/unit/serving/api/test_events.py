"""Bodies of /v1/events: ids, places, and all or nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.queries.identifier_lookup import IdentifierLookup
from legato.serving.api.ingest.events import (
    EventIntake,
    UnsoundEvents,
    content_id,
    is_cloudevent,
    split_cloudevents,
    split_events,
)
from legato.serving.api.problems import Problem
from legato.settings import Settings
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

NOW = 1_772_438_400_000
EVENT = {
    "type": "page.viewed",
    "channel": "web",
    "time": NOW,
    "identifiers": {"user_id": "7"},
}
encode = msgspec.json.encode


def intake() -> EventIntake:
    reader = Reader(Source(name="events", topics=("t",)), check_payload=True)
    return EventIntake(reader, "t", IdentifierLookup(Settings()))


@pytest.mark.parametrize(
    "body", [encode(EVENT), encode([EVENT]), encode({"events": [EVENT]}), b" " + encode(EVENT)]
)
def test_one_event_is_one_however_it_is_wrapped(body: bytes) -> None:
    (event,) = split_events(body, "")
    read = intake().read([event], NOW)
    assert read.ids == [event.id]
    (record,) = read.records
    assert msgspec.json.decode(record.value) == {**EVENT, "id": event.id}


def test_an_event_keeps_its_bytes() -> None:
    value = b'{"id" : "e1",  "type":"page.viewed", "identifiers":{"user_id":7}}'
    (event,) = split_events(b"[" + value + b"]", "key")
    assert (event.value, event.id) == (value, "e1")


def test_ids_come_from_the_request_and_the_place() -> None:
    events = split_events(encode([EVENT, {**EVENT, "id": "mine"}, EVENT]), "req")
    assert [event.id for event in events] == ["req#1", "mine", "req#3"]


def test_ids_come_from_the_bytes_where_the_request_has_no_name() -> None:
    first, second = split_events(encode([EVENT, EVENT]), "")
    assert first.id == second.id == content_id(encode(EVENT))


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_id_is_none(blank: str | None) -> None:
    (event,) = split_events(encode({**EVENT, "id": blank}), "req")
    assert msgspec.json.decode(event.value)["id"] == event.id == "req#1"


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text(), max_size=5))
def test_whatever_is_sent_an_id_is_added_and_nothing_else(told: dict[str, object]) -> None:
    given_id = told.get("id")
    if "events" in told:
        return
    (event,) = split_events(encode(told), "req")
    found = msgspec.json.decode(event.value)
    if isinstance(given_id, int) or (isinstance(given_id, str) and given_id.strip()):
        assert found == told
    else:
        assert found == {**told, "id": "req#1"}


def test_one_bad_event_and_none_is_taken() -> None:
    events = split_events(encode([EVENT, {**EVENT, "time": "yesterday"}, {"id": "x"}]), "")
    with pytest.raises(UnsoundEvents) as told:
        intake().read(events, NOW)
    assert [(bad.index, bad.reason) for bad in told.value.bad] == [
        (1, "bad_time"),
        (2, "bad_envelope"),
    ]
    assert told.value.status == 422


def test_a_refusal_in_words_that_nobody_knows_is_taken_with_a_warning() -> None:
    consent = {"purpose": "marketing", "status": "denied", "channel": "email"}
    events = split_events(encode({**EVENT, "type": "consent.updated", "data": consent}), "")
    read = intake().read(events, NOW)
    assert len(read.records) == 1
    assert [warning.reason for warning in read.warnings] == ["unknown_word"]


def test_events_of_one_customer_have_one_key_and_none_tells_who() -> None:
    mine = [
        {**EVENT, "id": str(n), "identifiers": {"email": "Ada@Example.org"}} for n in (1, 2)
    ]
    mine[1]["identifiers"] = {"email": " ada@example.org"}
    other = {**EVENT, "id": "3", "identifiers": {"email": "kim@example.org"}}
    read = intake().read(split_events(encode([*mine, other]), ""), NOW)
    keys = [record.key for record in read.records]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0] is not None
    assert b"ada" not in keys[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"1", b"null", b'"text"', b"[1", b'{"events":1}', b"\xff", b"[" * 100_000],
)
def test_a_body_that_is_none_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Problem) as told:
        split_events(body, "")
    assert told.value.status == 400


def test_too_many_events_are_refused() -> None:
    with pytest.raises(Problem) as told:
        split_events(encode([EVENT] * 1_001), "")
    assert told.value.status == 422


def test_an_event_that_is_too_large_is_refused_alone() -> None:
    large = {**EVENT, "id": "l", "data": {"text": "x" * 40_000}}
    with pytest.raises(UnsoundEvents) as told:
        intake().read(split_events(encode([EVENT, large]), ""), NOW)
    assert [(bad.index, bad.reason) for bad in told.value.bad] == [(1, "too_large")]
    with pytest.raises(UnsoundEvents) as alone:
        intake().read(split_events(encode(large), ""), NOW)
    assert alone.value.status == 413


CLOUD = {
    "specversion": "1.0",
    "id": "c1",
    "source": "/till",
    "type": "store.visited",
    "time": "2026-03-02T08:00:00Z",
    "data": {"channel": "store", "identifiers": {"loyalty_id": "42"}},
}


def test_cloudevents_structured_and_in_a_batch() -> None:
    kind = "application/cloudevents+json; charset=utf-8"
    one = split_cloudevents(encode(CLOUD), {}, kind)
    several = split_cloudevents(encode([CLOUD]), {}, "application/cloudevents-batch+json")
    assert intake().read(one, NOW).records == intake().read(several, NOW).records
    assert one[0].id == "c1"


def test_a_cloudevent_in_headers() -> None:
    headers = {f"ce-{name}": value for name, value in CLOUD.items() if isinstance(value, str)}
    headers["ce-subject"] = "caf%C3%A9"
    assert is_cloudevent(headers)
    events = split_cloudevents(encode(CLOUD["data"]), headers, "application/json")
    (record,) = intake().read(events, NOW).records
    assert ("ce_subject", "café".encode()) in record.headers
    assert ("content-type", b"application/json") in record.headers


def test_a_cloudevent_without_id_is_bad() -> None:
    bare = {name: value for name, value in CLOUD.items() if name != "id"}
    with pytest.raises(UnsoundEvents):
        intake().read(split_cloudevents(encode(bare), {}, "application/cloudevents+json"), NOW)
