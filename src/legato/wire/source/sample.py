"""What a source would make of a file of samples, without Kafka."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO

import fastavro
import msgspec
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.values.results import Unreadable
from legato.core.values.time import NEVER, Instant
from legato.wire.formats.avro import write_avro
from legato.wire.formats.envelope import Misunderstood, SourceReading, each_of
from legato.wire.formats.registry import Registry
from legato.wire.formats.schema import Schema
from legato.wire.record import BOM, RawRecord
from legato.wire.source.reader import Reader
from legato.wire.source.rule import PathTrace
from legato.wire.source.source import Source

_LATE = NEVER >> 1
_CONTAINER = b"Obj\x01"
_STRUCTURED = (("content-type", b"application/cloudevents+json"),)
_RECORD = frozenset({"key", "headers", "value"})
_decode = msgspec.json.Decoder().decode
_decode_next = json.JSONDecoder().raw_decode


class SampledRecord(Struct, frozen=True):
    """A record of the sample, by the line where it begins, and what becomes of it."""

    line: int
    readings: tuple[SourceReading, ...]


class _OneSchema:
    """The schema of a container file, under id 0, in front of the registry as set."""

    def __init__(self, only: Schema, behind: Registry) -> None:
        self._only, self._behind = only, behind

    def schema(self, number: int) -> Schema | Unreadable:
        return self._only if number == self._only.id else self._behind.schema(number)

    def own(self, name: str) -> Schema:
        return self._behind.own(name)


class SampleReader:
    """Reads samples as a source would; `around` has the key and the headers of each record.

    `received` is when the broker would take them; if it is not told, long after all of them.

    Afterwards `trace` knows which paths of the maps never found anything.
    """

    def __init__(
        self,
        source: Source,
        registry: Registry,
        around: RawRecord | None = None,
        received: Instant = _LATE,
    ) -> None:
        self._source, self._registry, self._received = source, registry, received
        self._around = around or RawRecord(None, None)
        self.trace = PathTrace()

    def read(self, data: bytes) -> Iterator[SampledRecord]:
        """Read all records of a sample; raises RegistryDown.

        `data` is JSON, one record a line or some over several lines, one record of Avro in
        Confluent's format, or a container file of Avro. JSON with `key`, `headers` and `value`
        alone is a record with what stands around it; JSON with a `specversion` is taken for a
        CloudEvent in structured mode.
        """
        if data[:4] == _CONTAINER:
            yield from self._container(data)
            return
        reader = self._reader(self._registry)
        for line, value in _records(data.removeprefix(BOM)):
            yield self._read(reader, line, value)

    def _reader(self, registry: Registry) -> Reader:
        return Reader(self._source, registry, check_payload=True, trace=self.trace)

    def _read(self, reader: Reader, line: int, value: bytes) -> SampledRecord:
        record = _opened(value) or msgspec.structs.replace(self._around, value=value)
        headers = record.headers
        if not headers and value[:1] == b"{" and b'"specversion"' in value:
            headers = _STRUCTURED
        readings = each_of(reader.read(record.value, record.key, headers, self._received))
        for reading in readings:
            event = reading.event if isinstance(reading, Misunderstood) else reading
            if isinstance(event, Event):
                event.received = 0
        return SampledRecord(line, readings)

    def _container(self, data: bytes) -> Iterator[SampledRecord]:
        """Put each datum of a container file into the wire format, and read it from there."""
        try:
            found = fastavro.reader(BytesIO(data))
            schema = Schema(0, "sample", found.writer_schema)
            values = [write_avro(datum, schema) for datum in found if isinstance(datum, dict)]
        except Exception as error:  # noqa: BLE001 - foreign bytes make fastavro raise anything
            message = f"not a container file of Avro: {type(error).__name__}"
            yield SampledRecord(1, (Unreadable("bad_avro", message),))
            return
        reader = self._reader(_OneSchema(schema, self._registry))
        for line, value in enumerate(values, 1):
            yield self._read(reader, line, value)


def _opened(value: bytes) -> RawRecord | None:
    """Take apart a record that is told with its key and headers, as docs/contracts.md does."""
    if not value.startswith(b"{"):
        return None
    try:
        told = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(told, dict) or set(told) != _RECORD:
        return None
    key, headers, inner = told["key"], told["headers"] or {}, told["value"]
    if not isinstance(headers, Mapping):
        return None
    return RawRecord(
        None if key is None else str(key).encode(),
        None if inner is None else msgspec.json.encode(inner),
        tuple((name, str(header).encode()) for name, header in headers.items()),
    )


def _records(data: bytes) -> list[tuple[int, bytes]]:
    """Tell the records of a sample apart, each with its line."""
    if data[:1] in (b"\x00", b"\x01") or not data.strip():
        return [(1, data)]
    lines = [
        (number, line.strip())
        for number, line in enumerate(data.splitlines(), 1)
        if line.strip()
    ]
    whole = all(_is_json(line) for _, line in lines)
    return lines if whole else _over_lines(data) or lines


def _is_json(line: bytes) -> bool:
    try:
        _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _over_lines(data: bytes) -> list[tuple[int, bytes]]:
    """Take JSON apart that goes over several lines; nothing if it is not whole."""
    try:
        text, at = data.decode(), 0
        found: list[tuple[int, bytes]] = []
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            _, end = _decode_next(text, at)
            found.append((text.count("\n", 0, at) + 1, text[at:end].encode()))
            at = end
    except (ValueError, RecursionError):
        return []
    return found
