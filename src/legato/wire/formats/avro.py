"""Avro in Confluent's wire format: a zero byte, the schema's id (4 bytes), then the datum."""

from __future__ import annotations

from io import BytesIO
from struct import Struct as Layout
from typing import Any

import fastavro

from legato.core.values.results import Unreadable
from legato.wire.formats.registry import Registry
from legato.wire.formats.schema import Schema
from legato.wire.record import Headers, header

ID_HEADER = "__value_schema_id"
_frame = Layout(">BI")
_GUID = "schema ids as GUID are not read here; let the producer write 4-byte ids"


def write_avro(datum: dict[str, Any], schema: Schema) -> bytes:
    """Write a datum with the id of its schema in front."""
    out = BytesIO()
    out.write(_frame.pack(0, schema.id))
    fastavro.schemaless_writer(out, schema.parsed, datum)
    return out.getvalue()


def read_avro(
    value: bytes, headers: Headers, registry: Registry
) -> dict[str, Any] | Unreadable:
    """Read a record of Avro; raises RegistryDown while its schema cannot be asked for."""
    found = schema_of(value, headers, registry)
    if isinstance(found, Unreadable):
        return found
    schema, start = found
    return read_datum(value, start, schema)


def read_datum(value: bytes, start: int, schema: Schema) -> dict[str, Any] | Unreadable:
    """Read the datum that fills `value` from `start` on."""
    stream = BytesIO(value)
    stream.seek(start)
    try:
        datum = fastavro.schemaless_reader(stream, schema.parsed, None)
    except Exception as error:  # noqa: BLE001 - foreign bytes make fastavro raise anything
        return Unreadable("bad_avro", f"not a `{schema.name}`: {type(error).__name__}")
    if stream.tell() != len(value):
        return Unreadable("bad_avro", f"bytes are left after a `{schema.name}`")
    if not isinstance(datum, dict):
        return Unreadable("bad_avro", f"`{schema.name}` is no record")
    return datum


def schema_of(
    value: bytes, headers: Headers, registry: Registry
) -> tuple[Schema, int] | Unreadable:
    """Find the schema, by header or first five bytes, and where the datum starts.

    Raises RegistryDown.
    """
    named = header(headers, ID_HEADER) if headers else None
    frame, start = (value, _frame.size) if named is None else (named, 0)
    if frame[:1] == b"\x01":
        return Unreadable("unknown_schema", _GUID)
    if frame[:1] != b"\x00":
        return Unreadable("bad_magic", "no zero byte in front; send Confluent's Avro format")
    if len(frame) < _frame.size:
        return Unreadable("bad_avro", "cut short within the schema id")
    schema_id: int = _frame.unpack_from(frame)[1]
    schema = registry.schema(schema_id)
    return schema if isinstance(schema, Unreadable) else (schema, start)
