"""An Avro schema ready for use, and the id that a folder of schemas gives it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeAlias, cast

import fastavro
import msgspec
from msgspec import Struct

Definition: TypeAlias = dict[str, Any] | list[Any] | str


class SchemaError(ValueError):
    """A definition is no schema of Avro."""


class Schema(Struct, frozen=True):
    """A writer's schema under its id; `parsed` is in the form that fastavro reads with."""

    id: int
    name: str
    parsed: Any


def schema_id(definition: Definition) -> int:
    """Derive an id from the schema alone, so that every producer with the file finds the same.

    The first 4 bytes, without the highest bit, of the SHA-256 of the schema as JSON, compact,
    with sorted keys and without `doc`. Avro's own canonical form would not do: it drops the
    logical types, so `timestamp-millis` and `timestamp-micros` would share an id.
    """
    text = msgspec.json.encode(_without_doc(definition), order="sorted")
    return int.from_bytes(sha256(text).digest()[:4], "big") & 0x7FFFFFFF


def parse(
    number: int, definition: Definition, named: dict[str, dict[str, Any]] | None = None
) -> Schema:
    """Make a schema ready for use, with the types that others `named`; raises SchemaError.

    Instants in milliseconds are read as the numbers that they are.
    """
    plain = cast(Definition, _plain_instants(definition))
    try:
        parsed = fastavro.parse_schema(plain, named if named is not None else {})
    except Exception as error:  # noqa: BLE001 - foreign definitions make it raise anything
        raise SchemaError(f"not a schema of Avro: {type(error).__name__} {error}") from None
    name = parsed.get("name", "") if isinstance(parsed, dict) else str(parsed)
    return Schema(number, name, parsed)


def _without_doc(node: object) -> object:
    if isinstance(node, dict):
        return {name: _without_doc(inner) for name, inner in node.items() if name != "doc"}
    return [_without_doc(inner) for inner in node] if isinstance(node, list) else node


def _plain_instants(node: object) -> object:
    if isinstance(node, list):
        return [_plain_instants(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if node.get("logicalType") == "timestamp-millis":
        return node["type"]
    return {
        name: inner if name in ("default", "symbols", "aliases") else _plain_instants(inner)
        for name, inner in node.items()
    }
