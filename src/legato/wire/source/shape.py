"""Foreign payloads in the kinds that an event's type calls for: numbers, yes or no, texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from math import isfinite
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin

import msgspec
from msgspec import Struct

from legato.core.events.types import MOST_EVENT_TYPES
from legato.core.events.vocabulary import VOCABULARY

_Shaper: TypeAlias = Callable[[Any], object]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_YES_OR_NO = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def shaped(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """Turn text into numbers and into true or false, and numbers into text, as contracts ask.

    What cannot be turned stays as it is: reading the payload says what is wrong with it.
    """
    shapers = _shapers_of(event_type)
    return data if shapers is None else _row(shapers, data)


def names_of(event_type: str) -> frozenset[str]:
    """Name the fields that the payload of a type has; none if it is not known."""
    kind = VOCABULARY.payload_of(event_type)
    return frozenset() if kind is None else frozenset(kind.__struct_fields__)


@lru_cache(MOST_EVENT_TYPES)
def _shapers_of(event_type: str) -> dict[str, _Shaper] | None:
    kind = VOCABULARY.payload_of(event_type)
    return None if kind is None else _shapers(kind)


def _row(shapers: dict[str, _Shaper], data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: shapers[name](value) if name in shapers else value for name, value in data.items()
    }


@cache
def _shapers(kind: type[Struct]) -> dict[str, _Shaper]:
    found = {field.name: _shaper(field.type) for field in msgspec.structs.fields(kind)}
    return {name: shaper for name, shaper in found.items() if shaper is not None}


def _shaper(kind: object) -> _Shaper | None:
    members = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if float in members:
        return to_number
    if bool in members:
        return to_bool
    if str in members:
        return to_text
    rows = next((get_args(each)[0] for each in members if get_origin(each) is list), None)
    if not (isinstance(rows, type) and issubclass(rows, Struct)):
        return None
    inner = _shapers(rows)
    return lambda value: (
        [_row(inner, row) if isinstance(row, dict) else row for row in value]
        if isinstance(value, list)
        else value
    )


def to_number(value: object) -> object:
    """Turn a text that is a number into it; leave anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        number = float(text)
        return number if isfinite(number) else value
    return value


def to_bool(value: object) -> object:
    """Turn what says yes or no into true or false; leave anything else."""
    if isinstance(value, str | int):
        return _YES_OR_NO.get(str(value).strip().lower(), value)
    return value


def to_text(value: object) -> object:
    """Turn a number into its digits; leave anything else."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value
