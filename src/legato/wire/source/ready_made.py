"""Maps that Legato ships for what vendors send: one file each under `legato/sources/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from legato.wire.source.path import SourceRecord
from legato.wire.source.rule import compile_field
from legato.wire.source.source import Source, is_rule

_OWN = frozenset({"name", "topics", "map"})
_ENDING = ".toml"


class UnknownMap(ValueError):
    """No ready-made map has this name; the message lists those that there are."""


class ReadyMade(Struct, frozen=True, forbid_unknown_fields=True):
    """A map for the records of a vendor: what it is for, by what they are known, and how."""

    about: str
    signs: tuple[str | tuple[str, ...], ...]
    """Paths that every such record has, or one of several: `legato init` knows it by them."""
    source: dict[str, Any]

    def fits(self, record: SourceRecord) -> bool:
        """Tell whether a record looks like those that the map is for."""
        return all(compile_field("", sign)(record) is not None for sign in self.signs)


@cache
def ready_made() -> Mapping[str, ReadyMade]:
    """Read the maps that there are, by name."""
    folder = files("legato").joinpath("sources")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(_ENDING))
    return {
        name.removesuffix(_ENDING): msgspec.toml.decode(
            folder.joinpath(name).read_bytes(), type=ReadyMade
        )
        for name in names
    }


def fitting(root: object) -> list[str]:
    """Name the maps that a record fits, the one that asks most of it first."""
    known = ready_made()
    fits = [name for name, made in known.items() if any(map(made.fits, _records(root)))]
    return sorted(fits, key=lambda name: (-len(known[name].signs), name))


def _records(root: object) -> Iterator[SourceRecord]:
    for each in root if isinstance(root, list) else (root,):
        if isinstance(each, dict):
            yield SourceRecord(each)


def with_map(source: Source) -> Source:
    """Lay a source over the ready-made map that it names; raises UnknownMap.

    A table of the source is laid over that of the map name by name; all else replaces what
    the map says.
    """
    if not source.map:
        return source
    if source.map not in ready_made():
        known = ", ".join(f"`{name}`" for name in ready_made())
        raise UnknownMap(f"source `{source.name}`: no map `{source.map}`; there are {known}")
    base = _read(source.map)
    laid = {
        name: _laid(getattr(base, name), getattr(source, name), getattr(_PLAIN, name))
        for name in set(Source.__struct_fields__) - _OWN
    }
    return msgspec.structs.replace(source, **laid)


@cache
def _read(name: str) -> Source:
    told = {"name": name, "topics": (), **ready_made()[name].source}
    return msgspec.convert(told, Source)


def _laid(under: object, over: object, default: object) -> object:
    if isinstance(under, Mapping) and isinstance(over, Mapping) and not is_rule(over):
        return {
            **under,
            **{name: _laid(under.get(name), each, None) for name, each in over.items()},
        }
    return under if over == default else over


_PLAIN = Source(name="", topics=())
