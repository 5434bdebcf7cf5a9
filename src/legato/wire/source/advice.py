"""Paths that are sound, but look as if something else were meant by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from legato.wire.source.path import doubt_of
from legato.wire.source.per_type import tables_of
from legato.wire.source.rule import texts_of
from legato.wire.source.source import Mapped, Source


def advice_on_paths(source: Source) -> list[str]:
    """Say which paths of a source's maps take for a name what other languages do not."""
    return [*dict.fromkeys(filter(None, map(doubt_of, _paths(source))))]


def _paths(source: Source) -> Iterator[str]:
    """List the paths, less the lists that they may go through."""
    yield source.each.replace("[]", "")
    for condition in source.when:
        yield from texts_of(condition.path)
    tables = ((each.fields, each.identifiers, each.data) for each in tables_of(source).values())
    for fields, identifiers, data in (
        (source.fields, source.identifiers, source.data),
        *tables,
    ):
        yield from _of({**fields, **identifiers})
        yield from _of({name: each for name, each in data.items() if "[]." not in name})
        rows = _of({name: each for name, each in data.items() if "[]." in name})
        yield from (text.replace("[].", ".", 1) for text in rows)


def _of(maps: Mapping[str, Mapped]) -> Iterator[str]:
    for mapped in maps.values():
        yield from texts_of(mapped)
