"""A company's own topics become the same events as Legato's envelope, by their maps alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.core.events.event import Event
from legato.wire.formats.avro import write_avro
from legato.wire.formats.registry import FileRegistry
from legato.wire.record import Headers
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.contract.contracts_page import example
from tests.unit.wire.reading import NOON, PLAIN, REGISTRY, as_json, event_of, known, read, told


def _as_envelope(value: bytes) -> dict[str, Any]:
    return told(event_of(read(value)))


def _headers(headers: dict[str, str]) -> Headers:
    return [(name, value.encode()) for name, value in headers.items()]


def test_the_till_of_the_page_in_avro(tmp_path: Path) -> None:
    till = example("A till, in Avro")
    definition, record, expected = map(msgspec.json.decode, till.blocks)
    (tmp_path / "receipt.avsc").write_bytes(till.blocks[0])
    registry = FileRegistry(tmp_path)
    schema = known(registry, definition)
    record["printed"] = round(datetime.fromisoformat(record["printed"]).timestamp() * 1e6)
    record["amount"] = Decimal(record["amount"])
    record["lines"] = [{**line, "each": Decimal(line["each"])} for line in record["lines"]]
    value = write_avro(record, schema)
    event = event_of(Reader(till.source, registry).read(value, None, None, NOON))
    assert told(event) == _as_envelope(msgspec.json.encode(expected))
    assert event.source == "till"


@pytest.mark.parametrize(
    "heading", ["A telephone system, in JSON", "A web shop, in CloudEvents"]
)
def test_the_other_sources_of_the_page(heading: str) -> None:
    page = example(heading)
    record, expected = msgspec.json.decode(page.blocks[0]), page.blocks[1]
    key = record["key"] and record["key"].encode()
    value, headers = msgspec.json.encode(record["value"]), _headers(record["headers"])
    event = event_of(Reader(page.source, REGISTRY).read(value, key, headers, NOON))
    assert told(event) == _as_envelope(expected)


VISIT: dict[str, Any] = {"no": "e1", "what": "ENTERED", "at": NOON, "card": "42"}
MAPS = Source(
    name="gates",
    topics=("gates",),
    fields={"id": "no", "type": "what", "time": "at"},
    identifiers={"loyalty_id": "card"},
    types={"ENTERED": "store.visited"},
    defaults={"channel": "store"},
)
CLOUD_MAPS = msgspec.structs.replace(
    MAPS, fields={}, identifiers={"loyalty_id": "data.card"}, types={"ENTERED": "store.visited"}
)


def _in_avro(tmp_path: Path) -> Event:
    fields = [{"name": name, "type": "string"} for name in ("no", "what", "card")]
    definition = {
        "type": "record",
        "name": "Visit",
        "fields": [
            *fields,
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        ],
    }
    (tmp_path / "visit.avsc").write_bytes(msgspec.json.encode(definition))
    registry = FileRegistry(tmp_path)
    schema = known(registry, definition)
    value = write_avro(VISIT, schema)
    return event_of(Reader(MAPS, registry).read(value, b"any key", None, NOON))


def _in_json() -> Event:
    value = msgspec.json.encode(VISIT)
    return event_of(Reader(MAPS, REGISTRY).read(value, None, None, NOON))


def _in_cloudevents_binary() -> Event:
    attributes = {"ce_specversion": "1.0", "ce_id": "e1", "ce_type": "ENTERED"}
    headers = _headers({**attributes, "ce_time": "2025-10-09T08:53:20Z"})
    return event_of(Reader(CLOUD_MAPS, REGISTRY).read(b'{"card":42}', None, headers, NOON))


def _in_cloudevents_structured() -> Event:
    event = {
        "specversion": "1.0",
        "id": "e1",
        "type": "ENTERED",
        "time": "2025-10-09T08:53:20Z",
    }
    value = msgspec.json.encode({**event, "data": {"card": "42"}})
    headers = _headers({"Content-Type": "application/cloudevents+json; charset=utf-8"})
    return event_of(Reader(CLOUD_MAPS, REGISTRY).read(value, None, headers, NOON))


def test_one_visit_in_four_formats_is_one_event(tmp_path: Path) -> None:
    readings = [
        _in_avro(tmp_path),
        _in_json(),
        _in_cloudevents_binary(),
        _in_cloudevents_structured(),
    ]
    own = event_of(PLAIN.read(as_json(), None, None, NOON))
    for event in readings:
        assert told(event) | {"data": None} == told(own)


def test_a_cloudevent_needs_no_maps() -> None:
    data = {
        "channel": "web",
        "identifiers": {"user_id": "u"},
        "session_id": 7,
        "data": {"a": 1},
    }
    event = {
        "specversion": "1.0",
        "id": "e1",
        "type": "page.viewed",
        "time": "2025-10-09T08:53:20Z",
    }
    value = msgspec.json.encode({**event, "cartid": "c", "data": data})
    headers = _headers({"content-type": "application/cloudevents+json"})
    read_event = event_of(PLAIN.read(value, None, headers, NOON))
    assert (read_event.channel, read_event.session_id, read_event.cart_id) == ("web", "7", "c")
    assert read_event.identifiers == {"user_id": "u"}
    assert bytes(read_event.data) == b'{"a":1}'


def test_legatos_own_avro_carries_data_as_a_map_or_as_json() -> None:
    schema = REGISTRY.own("channel_event")
    whole = {"id": "e1", "type": "cart.item_added", "channel": "web", "time": NOON}
    for data in ({"sku": "A", "price": 1.5}, '{"sku":"A","price":1.5}'):
        value = write_avro({**whole, "identifiers": {"user_id": "u"}, "data": data}, schema)
        assert bytes(event_of(read(value)).data) == b'{"sku":"A","price":1.5}'
