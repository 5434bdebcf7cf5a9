"""What a source says of events of one type alone: `[sources.per_type."order.completed"]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from legato.wire.source.shape import names_of
from legato.wire.source.source import FIELDS, Mapped, Source, is_rule

_TABLES = ("fields", "identifiers", "data")


class TypeTable(Struct, frozen=True):
    """The maps of one type, told apart."""

    fields: dict[str, Mapped] = field(default_factory=dict)
    identifiers: dict[str, Mapped] = field(default_factory=dict)
    data: dict[str, Mapped] = field(default_factory=dict)


def tables_of(source: Source) -> dict[str, TypeTable]:
    """Tell for each type what is mapped otherwise; raises ValueError.

    A name that the payload of the type has is the payload's, else it is the envelope's if that
    has it, else the payload's again. A table `fields`, `identifiers` or `data` says it.
    """
    return {name: _table(name, maps) for name, maps in source.per_type.items()}


def _table(event_type: str, maps: Mapping[str, Any]) -> TypeTable:
    table, payload = TypeTable(), names_of(event_type)
    for name, told in maps.items():
        if name in _TABLES and isinstance(told, Mapping) and not is_rule(told):
            inner = {part: _mapped(event_type, part, each) for part, each in told.items()}
            getattr(table, name).update(inner)
        elif name not in payload and name in (*FIELDS, "data"):
            table.fields[name] = _mapped(event_type, name, told)
        else:
            table.data[name] = _mapped(event_type, name, told)
    return table


def _mapped(event_type: str, name: str, told: object) -> Mapped:
    try:
        found: Mapped = msgspec.convert(told, Mapped)
    except msgspec.ValidationError as error:
        raise ValueError(f"`per_type.{event_type}.{name}`: {error}") from None
    return found
