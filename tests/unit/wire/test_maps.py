"""Paths and maps: how a field of a foreign record is found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from legato.core.events.event import Location
from legato.wire.formats.envelope import SourceReading
from legato.wire.source.mapping import EventMap, PayloadMap, SourceError
from legato.wire.source.path import SourceRecord, compile_path
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.unit.wire.reading import NOON, REGISTRY, envelope, event_of, reason_of

RECORD = SourceRecord({"a": {"b": [{"c": 1}, {"c": 0}]}, "n": None}, b"k", [("H", b"v")])


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
    ],
)
def test_a_path_finds_a_field_or_nothing(path: str, found: object) -> None:
    assert compile_path(path)(RECORD) == found


@pytest.mark.parametrize("path", ["", "a.", "a..b", ".a", "a+", "$value", "$header"])
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


@pytest.mark.parametrize("path", ["sku", "other[].sku"])
def test_a_list_is_built_from_one_list(path: str) -> None:
    with pytest.raises(ValueError, match=r"items\[\]\.price"):
        PayloadMap({"items[].sku": "rows[].id", "items[].price": path})


def _read(record: dict[str, Any], **maps: object) -> SourceReading:
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
