"""What the tests of the wire room share: a source, a reader, and events made comparable."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.events.event import Event
from legato.core.values.results import Rejected, Unreadable
from legato.wire.formats.envelope import Several, SourceReading
from legato.wire.formats.registry import FileRegistry
from legato.wire.formats.schema import Schema, schema_id
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

NOON = 1_760_000_000_000
REGISTRY = FileRegistry()
PLAIN = Reader(Source(name="plain", topics=("t",)), REGISTRY)
TRUSTED = Reader(Source(name="trusted", topics=("t",), trust="customer_id"), REGISTRY)


def envelope(**changes: object) -> dict[str, Any]:
    """Build an envelope that lacks nothing; a change to None takes a field out."""
    whole = {
        "id": "e1",
        "type": "store.visited",
        "channel": "store",
        "time": NOON,
        "identifiers": {"loyalty_id": "42"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def as_json(**changes: object) -> bytes:
    return msgspec.json.encode(envelope(**changes))


def read(value: bytes | None, reader: Reader = PLAIN) -> SourceReading | Several:
    return reader.read(value, None, None, NOON)


def event_of(reading: object) -> Event:
    assert isinstance(reading, Event), reading
    return reading


def reason_of(reading: object) -> str:
    """Return the word for which a record was turned away."""
    assert isinstance(reading, Unreadable | Rejected), reading
    return reading.reason


def told(event: Event) -> dict[str, Any]:
    """Lay an event out with its data read, and without the name of its source."""
    fields = msgspec.structs.asdict(event)
    fields["data"] = msgspec.json.decode(event.data) if event.data else None
    return {name: value for name, value in fields.items() if name != "source"}


def known(registry: FileRegistry, definition: dict[str, Any]) -> Schema:
    """Return the schema that a folder must have."""
    schema = registry.schema(schema_id(definition))
    assert isinstance(schema, Schema)
    return schema
