"""What a source would make of a file of samples, without Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import fastavro

from legato.core.events.event import Event
from legato.core.values.results import Unreadable
from legato.core.values.time import NEVER
from legato.wire.formats.avro import write_avro
from legato.wire.formats.envelope import SourceReading
from legato.wire.formats.registry import Registry
from legato.wire.formats.schema import Schema
from legato.wire.record import BOM, Headers
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

_LATE = NEVER >> 1
_CONTAINER = b"Obj\x01"
_STRUCTURED: Headers = (("content-type", b"application/cloudevents+json"),)


class _OneSchema:
    """The schema of a container file, under id 0, in front of the registry as set."""

    def __init__(self, only: Schema, behind: Registry) -> None:
        self._only, self._behind = only, behind

    def schema(self, number: int) -> Schema | Unreadable:
        return self._only if number == self._only.id else self._behind.schema(number)

    def own(self, name: str) -> Schema:
        return self._behind.own(name)


def check_sample(source: Source, registry: Registry, data: bytes) -> Iterator[SourceReading]:
    """Read samples as the source would; raises RegistryDown.

    `data` is JSON, one record a line or one over several lines, one record of Avro in
    Confluent's format, or a container file of Avro. There are no headers and no keys: JSON
    with a `specversion` is taken for a CloudEvent in structured mode.
    """
    if data[:4] == _CONTAINER:
        return _read_container(source, registry, data)
    reader, data = Reader(source, registry, check_payload=True), data.removeprefix(BOM)
    return (_read(reader, value) for value in _records(data))


def _read(reader: Reader, value: bytes) -> SourceReading:
    headers = _STRUCTURED if value[:1] == b"{" and b'"specversion"' in value else None
    reading = reader.read(value, None, headers, _LATE)
    if isinstance(reading, Event):
        reading.received = 0
    return reading


def _records(data: bytes) -> list[bytes]:
    if data[:1] in (b"\x00", b"\x01") or not data.strip():
        return [data]
    lines = [line.strip() for line in data.splitlines() if line.strip()]
    return [data.strip()] if lines[0] == b"{" else lines


def _read_container(source: Source, registry: Registry, data: bytes) -> Iterator[SourceReading]:
    """Put each datum of a container file into the wire format, and read it from there."""
    try:
        found = fastavro.reader(BytesIO(data))
        schema = Schema(0, "sample", found.writer_schema)
        values = [write_avro(datum, schema) for datum in found if isinstance(datum, dict)]
    except Exception as error:  # noqa: BLE001 - foreign bytes make fastavro raise anything
        yield Unreadable("bad_avro", f"not a container file of Avro: {type(error).__name__}")
        return
    reader = Reader(source, _OneSchema(schema, registry), check_payload=True)
    yield from (_read(reader, value) for value in values)
