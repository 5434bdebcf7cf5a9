"""How the payload of an event is put together from a foreign record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from legato.wire.source.path import Path, SourceRecord, entered, is_around
from legato.wire.source.rule import PathTrace, compile_field
from legato.wire.source.source import FieldRule, Mapped

_EACH = "[]."


class PayloadMap:
    """Compiled from `{field: path}`.

    `{"items[].sku": "lines[].article"}` makes one item of each line: all fields of one list
    come from the same list of the record, from around it (`^.currency`), or are always the
    same.
    """

    def __init__(self, paths: Mapping[str, Mapped], trace: PathTrace | None = None) -> None:
        self._flat: dict[str, Path] = {}
        self._lists: dict[str, tuple[Path, dict[str, Path]]] = {}
        found: dict[str, dict[str, Mapped]] = {}
        for field, mapped in paths.items():
            name, each, part = field.partition(_EACH)
            if each:
                found.setdefault(name, {})[part] = mapped
            elif "[" in field:
                raise ValueError(
                    f"`data` names `{field}`; write `items[].sku` for a field of each item, "
                    "and no list within a list"
                )
            else:
                self._flat[field] = compile_field(f"data.{field}", mapped, trace)
        for name, parts in found.items():
            self._lists[name] = _list_of(name, parts, trace)

    def read(self, record: SourceRecord) -> dict[str, Any]:
        """Build the payload; what the record does not have is left out."""
        read = {name: path(record) for name, path in self._flat.items()}
        for name, (path, parts) in self._lists.items():
            rows = path(record)
            if isinstance(rows, str):
                rows = entered(rows)
            if isinstance(rows, list):
                read[name] = [_row(row, parts, record) for row in rows]
        return {name: value for name, value in read.items() if value is not None}


def _list_of(
    name: str, parts: Mapping[str, Mapped], trace: PathTrace | None
) -> tuple[Path, dict[str, Path]]:
    origins: set[str] = set()
    inner = {
        part: _within(f"{name}{_EACH}{part}", mapped, origins) for part, mapped in parts.items()
    }
    if not origins:
        raise ValueError(f"no field of `{name}[]` has a path through a list of the record")
    (origin,) = origins
    compiled = {
        part: compile_field(f"data.{name}{_EACH}{part}", mapped, trace, written=parts[part])
        for part, mapped in inner.items()
    }
    return compile_field(f"data.{name}[]", origin, trace), compiled


def _within(field: str, mapped: Mapped, origins: set[str]) -> Mapped:
    """Say where a field of a list lies within a row; adds to `origins` where the list lies."""
    match mapped:
        case str():
            return _path_within(field, mapped, origins)
        case FieldRule():
            paths = (mapped.path,) if isinstance(mapped.path, str) else mapped.path
            inner = tuple(_path_within(field, path, origins) for path in paths)
            currency = mapped.currency and _path_within(field, mapped.currency, origins)
            return msgspec.structs.replace(mapped, path=inner, currency=currency)
        case _:
            return tuple(_alternative(field, each, origins) for each in mapped)


def _alternative(field: str, mapped: str | FieldRule, origins: set[str]) -> str | FieldRule:
    found = _within(field, mapped, origins)
    if isinstance(found, tuple):
        raise TypeError("an alternative has no alternatives")
    return found


def _path_within(field: str, path: str, origins: set[str]) -> str:
    if is_around(path):
        return path
    origin, each, inner = path.partition(_EACH)
    if not each or (origins and origin not in origins):
        raise ValueError(
            f"`{field}` needs a path through the same list as its neighbours, "
            f"not `{path}`; write for example `lines[].sku`"
        )
    origins.add(origin)
    return inner


def _row(row: object, parts: Mapping[str, Path], record: SourceRecord) -> dict[str, Any]:
    if isinstance(row, str):
        row = entered(row)
    if not isinstance(row, dict):
        return {}
    around = SourceRecord(row, record.key, record.headers, record.record)
    found = {part: path(around) for part, path in parts.items()}
    return {part: value for part, value in found.items() if value is not None}
