"""References as they were at an instant, as conditions read them: `ref.price["SHOE-42"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from legato.core.references.table import ReferenceTable
from legato.core.values.time import Instant

_decode = msgspec.json.Decoder().decode


class ReferencesAsOf(Mapping[str, Mapping[str, Any]]):
    """Kind -> key -> value, as they were at `time`.

    `read` is filled as values are read: `price/SHOE-42` -> since when that version counts.
    """

    def __init__(self, table: ReferenceTable, time: Instant) -> None:
        self.table, self.time = table, time
        self.read: dict[str, Instant] = {}

    def __getitem__(self, kind: str) -> Mapping[str, Any]:
        if kind not in self.table.kinds:
            raise KeyError(kind)
        return KindAsOf(self, kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.kinds)

    def __len__(self) -> int:
        return len(self.table.kinds)


class KindAsOf(Mapping[str, Any]):
    """Key -> value of one kind. Nobody goes through all of them: there may be a million."""

    def __init__(self, references: ReferencesAsOf, kind: str) -> None:
        self._references, self._kind = references, kind

    def __getitem__(self, key: object) -> Any:  # noqa: ANN401 - whatever JSON may be
        of = self._references
        found = of.table.valid_at(self._kind, key, of.time) if isinstance(key, str) else None
        if found is None:
            raise KeyError(key)
        of.read[f"{self._kind}/{key}"] = found.time
        return _decode(found.value)

    def __iter__(self) -> Iterator[str]:
        raise TypeError(f"the keys of `{self._kind}` cannot be listed; name one")

    def __len__(self) -> int:
        raise TypeError(f"the keys of `{self._kind}` cannot be counted; name one")
