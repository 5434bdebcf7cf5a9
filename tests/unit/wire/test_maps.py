"""Paths and maps: how a field of a foreign record is found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from legato.core.events.event import Event, Location
from legato.core.values.results import Ignored, Rejected
from legato.wire.formats.envelope import Several, SourceReading
from legato.wire.source.mapping import EventMap, SourceError
from legato.wire.source.path import SourceRecord, compile_path, doubt_of
from legato.wire.source.payload_map import PayloadMap
from legato.wire.source.reader import Reader
from legato.wire.source.rule import PathTrace
from legato.wire.source.source import FieldRule, Source
from tests.unit.wire.reading import NOON, REGISTRY, envelope, event_of, reason_of

FOREIGN = {"$t": "dollar", "$key": "named", "x.y": {"z": 2}, "p+q": 3, "word": "[not json"}
ROOT = {
    "a": {"b": [{"c": 1}, {"c": 0}]},
    "n": None,
    "text": '{"deep": [0, {"c": 5}]}',
    **FOREIGN,
}
RECORD = SourceRecord(ROOT, b"k", [("H", b"v")])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b.0.c", 1),
        ("a.b.1.c", 0),
        ("a.b.2.c", None),
        ("a.b.c", None),
        ("a.x.y", None),
        ("n", None),
        ("n.m", None),
        ("$key", "k"),
        ("$header.h", "v"),
        ("$header.x", None),
        ("$key + a.b.0.c", "k:1"),
        ("$key+missing", None),
        ("^.a.b.0.c", 1),
        ("$t", "dollar"),
        ('"$key"', "named"),
        ('"x.y".z', 2),
        ('"p+q"+$key', "3:k"),
        ("text.deep.1.c", 5),
        ("text.deep", [0, {"c": 5}]),
        ("word.c", None),
    ],
)
def test_a_path_finds_a_field_or_nothing(path: str, found: object) -> None:
    assert compile_path(path)(RECORD) == found


@pytest.mark.parametrize("path", ["", "a.", "a..b", ".a", "a+", "^.", '"a', 'a"b"', '""'])
def test_a_path_that_makes_no_sense_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        compile_path(path)


def test_items_are_built_from_lists() -> None:
    payload = PayloadMap(
        {"step": "s", "items[].sku": "x.rows[].id", "items[].price": "x.rows[].p.net"}
    )
    rows = [{"id": "A", "p": {"net": 1}}, {"id": "B"}, "odd"]
    record = SourceRecord({"x": {"rows": rows}})
    assert payload.read(record) == {"items": [{"sku": "A", "price": 1}, {"sku": "B"}, {}]}
    assert payload.read(SourceRecord({"s": "pay", "x": {"rows": None}})) == {"step": "pay"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("items[0].channel", "path `items[0].channel` takes brackets for a part of a name"),
        ("$.event.time", "path `$.event.time` takes `$` for a name"),
        *((path, "brackets") for path in ("a.b[0]", "a[].b", "a[*].b", "^.a[1]", "a + b[0]")),
        *((path, "") for path in ("items.0.channel", '"a[0]".b', "$key", "$id", "$header.a")),
    ],
)
def test_of_a_path_of_another_language_it_is_said_what_it_means_here(
    path: str, told: str
) -> None:
    assert told in doubt_of(path)
    assert bool(told) == bool(doubt_of(path))


@pytest.mark.parametrize(
    "data",
    [
        {"items[].sku": "rows[0].id"},
        {"items[0].sku": "rows.0.id"},
        {"items[]": "rows"},
    ],
)
def test_a_payload_with_other_lists_than_there_are_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"brackets|same list|no list within a list"):
        PayloadMap(data)


@pytest.mark.parametrize("path", ["sku", "other[].sku"])
def test_a_list_is_built_from_one_list(path: str) -> None:
    with pytest.raises(ValueError, match=r"items\[\]\.price"):
        PayloadMap({"items[].sku": "rows[].id", "items[].price": path})


def _read(record: object, **maps: object) -> SourceReading | Several:
    source = msgspec.convert({"name": "s", "topics": ["t"], **maps}, Source)
    return Reader(source, REGISTRY).read(msgspec.json.encode(record), b"k", None, NOON)


@pytest.mark.parametrize(
    ("unit", "number"),
    [
        ("s", NOON // 1000),
        ("s", NOON / 1000),
        ("ms", NOON),
        ("us", NOON * 1000),
        ("ns", NOON * 10**6),
    ],
)
def test_a_source_says_what_its_times_count(unit: str, number: float) -> None:
    assert event_of(_read(envelope(time=number), time_unit=unit)).time == NOON


def test_words_are_translated_and_others_kept() -> None:
    maps = {"types": {"7": "page.viewed"}, "channels": {"ios": "mobile"}}
    event = event_of(_read(envelope(type=7, channel="ios"), **maps))
    assert (event.type, event.channel) == ("page.viewed", "mobile")
    event = event_of(_read(envelope(type=8, channel="kiosk"), **maps))
    assert (event.type, event.channel) == ("8", "kiosk")


def test_defaults_fill_what_the_record_does_not_say() -> None:
    defaults = {"channel": "store", "location.region": "north", "brand": "acme"}
    event = event_of(_read(envelope(channel=None, brand="other"), defaults=defaults))
    assert (event.channel, event.brand) == ("store", "other")
    assert event.location == Location(region="north")


def test_places_may_be_numbers() -> None:
    event = event_of(_read(envelope(location={"venue": 12}), defaults={"brand": "acme"}))
    assert event.location == Location("12")


def test_an_identifier_that_is_no_text_is_refused() -> None:
    assert reason_of(_read(envelope(), identifiers={"email": "location"})) == "no_identifier"
    record = envelope(location={"venue": "1"})
    assert reason_of(_read(record, identifiers={"email": "location"})) == "bad_envelope"


def test_all_data_may_lie_elsewhere() -> None:
    event = event_of(_read(envelope(body={"a": 1}, data={"b": 2}), fields={"data": "body"}))
    assert bytes(event.data) == b'{"a":1}'


@pytest.mark.parametrize(
    "maps",
    [
        {"fields": {"chanel": "x"}},
        {"fields": {"id": "a..b"}},
        {"defaults": {"price": "1"}},
        {"identifiers": {"email": ""}},
        {"data": {"items[].sku": "sku"}},
    ],
)
def test_a_source_whose_maps_make_no_sense_names_itself(maps: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="source `till`"):
        Reader(Source(name="till", topics=("t",), **maps), REGISTRY)


@pytest.mark.parametrize("maps", [{}, {"brand": "acme"}])
def test_times_of_avro_may_be_instants(maps: dict[str, str]) -> None:
    event_map = EventMap(Source(name="s", topics=("t",), defaults=maps))
    at = datetime.fromtimestamp(NOON / 1000, UTC)
    assert event_of(event_map.event(SourceRecord(envelope(time=at)))).time == NOON


def test_of_several_paths_the_first_that_is_there_is_taken() -> None:
    maps = {"fields": {"id": ["after.id", "before.id"], "brand": ["a", "b"]}}
    event = event_of(_read(envelope(before={"id": 5}, a="", b="acme"), **maps))
    assert (event.id, event.brand) == ("5", "acme")


def test_a_rule_says_what_a_path_cannot() -> None:
    maps = {
        "fields": {
            "channel": {"value": "web"},
            "type": {"path": "event", "words": {"open": "message.opened", "*.x": "a.x"}},
            "authenticated": "proven",
        }
    }
    event = event_of(_read(envelope(event=" OPEN", proven="no"), **maps))
    assert (event.channel, event.type, event.authenticated) == ("web", "message.opened", False)
    assert event_of(_read(envelope(event="t.x"), **maps)).type == "a.x"
    assert event_of(_read(envelope(event="other"), **maps)).type == "other"


@pytest.mark.parametrize(("otherwise", "found"), [("drop", Ignored("else")), ("b.c", "b.c")])
def test_other_words_drop_the_event_or_are_one_word(otherwise: str, found: object) -> None:
    rule = {"path": "event", "words": {"open": "message.opened"}, "else": otherwise}
    reading = _read(envelope(event="bounce"), fields={"type": rule})
    assert (reading.type if isinstance(reading, Event) else reading) == found


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"as": "rfc2822"}, "Thu, 09 Oct 2025 08:53:20 GMT"),
        ({"as": "rfc2822"}, "Thu, 09 Oct 2025 10:53:20 +0200"),
        ({"as": "s"}, NOON // 1000),
        ({"as": "ms"}, str(NOON)),
        ({"zone": "Europe/Berlin"}, "2025-10-09T10:53:20"),
        ({"zone": "Europe/Berlin"}, "2025-10-09T08:53:20Z"),
        ({"zone": "Europe/Berlin", "as": "%d.%m.%Y %H:%M:%S"}, "09.10.2025 10:53:20"),
        ({"as": "%Y%m%d%H%M%S%z"}, "20251009105320+0200"),
    ],
)
def test_times_are_read_as_they_are_written(rule: dict[str, str], told: object) -> None:
    maps = {"fields": {"time": {"path": "time", **rule}}, "time_unit": "s"}
    assert event_of(_read(envelope(time=told), **maps)).time == NOON


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"as": "rfc2822"}, "yesterday"),
        ({"as": "%d.%m.%Y"}, "09.10.2025"),
        ({"zone": "Europe/Berlin"}, "noon"),
        ({"as": "ms"}, "1e400"),
        ({"as": "ms"}, 10**30),
    ],
)
def test_a_time_that_cannot_be_read_is_not_guessed(rule: dict[str, str], told: object) -> None:
    maps = {"fields": {"time": {"path": "time", **rule}}}
    assert reason_of(_read(envelope(time=told), **maps)) == "bad_time"


def test_a_record_without_time_happened_when_it_was_received() -> None:
    assert (
        event_of(_read(envelope(time=None), fields={"time": {"value": "received"}})).time
        == NOON
    )


def _data(**told: object) -> object:
    """Read an item with these maps; a key `record` is what lies in the record."""
    record = told.pop("record")
    reading = _read({**envelope(type="cart.item_added"), "r": record}, data=told)
    return msgspec.json.decode(event_of(reading).data)


def test_amounts_are_in_whole_units() -> None:
    maps: dict[str, object] = {"sku": "r.id"}
    for form, amount in (("cents", 3899), ("cents", "3899"), ("micros", 38_990_000)):
        price = {"path": "r.price", "as": form}
        found = _data(record={"id": 7, "price": amount}, price=price, **maps)
        assert found == {"sku": "7", "price": 38.99}
    price = {"path": "r.p", "as": "cents", "currency": "r.c"}
    for currency, whole in (("EUR", 12.0), ("jpy", 1200.0), ("KWD", 1.2)):
        record = {"id": 7, "p": 1200, "c": currency}
        assert _data(record=record, price=price, **maps) == {"sku": "7", "price": whole}


def test_text_is_turned_into_what_the_type_calls_for() -> None:
    item = {"sku": 4415318, "price": "199.00", "quantity": " 2 ", "size": 42, "odd": "7"}
    maps = {name: f"r.{name}" for name in item}
    assert _data(record=item, **maps) == {
        "sku": "4415318",
        "price": 199.0,
        "quantity": 2.0,
        "size": "42",
        "odd": "7",
    }
    ended = envelope(type="contact.ended", data={"resolved": "TRUE", "wait_s": "31"})
    data = event_of(_read(ended, defaults={"brand": "acme"})).data
    assert msgspec.json.decode(data) == {"resolved": True, "wait_s": 31.0}
    own = envelope(type="contact.ended", data={"resolved": "true"})
    assert (
        reason_of(
            Reader(Source(name="s", topics=("t",))).read(
                msgspec.json.encode(own), None, None, NOON
            )
        )
        == "bad_payload"
    )


def test_a_rule_may_say_what_a_field_is() -> None:
    rules = {
        name: {"path": f"r.{name}", "as": name}
        for name in ("number", "bool", "text", "address")
    }
    record = {"number": "2", "bool": "no", "text": 7, "address": "tel:+4930901820"}
    found = _data(record={**record, "id": "A"}, sku="r.id", **rules)
    assert found == {
        "sku": "A",
        "number": 2.0,
        "bool": False,
        "text": "7",
        "address": "+4930901820",
    }


def test_text_that_is_no_number_stays_and_is_refused() -> None:
    record = {**envelope(type="cart.item_added"), "r": {"sku": "A", "price": "12,50"}}
    maps = {"data": {"sku": "r.sku", "price": "r.price"}}
    assert reason_of(_read(record, **maps)) == "bad_payload"


def test_rows_may_have_what_stands_around_them() -> None:
    payload = PayloadMap(
        {
            "items[].sku": ("rows[].sku", FieldRule(path="rows[].id", words={"9": "nine"})),
            "items[].currency": "^.currency",
            "items[].size": FieldRule(value="L"),
        }
    )
    rows = [{"sku": "A"}, {"sku": None, "id": 9}, '{"sku": "B"}']
    found = payload.read(SourceRecord({"currency": "EUR", "rows": rows}))
    around = {"currency": "EUR", "size": "L"}
    assert found == {"items": [{"sku": sku, **around} for sku in ("A", "nine", "B")]}


@pytest.mark.parametrize(
    ("condition", "told", "read"),
    [
        ({"in": ["c", "u"]}, "c", True),
        ({"in": ["c", "u"]}, " C", True),
        ({"in": ["c", "u"]}, "d", False),
        ({"in": ["c", "u"]}, None, False),
        ({"in": [True, 7]}, True, True),
        ({"in": [True, 7]}, 7, True),
        ({"in": [True, 7]}, False, False),
        ({"not_in": ["d"]}, "d", False),
        ({"not_in": ["d"]}, "c", True),
        ({"not_in": ["d"]}, None, True),
    ],
)
def test_what_does_not_hold_is_left_out(
    condition: dict[str, Any], told: object, read: bool
) -> None:
    reading = _read({**envelope(), "op": told}, when=[{"path": "op", **condition}])
    assert isinstance(reading, Event) if read else reading == Ignored("when")


@pytest.mark.parametrize("value", [None, b"", b"null", b" null\n"])
@pytest.mark.parametrize("maps", [{}, {"defaults": {"brand": "acme"}}])
def test_a_record_without_value_is_passed_over_if_its_source_says_so(
    value: bytes | None, maps: dict[str, Any]
) -> None:
    skipping = Reader(Source(name="s", topics=("t",), empty="skip", **maps))
    assert skipping.read(value, b"k", None, NOON) == Ignored("empty")
    assert reason_of(
        Reader(Source(name="s", topics=("t",), **maps)).read(value, None, None, NOON)
    )


PER_TYPE = {
    "data": {"kind": "k"},
    "per_type": {
        "order.completed": {"order_id": "no", "items[].sku": "lines[].article"},
        "consent.updated": {"purpose": {"value": "promotion"}, "status": "s", "channel": "c"},
        "page.viewed": {"fields": {"channel": "c"}, "data": {"channel": "k"}, "time": "at"},
    },
}


def test_a_type_has_fields_of_its_own() -> None:
    order = envelope(type="order.completed", no=7, k="x", lines=[{"article": 1}])
    event = event_of(_read(order, **PER_TYPE))
    assert event.order_id == "7"
    assert msgspec.json.decode(event.data) == {"kind": "x", "items": [{"sku": "1"}]}
    other = event_of(_read({**order, "type": "order.cancelled"}, **PER_TYPE))
    assert (other.order_id, msgspec.json.decode(other.data)) == (None, {"kind": "x"})


def test_a_name_of_the_payload_is_the_payloads_and_a_table_says_it_outright() -> None:
    wish = event_of(_read(envelope(type="consent.updated", s="revoked", c="email"), **PER_TYPE))
    assert (wish.channel, msgspec.json.decode(wish.data)["channel"]) == ("store", "email")
    record = envelope(type="page.viewed", c="web", k="x", at=NOON - 1)
    page = event_of(_read(record, **PER_TYPE))
    assert (page.channel, page.time) == ("web", NOON - 1)
    assert msgspec.json.decode(page.data) == {"kind": "x", "channel": "x"}


BATCH = {
    "id": "b",
    "at": NOON,
    "events": [envelope(id=None, time=None), "odd", '{"id": "own", "channel": "web"}'],
}


def test_events_of_a_record_have_what_is_theirs_and_what_is_the_records() -> None:
    maps = {"fields": {"time": "^.at"}, "defaults": {"type": "a.b", "channel": "x"}}
    several = _read(BATCH, each="events[]", **maps)
    assert isinstance(several, Several)
    first, second, third = several.readings
    assert (event_of(first).id, event_of(first).time) == ("b#1", NOON)
    assert reason_of(second) == "bad_envelope"
    assert reason_of(third) == "no_identifier"


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, ["b#1", "b#2"]),
        ({"id": "^.id"}, ["b#1", "b#2"]),
        ({"id": "$key"}, ["k#1", "k#2"]),
        ({"id": "^.id+n"}, ["b:5", "b:6"]),
        ({"id": "n"}, ["5", "6"]),
    ],
)
def test_events_without_an_id_are_numbered(fields: dict[str, str], ids: list[str]) -> None:
    events = [envelope(id=None, n=5), envelope(id=None, n=6)]
    several = _read({"id": "b", "events": events}, each="events[]", fields=fields)
    assert isinstance(several, Several)
    assert [event_of(each).id for each in several.readings] == ids


@pytest.mark.parametrize(
    ("each", "record"),
    [
        ("[]", [envelope()]),
        ("[]", envelope()),
        ("a.b[]", {"a": {"b": [envelope()]}}),
        ("a.b[]", {"a": '{"b": [' + msgspec.json.encode(envelope()).decode() + "]}"}),
        ("a[].b[]", {"a": [{"b": [envelope()]}, {"b": None}, {}]}),
    ],
)
def test_events_lie_in_a_list_an_object_or_a_text(each: str, record: object) -> None:
    several = _read(record, each=each)
    assert isinstance(several, Several)
    assert [event_of(reading).id for reading in several.readings] == ["e1"]


def test_a_list_that_is_empty_is_left_out_and_one_that_is_not_there_is_refused() -> None:
    nothing: tuple[object, ...] = ([], None)
    for events in nothing:
        assert _read({"events": events}, each="events[]") == Ignored("each")
    assert reason_of(_read({"event": []}, each="events[]")) == "bad_envelope"
    assert reason_of(_read([envelope()])) == "bad_envelope"
    reading = _read([envelope()], defaults={"brand": "acme"})
    assert isinstance(reading, Rejected)
    assert "`each" in reading.message


@pytest.mark.parametrize(
    "maps",
    [
        {"each": "events"},
        {"when": [{"path": "op"}]},
        {"fields": {"time": {"path": "at", "zone": "Berlin"}}},
        {"fields": {"time": {"path": "at", "as": "fortnights"}}},
        {"fields": {"id": {}}},
        {"fields": {"id": []}},
        {"fields": {"id": {"path": "a", "value": "b"}}},
        {"data": {"price": {"path": "p", "as": "micros", "currency": "c"}}},
        {"data": {"items[].size": {"value": "L"}}},
        {"per_type": {"order.completed": {"order_id": {"pat": "x"}}}},
        {"per_type": {"order.completed": {"order_id": "a..b"}}},
    ],
)
def test_a_rule_that_makes_no_sense_names_its_source(maps: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="source `s`"):
        _read(envelope(), **maps)


def test_a_trace_tells_which_paths_never_found_anything() -> None:
    trace = PathTrace()
    source = Source(
        name="s",
        topics=("t",),
        identifiers={"email": ("mail", "email"), "phone": "tel"},
        fields={"brand": FieldRule(value="acme")},
        data={"items[].sku": "rows[].sku", "items[].price": "rows[].price"},
        per_type={"order.returned": {"order_id": "never"}},
    )
    record = {**envelope(type="order.completed"), "rows": [{"sku": "A"}, {}]}
    reader = Reader(source, trace=trace)
    for more in ({}, {"email": "a@b.cd"}):
        reader.read(msgspec.json.encode({**record, **more}), None, None, NOON)
    assert trace.never_found == [
        "`identifiers.phone`: nothing was ever found under `tel`",
        "`data.items[].price`: nothing was ever found under `rows[].price`",
    ]
