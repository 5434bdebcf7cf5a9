"""Segment's calls: their times by our clock, and each of a batch alone."""

from collections.abc import Mapping

import msgspec
import pytest

from legato.core.events.event import Event
from legato.serving.api.ingest.segment import read_call, split_calls
from legato.serving.api.problems import Problem
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

NOW = 1_772_438_400_000
"""2026-03-02T08:00:00Z"""


def sent(call: Mapping[str, object], kind: str = "track") -> dict[str, object]:
    (event,) = split_calls(dict(call), kind, NOW)
    read: dict[str, object] = msgspec.json.decode(event.value)
    return read


def test_a_clock_that_is_an_hour_fast_is_put_right() -> None:
    call = {"originalTimestamp": "2026-03-02T08:59:58Z", "sentAt": "2026-03-02T09:00:00Z"}
    assert sent(call)["timestamp"] == "2026-03-02T07:59:58.000Z"


def test_a_timestamp_alone_counts_as_the_original() -> None:
    call = {"timestamp": "2026-03-02T07:00:00+00:00", "sentAt": "2026-03-02T08:00:10Z"}
    assert sent(call)["timestamp"] == "2026-03-02T06:59:50.000Z"


def test_what_was_not_sent_at_any_time_keeps_its_own() -> None:
    assert (
        sent({"timestamp": "2026-03-02T05:00:00Z"})["timestamp"] == "2026-03-02T05:00:00.000Z"
    )


def test_what_has_no_time_is_now() -> None:
    assert sent({"event": "x"})["timestamp"] == "2026-03-02T08:00:00.000Z"


@pytest.mark.parametrize(
    "told", ["yesterday", 7, "2026-03-02T08:00:00", "9999-12-31T23:59:59Z"]
)
def test_what_cannot_be_read_stays_for_the_worker_to_say(told: object) -> None:
    assert sent({"timestamp": told, "sentAt": "1990-01-01T00:00:00Z"})["timestamp"] == told


def test_what_stands_beside_a_batch_is_of_each_call() -> None:
    batch = {
        "sentAt": "2026-03-02T08:00:00Z",
        "writeKey": "secret",
        "context": {"ip": "10.0.0.1", "library": {"name": "x"}},
        "batch": [
            {"type": "track", "event": "a", "messageId": "1", "context": {"locale": "de"}},
            {"type": "identify", "messageId": "2"},
        ],
    }
    events = split_calls(batch, "", NOW)
    first, second = (msgspec.json.decode(event.value) for event in events)
    assert first["context"] == {"ip": "10.0.0.1", "library": {"name": "x"}, "locale": "de"}
    assert second["sentAt"] == "2026-03-02T08:00:00Z"
    assert [event.id for event in events] == ["1", "2"]
    assert b"secret" not in events[0].value + events[1].value


def test_the_path_says_what_a_call_is() -> None:
    assert sent({"type": "track"}, "page")["type"] == "page"


def test_a_call_without_id_is_named_after_what_it_says() -> None:
    first, again = (split_calls({"event": "x"}, "track", NOW + n)[0].id for n in (0, 9))
    assert first == again


@pytest.mark.parametrize("body", [b"[]", b"x", b"", b'"a"', b"\xff\xff"])
def test_a_body_that_is_no_call_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Problem) as told:
        read_call(body)
    assert told.value.status == 400


@pytest.mark.parametrize("batch", [1, {}, [1], [[]], None])
def test_a_batch_that_is_none_is_a_bad_request(batch: object) -> None:
    with pytest.raises(Problem) as told:
        split_calls({"batch": batch}, "", NOW)
    assert told.value.status == 400


def test_a_call_that_is_too_large_is_refused() -> None:
    with pytest.raises(Problem) as told:
        split_calls({"properties": {"x": "y" * 40_000}}, "track", NOW)
    assert told.value.status == 413


def test_a_call_as_large_as_clients_send_is_taken_with_what_is_added_to_it() -> None:
    call: dict[str, object] = {"type": "track", "messageId": "1", "event": "x"}
    around = {"sentAt": "2026-03-02T08:00:00.000Z"}
    missing = 32 * 1024 - len(msgspec.json.encode(call | {"properties": {"x": ""}}))
    call["properties"] = {"x": "y" * missing}
    (event,) = split_calls({**around, "batch": [call]}, "", NOW)
    assert len(event.value) > 32 * 1024


def test_the_ready_made_map_reads_what_is_written() -> None:
    reader = Reader(Source(name="segment", topics=("t",), map="segment"))
    call = {"userId": "7", "event": "Product Viewed", "properties": {"sku": "A"}}
    (event,) = split_calls(call, "track", NOW)
    read = reader.read(event.value, None, event.headers, NOW)
    assert isinstance(read, Event)
    assert (read.type, read.time, read.id) == ("product.viewed", NOW, event.id)
