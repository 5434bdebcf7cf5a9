"""The payload of a foreign record: fields, and lists of items field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.wire.source.path import Path, SourceRecord, compile_path, follow

_EACH = "[]."


class PayloadMap:
    """Compiled from `{field: path}`.

    `{"items[].sku": "lines[].article"}` makes one item of each line: all fields of one list
    come from the same list of the record.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._flat: dict[str, Path] = {}
        self._lists: dict[str, tuple[Path, dict[str, tuple[str, ...]]]] = {}
        origins: dict[str, str] = {}
        for field, path in paths.items():
            if _EACH not in field:
                self._flat[field] = compile_path(path)
                continue
            name, _, part = field.partition(_EACH)
            origin, each, inner = path.partition(_EACH)
            if not each or origins.setdefault(name, origin) != origin:
                raise ValueError(
                    f"`{field}` needs a path through the same list as its neighbours, "
                    f"not `{path}`; write for example `lines[].sku`"
                )
            found = self._lists.setdefault(name, (compile_path(origin), {}))
            found[1][part] = tuple(inner.split("."))

    def read(self, record: SourceRecord) -> dict[str, Any]:
        """Build the payload; what the record does not have is left out."""
        read = {name: path(record) for name, path in self._flat.items()}
        for name, (path, parts) in self._lists.items():
            rows = path(record)
            if isinstance(rows, list):
                read[name] = [_row(row, parts) for row in rows]
        return {name: value for name, value in read.items() if value is not None}


def _row(row: object, parts: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    found = {part: follow(row, steps) for part, steps in parts.items()}
    return {part: value for part, value in found.items() if value is not None}
