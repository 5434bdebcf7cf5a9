"""References as they were at an instant, as conditions read them: `ref.price["SHOE-42"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias

import msgspec

from legato.core.references.table import ReferenceTable
from legato.core.values.time import Instant

_decode = msgspec.json.Decoder().decode


VersionsRead: TypeAlias = dict[str, Instant]
"""`price/SHOE-42` -> since when the version counts that was read."""


class ReferencesAsOf(Mapping[str, Mapping[str, Any]]):
    """Kind -> key -> value, as they were at `time`; `read` is filled as values are read."""

    def __init__(self, table: ReferenceTable, time: Instant) -> None:
        self.table, self.time = table, time
        self.read: VersionsRead = {}

    def at(self, time: Instant) -> ReferencesAsOf:
        """Those of another instant; what is read of them is noted here."""
        other = ReferencesAsOf(self.table, time)
        other.read = self.read
        return other

    def __getitem__(self, kind: str) -> Mapping[str, Any]:
        if kind not in self.table.kinds:
            raise KeyError(kind)
        return KindAsOf(self, kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.kinds)

    def __len__(self) -> int:
        return len(self.table.kinds)


def references_at(table: ReferenceTable, time: Instant) -> ReferencesAsOf | None:
    """Return what was known then; None, which costs nothing, if nothing ever was."""
    return ReferencesAsOf(table, time) if table.keys_of else None


def note_anew(references: ReferencesAsOf | None) -> VersionsRead:
    """Note what is read from now on in a map of its own, which is returned."""
    read: VersionsRead = {}
    if references is not None:
        references.read = read
    return read


def united_reads(*reads: VersionsRead) -> VersionsRead:
    """Put together what was read, by name; of two versions of a key the later one."""
    if not any(reads):
        return {}
    names = sorted({*chain.from_iterable(reads)})
    return {name: max(read[name] for read in reads if name in read) for name in names}


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
