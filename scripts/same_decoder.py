"""Tells what bytes say by what they begin with, and where two such values part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

import fastavro
import msgspec

HEAD = 17
"""Bytes in front of a context in customer.contexts: version, revision, next_due."""
ABSENT = "nothing"


class Decoder:
    """Tells what bytes say, by what they begin with: JSON, Avro, MessagePack or a context."""

    def __init__(self, schemas: Iterable[Path] = ()) -> None:
        read = [msgspec.json.decode(path.read_bytes()) for path in schemas]
        self._schemas = {_schema_id(each): fastavro.parse_schema(each) for each in read}

    def tell(self, value: bytes | None) -> object:
        """Decode as far as can be; what cannot is told in hexadecimal."""
        if value is None:
            return None
        for attempt in (self._json, self._avro, self._context, self._packed):
            try:
                return attempt(value)
            except Exception:  # noqa: BLE001 - it is something else then
                continue
        return value.hex()

    def _json(self, value: bytes) -> object:
        if value[:1] not in (b"{", b"["):
            raise ValueError
        return msgspec.json.decode(value, type=object)

    def _avro(self, value: bytes) -> object:
        if value[:1] != b"\0":
            raise ValueError
        schema = self._schemas[int.from_bytes(value[1:5])]
        told: object = fastavro.schemaless_reader(BytesIO(value[5:]), schema, None)
        return told

    def _context(self, value: bytes) -> object:
        if value[0] >= 0x80:
            raise ValueError
        head = {
            "version": value[0],
            "revision": value[1:9].hex(),
            "next_due": value[9:17].hex(),
        }
        return {**head, "context": self._packed(value[HEAD:])}

    def _packed(self, value: bytes) -> object:
        if value[0] < 0x80:
            raise ValueError
        return self._inside(msgspec.msgpack.decode(value))

    def _inside(self, told: object) -> object:
        """Open what lies as bytes within, such as a context in a merge."""
        match told:
            case bytes() | bytearray():
                return self.tell(bytes(told))
            case list():
                return [self._inside(each) for each in told]
            case dict():
                return {str(name): self._inside(each) for name, each in told.items()}
            case _:
                return told


def _schema_id(schema: object) -> int:
    """The id that Legato derives from a schema (docs/contracts.md, Schemas)."""
    text = msgspec.json.encode(_bare(schema), order="sorted")
    return int.from_bytes(hashlib.sha256(text).digest()[:4]) & 0x7FFFFFFF


def _bare(schema: object) -> object:
    if isinstance(schema, dict):
        return {name: _bare(each) for name, each in schema.items() if name != "doc"}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


_MISSING = object()


def fields_differing(path: str, former: object, now: object) -> Iterator[tuple[str, str, str]]:
    """The places at which two decoded values part, and what stands there."""
    if isinstance(former, dict) and isinstance(now, dict):
        parts: list[tuple[object, object, object]] = [
            (name, former.get(name, _MISSING), now.get(name, _MISSING))
            for name in {**former, **now}
        ]
    elif isinstance(former, list) and isinstance(now, list):
        pairs = zip_longest(former, now, fillvalue=_MISSING)
        parts = [(number, one, other) for number, (one, other) in enumerate(pairs)]
    else:
        if type(former) is not type(now) or former != now:
            yield path or "value", in_short(former), in_short(now)
        return
    for name, one, other in parts:
        yield from fields_differing(f"{path}.{name}" if path else str(name), one, other)


def in_short(value: object) -> str:
    if value is _MISSING:
        return ABSENT
    told = msgspec.json.encode(value, order=None).decode()
    return told if len(told) <= 160 else f"{told[:160]}…"
