"""Whatever a record holds, reading it gives an answer: an event, or a word on why not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.values.results import Rejected, Unreadable
from legato.wire.formats.avro import write_avro
from legato.wire.formats.envelope import Misunderstood
from legato.wire.reasons import REASONS
from legato.wire.record import Headers
from legato.wire.source.reader import VALUE_MAX, Reader
from legato.wire.source.source import Source
from tests.unit.wire.reading import (
    NOON,
    PLAIN,
    REGISTRY,
    TRUSTED,
    as_json,
    envelope,
    event_of,
    read,
    reason_of,
)

MAPPED = Reader(Source(name="m", topics=("t",), fields={"id": "id"}), REGISTRY)
CLOUD = Reader(Source(name="c", topics=("t",), format="cloudevents"), REGISTRY)
AVRO = Reader(Source(name="a", topics=("t",), format="avro"), REGISTRY)
WHOLE = as_json(data={"a": 1})
NESTED = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


def _with(data: bytes) -> bytes:
    return WHOLE.replace(b'{"a":1}', data)


@pytest.mark.parametrize("reader", [PLAIN, TRUSTED, MAPPED])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" ", "not_json"),
        (WHOLE[:-1], "not_json"),
        (WHOLE + b"}", "not_json"),
        (b"id=1&type=a", "not_json"),
        (b"\xff\xfe{\x00", "not_utf8"),
        (b"\x07\x00\x00\x00\x01abc", "bad_magic"),
        (b"\x01" + b"g" * 16 + b"abc", "unknown_schema"),
        (b"\x00\x00\x00\x00\x09abc", "unknown_schema"),
        (b"\x00\x00", "bad_avro"),
        (_with(b'{"a":NaN}'), "not_json"),
        (_with(b'{"a":-Infinity}'), "not_json"),
        (_with(b'{"a":"\xff"}'), "not_utf8"),
        (_with(b'{"a":"\\ud800"}'), "not_json"),
        (_with(NESTED), "too_deep"),
        (NESTED, "too_deep"),
        (b"[" * 10_000, "too_deep"),
        (b"x" * (5 << 20), "too_large"),
        (as_json(data="x" * VALUE_MAX), "too_large"),
        (b"[]", "bad_envelope"),
        (b"null", "bad_envelope"),
        (b"{}", "bad_envelope"),
        (as_json(id=None), "bad_envelope"),
        (as_json(type=7.5), "bad_envelope"),
        (as_json(channel=["web"]), "bad_envelope"),
        (as_json(id=""), "bad_envelope"),
        (as_json(type="t" * 257), "bad_envelope"),
        (as_json(channel=""), "bad_envelope"),
        (as_json(time=0), "bad_time"),
        (as_json(time=-NOON), "bad_time"),
        (as_json(time="yesterday"), "bad_time"),
        (as_json(time="2025-10-09T08:53:20"), "bad_time"),
        (WHOLE.replace(str(NOON).encode(), b"1e400"), "bad_envelope"),
    ],
)
def test_a_bad_record_is_a_word(reader: Reader, value: bytes | None, reason: str) -> None:
    assert reason_of(reader.read(value, b"c1", None, NOON)) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identifiers": None}, "no_identifier"),
        ({"identifiers": {}}, "no_identifier"),
        ({"identifiers": {"email": "", "phone": None}}, "no_identifier"),
        ({"identifiers": {"email": "a" * 257}}, "bad_envelope"),
        ({"identifiers": {"": "a"}}, "bad_envelope"),
        ({"identifiers": {"email": True}}, "bad_envelope"),
        ({"type": "cart.item_added", "data": {"price": 1}}, "bad_payload"),
        ({"type": "cart.item_added", "data": {"sku": "A", "quantity": 0}}, "bad_payload"),
        ({"type": "cart.updated", "data": {"items": [{"quantity": 1}]}}, "bad_payload"),
        ({"type": "cart.updated", "data": [1]}, "bad_payload"),
        ({"type": "consent.updated", "data": {"purpose": "promotion"}}, "bad_payload"),
    ],
)
def test_what_the_hop_to_the_customer_needs(changes: dict[str, object], reason: str) -> None:
    assert reason_of(read(as_json(**changes))) == reason


def test_a_number_out_of_range_in_data_that_no_type_reads() -> None:
    assert reason_of(read(_with(b'{"a":1e400}'))) == "bad_payload"
    known = as_json(type="cart.item_added", data={"sku": "A", "price": 1})
    assert reason_of(read(known.replace(b'"price":1', b'"price":1e400'))) == "bad_payload"


def test_msgspec_itself_raises_on_nesting() -> None:
    with pytest.raises(RecursionError):
        msgspec.json.decode(_with(NESTED), type=Event)


def test_brackets_in_texts_are_not_nesting() -> None:
    assert isinstance(read(as_json(data={"a": "[{" * 500 + '"\\'})), Event)
    assert isinstance(read(as_json(data={"a": [{}] * 500})), Event)


def test_brackets_before_a_text_that_never_ends_are_counted_at_once() -> None:
    assert (
        reason_of(read(b"{" + b"[" * 200 + b'"' + rb"\"" * 200_000 + b"[" * 200)) == "not_json"
    )


def test_of_a_duplicate_key_the_last_counts() -> None:
    twice = WHOLE.replace(b'"channel":"store"', b'"channel":"web","channel":"store"')
    assert event_of(read(twice)).channel == "store"


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"{}", {"ce_type": b"t", "ce_specversion": b"1.0"}, "no_ce_id"),
        (b"{}", {"ce_id": b"1", "ce_specversion": b"2.0"}, "bad_cloudevent"),
        (b"{}", {"ce_id": b"\xff"}, "not_utf8"),
        (b"<a/>", {"ce_id": b"1"}, "not_json"),
        (NESTED, {"ce_id": b"1"}, "too_deep"),
        (b"{}", {"content-type": b"application/cloudevents+json"}, "no_ce_id"),
        (b"[]", {"content-type": b"application/cloudevents+json"}, "bad_cloudevent"),
        (b"[]", {"content-type": b"application/cloudevents-batch+json"}, "bad_cloudevent"),
        (
            b'{"id":"1","data_base64":""}',
            {"content-type": b"application/cloudevents+json"},
            "bad_cloudevent",
        ),
        (b"x", {"ce_id": b"1", "content-type": b"application/avro"}, "bad_magic"),
        (b"{}", {"ce_id": b"1", "ce_type": b"t", "ce_channel": b"web"}, "bad_envelope"),
        (b"x", {"__value_schema_id": b"\x01" + b"g" * 16}, "unknown_schema"),
    ],
)
def test_a_bad_record_with_headers_is_a_word(
    value: bytes, headers: dict[str, bytes], reason: str
) -> None:
    assert reason_of(PLAIN.read(value, None, list(headers.items()), NOON)) == reason


def test_avro_that_does_not_fit_its_schema() -> None:
    schema = REGISTRY.own("channel_event")
    whole = write_avro(envelope(), schema)
    for value in (whole[:-1], whole + b"\x00", whole[:5], whole[:5] + b"\xff" * 40):
        assert reason_of(read(value)) == "bad_avro"
    assert reason_of(read(b"{}", AVRO)) == "bad_magic"


def test_avro_may_name_its_schema_in_a_header() -> None:
    framed = write_avro(envelope(), REGISTRY.own("channel_event"))
    headers: Headers = [("__value_schema_id", framed[:5])]
    assert event_of(PLAIN.read(framed[5:], None, headers, NOON)).id == "e1"


_values = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.builds(
        lambda at, bit: bytes([*WHOLE[:at], bit, *WHOLE[at + 1 :]]),
        st.integers(0, len(WHOLE) - 1),
        st.integers(0, 255),
    ),
    st.binary(max_size=60).map(
        lambda tail: write_avro(envelope(), REGISTRY.own("channel_event"))[:5] + tail
    ),
)
_headers = st.lists(
    st.tuples(
        st.sampled_from(
            ["ce_id", "ce_type", "content-type", "__value_schema_id", "traceparent"]
        ),
        st.one_of(st.none(), st.binary(max_size=8), st.just(b"application/cloudevents+json")),
    ),
    max_size=3,
)


@pytest.mark.parametrize("reader", [PLAIN, TRUSTED, MAPPED, CLOUD, AVRO])
@given(value=_values, key=st.one_of(st.none(), st.binary(max_size=8)), headers=_headers)
@example(value=WHOLE, key=b"\xff", headers=[])
def test_nothing_is_raised(
    reader: Reader, value: bytes, key: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    match reader.read(value, key, headers, NOON):
        case Unreadable(reason=reason) | Rejected(reason=reason):
            assert reason in REASONS
        case Misunderstood(why=why):
            assert why.reason in REASONS
        case read:
            event = event_of(read)
            assert event.received == NOON
