"""Whether a reader's Avro schema reads what a writer's wrote: Avro's rules of resolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PROMOTED = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def faults(reader: object, writer: object) -> list[str]:
    """List the places at which the reader cannot read; empty = compatible."""
    return [*_Resolution().compare(reader, writer, "")]


class _Resolution:
    """Compares two schemas; remembers the types that each has named."""

    def __init__(self) -> None:
        self._named: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def compare(self, reader: object, writer: object, at: str) -> Iterator[str]:
        reader, writer = self._whole(reader, 0), self._whole(writer, 1)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.compare(reader, branch, at)
        elif isinstance(reader, list):
            if all([*self.compare(branch, writer, at)] for branch in reader):
                yield f"{at}: no branch reads {_kind(writer)}"
        elif _kind(reader) != _kind(writer):
            if _kind(reader) not in _PROMOTED.get(_kind(writer), ()):
                yield f"{at}: {_kind(writer)} became {_kind(reader)}"
        elif isinstance(reader, dict) and isinstance(writer, dict):
            yield from self._complex(reader, writer, at)

    def _complex(
        self, reader: dict[str, Any], writer: dict[str, Any], at: str
    ) -> Iterator[str]:
        if reader.get("logicalType") != writer.get("logicalType"):
            yield f"{at}: the logical type changed"
        match _kind(reader):
            case "record":
                yield from self._record(reader, writer, at)
            case "enum":
                if (
                    not set(writer["symbols"]) <= {*reader["symbols"]}
                    and "default" not in reader
                ):
                    yield f"{at}: a symbol is gone"
            case "array":
                yield from self.compare(reader["items"], writer["items"], f"{at}[]")
            case "map":
                yield from self.compare(reader["values"], writer["values"], f"{at}{{}}")
            case _:
                """Nothing is within."""

    def _record(self, reader: dict[str, Any], writer: dict[str, Any], at: str) -> Iterator[str]:
        if reader["name"] != writer["name"]:
            yield f"{at}: record {writer['name']} became {reader['name']}"
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            place = f"{at}.{field['name']}"
            if field["name"] in written:
                yield from self.compare(field["type"], written[field["name"]]["type"], place)
            elif "default" not in field:
                yield f"{place}: a new field without default"

    def _whole(self, schema: object, side: int) -> object:
        """Return the definition behind a name, and remember definitions that have one."""
        if isinstance(schema, dict) and "name" in schema:
            self._named[side][schema["name"]] = schema
        if isinstance(schema, str):
            return self._named[side].get(schema.rpartition(".")[2], schema)
        return schema


def _kind(schema: object) -> str:
    return str(schema["type"] if isinstance(schema, dict) else schema)
