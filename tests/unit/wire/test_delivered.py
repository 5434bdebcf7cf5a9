"""An event that has no id is called after the delivery that it came in, and only then."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.events.event import Event
from legato.wire.formats.envelope import each_of
from legato.wire.record import DELIVERY
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.unit.wire.reading import NOON, PLAIN, TRUSTED, as_json, envelope, reason_of
from tests.unit.wire.vendor_records import MARCH, RECORDS, VendorRecord

DELIVERED = ((DELIVERY, b"d-1"),)


def ids(reader: Reader, value: object, headers: object = DELIVERED) -> list[str]:
    read = reader.read(msgspec.json.encode(value), b"1", headers, NOON)  # type: ignore[arg-type]
    return [each.id for each in each_of(read) if isinstance(each, Event)]


def mapped(**more: object) -> Reader:
    told = {"name": "s", "topics": ("t",), "types": {"x": "store.visited"}, **more}
    return Reader(msgspec.convert(told, Source))


@pytest.mark.parametrize("reader", [PLAIN, TRUSTED, mapped()])
@pytest.mark.parametrize("blank", [None, ""])
def test_an_event_without_id_is_called_after_its_delivery(
    reader: Reader, blank: str | None
) -> None:
    event = envelope(id=blank)
    assert ids(reader, event) == ["d-1"]
    assert ids(reader, {**event, "id": None}) == ["d-1"]
    assert ids(reader, event, ()) == []


@pytest.mark.parametrize("reader", [PLAIN, TRUSTED, mapped()])
def test_an_id_of_its_own_wins(reader: Reader) -> None:
    assert ids(reader, envelope(id="mine")) == ["mine"]
    assert ids(reader, envelope(id=7)) == ["7"]


def test_who_has_neither_is_told_so() -> None:
    read = PLAIN.read(as_json(id=None), None, None, NOON)
    assert reason_of(read) == "bad_envelope"
    assert "missing required field `id`" in getattr(read, "message", "")


def test_an_id_that_the_map_does_not_find_is_that_of_the_delivery() -> None:
    reader = mapped(fields={"id": ["order.id", "invoice.id"]})
    assert ids(reader, {**envelope(), "order": {"id": "o"}}) == ["o"]
    assert ids(reader, {**envelope(), "order": {"id": ""}}) == ["d-1"]
    assert ids(reader, envelope()) == ["d-1"]
    assert ids(reader, envelope(), None) == []


def test_several_events_in_a_delivery_are_counted() -> None:
    reader = mapped(each="events[]")
    nameless = envelope(id=None)
    assert ids(reader, {"events": [nameless, envelope(id="own"), nameless]}) == [
        "d-1#1",
        "own",
        "d-1#3",
    ]
    assert ids(reader, {"id": "r", "events": [nameless, nameless]}) == ["r#1", "r#2"]
    around = mapped(each="events[]", fields={"id": "^.batch"})
    assert ids(around, {"batch": "b", "events": [nameless]}) == ["b#1"]
    assert ids(around, {"events": [nameless]}) == ["d-1#1"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.map)
def test_a_ready_made_map_takes_the_vendors_id_of_an_event_before_that_of_its_delivery(
    record: VendorRecord,
) -> None:
    reader = Reader(Source(name="s", topics=("t",), map=record.map))
    headers = [(name, value.encode()) for name, value in record.headers.items()]
    value = b"" if record.value is None else msgspec.json.encode(record.value)
    told = [
        [each.id for each in each_of(read) if isinstance(each, Event)]
        for read in (
            reader.read(value, None, headers, MARCH),
            reader.read(value, None, [*headers, *DELIVERED], MARCH),
        )
    ]
    assert told[0] == told[1]
    assert "d-1" not in "".join(told[1])
