"""Where Avro schemas come from: a folder of files, or a registry with Confluent's API."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec

from legato.core.values.results import Unreadable
from legato.wire.formats.schema import Schema, SchemaError, parse, schema_id


class RegistryDown(Exception):
    """The registry does not answer; wait and ask again, the record is not at fault."""


class RegistryError(ValueError):
    """The registry as set makes no sense; the message says what to do."""


class Registry(Protocol):
    """Knows schemas by id, and the ids of the schemas that Legato itself writes with."""

    def schema(self, number: int) -> Schema | Unreadable:
        """Find the schema of an id; raises RegistryDown."""

    def own(self, name: str) -> Schema:
        """Return the schema that Legato ships as `NAME.avsc`; raises RegistryDown."""


def shipped_folder() -> Path:
    """Find Legato's own schemas, which lie beside the code."""
    return Path(__file__).parents[2] / "schemas"


def shipped(name: str) -> dict[str, Any]:
    """Read the definition of a shipped schema, such as `action`."""
    return _read(shipped_folder() / f"{name}.avsc")


class FileRegistry:
    """Schemas of a folder, and always the shipped ones with their history.

    Ids are derived from the schemas (see `schema_id`): who has the file has the id.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._known: dict[int, Schema] = {}
        self._own: dict[str, Schema] = {}
        for path in sorted(shipped_folder().rglob("*.avsc")):
            self._load(path)
        if folder is not None:
            if not folder.is_dir():
                raise RegistryError(
                    f"no folder `{folder}`; set `registry.url` to `file:FOLDER`"
                )
            for path in sorted(folder.rglob("*.avsc")):
                self._load(path)

    def schema(self, number: int) -> Schema | Unreadable:
        """Find the schema of an id."""
        found = self._known.get(number)
        return found if found is not None else unknown(number)

    def own(self, name: str) -> Schema:
        """Return the shipped schema `NAME.avsc`."""
        if name not in self._own:
            self._own[name] = self._known[schema_id(shipped(name))]
        return self._own[name]

    def ids(self) -> dict[int, str]:
        """List what the folder holds: id -> name of the record."""
        return {number: schema.name for number, schema in self._known.items()}

    def _load(self, path: Path) -> None:
        definition = _read(path)
        number = schema_id(definition)
        try:
            schema = parse(number, definition)
        except SchemaError as error:
            raise RegistryError(f"schema `{path.name}`: {error}; correct it") from None
        known = self._known.setdefault(number, schema)
        if known.name != schema.name:
            raise RegistryError(
                f"schema `{path.name}` has the id of `{known.name}`; add a field"
            )


def unknown(number: int) -> Unreadable:
    """Say that no schema has this id."""
    return Unreadable("unknown_schema", f"no schema `{number}`; register the writer's schema")


def _read(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegistryError(f"schema `{path.name}` is not JSON: {error}") from None
