"""Which format a record is in, by its headers and its first byte."""

from __future__ import annotations

from typing import Literal

from legato.core.values.results import Unreadable
from legato.wire.formats.avro import ID_HEADER
from legato.wire.formats.cloudevents import is_cloudevent
from legato.wire.record import Headers, header

Format = Literal["json", "avro", "cloudevents"]
_WHITE = b" \t\r\n"


def format_of(value: bytes, headers: Headers) -> Format | Unreadable:
    """Let the record say: headers of CloudEvents or a schema id first, then the first byte."""
    if headers:
        if is_cloudevent(headers):
            return "cloudevents"
        if header(headers, ID_HEADER) is not None:
            return "avro"
    first = value[0]
    if first in (0, 1):
        return "avro"
    if first >= 0x20 or first in _WHITE:
        return "json"
    return Unreadable(
        "bad_magic", f"first byte 0x{first:02x}; send JSON, CloudEvents or Confluent's Avro"
    )
