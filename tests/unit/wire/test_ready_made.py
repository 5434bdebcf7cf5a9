"""Ready-made maps read what vendors publish, and are known by it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from legato.cli.infer_mapping import mapped_source, maps_for
from legato.core.events.event import Event
from legato.core.events.vocabulary import KNOWN_TYPES
from legato.core.values.results import Ignored
from legato.settings import Settings, SettingsError, load
from legato.wire.formats.envelope import each_of
from legato.wire.source.reader import Reader
from legato.wire.source.ready_made import UnknownMap, ready_made, with_map
from legato.wire.source.source import FieldRule, Source
from legato.wire.topics.outcomes import STATUSES
from tests.unit.wire.reading import REGISTRY, told
from tests.unit.wire.vendor_records import MARCH, RECORDS, VendorRecord

KEPT = {"customer.deleted", "message.bounced"}
"""Types of no meaning of their own: they stand in the timeline."""


def _source(name: str, **more: object) -> Source:
    told = {"name": "s", "topics": ["t"], "map": name, **more}
    return msgspec.convert(told, Source)


def _value(record: VendorRecord) -> bytes:
    return b"" if record.value is None else msgspec.json.encode(record.value)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.map)
def test_a_published_record_makes_its_events_and_nothing_else(record: VendorRecord) -> None:
    reader = Reader(_source(record.map), REGISTRY, check_payload=True)
    headers = [(name, value.encode()) for name, value in record.headers.items()]
    readings = each_of(reader.read(_value(record), None, headers, MARCH))
    assert [each for each in readings if not isinstance(each, Event | Ignored)] == []
    events = [told(each) for each in readings if isinstance(each, Event)]
    assert len(events) == len(record.events)
    for event, expected in zip(events, record.events, strict=True):
        event["data"] = _part(event["data"], expected.get("data"))
        assert {name: event[name] for name in expected} == expected


def _part(data: object, wanted: object) -> object:
    """Keep of a payload what the record above tells of it."""
    if not isinstance(data, dict) or not isinstance(wanted, dict):
        return data
    return {name: value for name, value in data.items() if name in wanted}


@pytest.mark.parametrize(
    "record", [record for record in RECORDS if record.found], ids=lambda record: record.map
)
def test_init_knows_a_published_record(record: VendorRecord) -> None:
    assert maps_for(_value(record))[0] == record.map


def test_init_writes_a_source_that_loads() -> None:
    text = mapped_source("shop.orders", "shopify.orders")
    [source] = msgspec.convert(msgspec.toml.decode(text), Settings).sources
    assert (source.name, source.topics) == ("shop_orders", ("shop.orders",))
    assert source.map == "shopify.orders"
    assert maps_for(b'{"id": 1}') == maps_for(b"{") == []


def test_every_map_is_tested_and_names_known_types() -> None:
    assert set(ready_made()) == {record.map for record in RECORDS}
    made = {event["type"] for record in RECORDS for event in record.events}
    known = {each.name for each in KNOWN_TYPES} | {f"action.{each}" for each in STATUSES}
    assert made - known <= KEPT


@pytest.mark.parametrize("name", ready_made())
def test_a_map_compiles_and_says_what_it_is_for(name: str) -> None:
    Reader(_source(name), REGISTRY)
    assert ready_made()[name].about
    assert with_map(with_map(_source(name))) == with_map(_source(name))


def test_what_stands_beside_a_map_lies_over_it() -> None:
    own = _source(
        "shopify.orders",
        fields={"id": "name"},
        defaults={"brand": "acme"},
        per_type={"order.cancelled": {"time": "closed_at"}},
        when=[],
    )
    laid, plain = with_map(own), with_map(_source("shopify.orders"))
    assert laid.fields == {**plain.fields, "id": "name"}
    assert laid.defaults == {"channel": "web", "brand": "acme"}
    assert laid.per_type["order.cancelled"]["time"] == "closed_at"
    assert laid.per_type["order.cancelled"]["reason"] == "cancel_reason"
    ruled = with_map(_source("stripe", fields={"time": {"path": "at", "as": "ms"}}))
    assert ruled.fields["time"] == FieldRule(path="at", form="ms")


def test_an_unknown_map_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownMap, match=r"no map `shopify`; there are .*`shopify.orders`"):
        Reader(_source("shopify"), REGISTRY)
    path = tmp_path / "legato.toml"
    path.write_text('[[sources]]\nname = "s"\ntopics = ["t"]\nmap = "shopify"\n')
    with pytest.raises(SettingsError, match="source `s`: no map `shopify`"):
        load(path, {})
