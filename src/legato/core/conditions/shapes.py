"""What is known at load of a value: its type, and the fields of what has any."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct


class Shape(Struct, frozen=True):
    """A type: a record has `fields`, a list or map holds values that are all `of` one shape."""

    kind: str
    fields: Mapping[str, Shape] | None = None
    of: Shape | None = None


ANY = Shape("any")
NULL = Shape("null")
NUMBER = Shape("number")
TEXT = Shape("text")
TRUTH = Shape("bool")
INSTANT = Shape("instant")
SPAN = Shape("span")
LIST = Shape("list", of=ANY)
MAP = Shape("map", of=ANY)
CALLED = {
    "any": "anything",
    "null": "null",
    "number": "a number",
    "text": "text",
    "bool": "true or false",
    "instant": "an instant",
    "span": "a span",
    "list": "a list",
    "map": "a map",
    "record": "a record",
}
"""How people call them."""
DECLARED = {each.kind: each for each in (ANY, NUMBER, TEXT, TRUTH, INSTANT, SPAN, LIST, MAP)}
"""What a field of an event of one's own may be, by its word under `events`."""
_PLAIN: dict[Any, Shape] = {str: TEXT, int: NUMBER, float: NUMBER, bool: TRUTH}


def list_of(shape: Shape) -> Shape:
    """A list of such values."""
    return Shape("list", of=shape)


def map_of(shape: Shape) -> Shape:
    """A map from text to such values."""
    return Shape("map", of=shape)


def record(**fields: Shape) -> Shape:
    """A value with these fields and no others."""
    return Shape("record", fields)


@lru_cache(maxsize=64)
def record_of(kind: type[Struct]) -> Shape:
    """The record that a struct is."""
    return Shape("record", {name: _of(hint) for name, hint in get_type_hints(kind).items()})


def _of(hint: Any) -> Shape:  # noqa: ANN401 - a type as typing has it
    """Read the type of a field; what may be of several is anything."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [each for each in get_args(hint) if each is not NoneType]
        return _of(kinds[0]) if len(kinds) == 1 else ANY
    if get_origin(hint) is list:
        return list_of(_of(get_args(hint)[0]))
    if get_origin(hint) is dict:
        return map_of(_of(get_args(hint)[1]))
    if isinstance(hint, type) and issubclass(hint, Struct):
        return record_of(hint)
    return _PLAIN.get(hint, ANY)


def either(shapes: list[Shape]) -> Shape:
    """What is known of a value that is one of these."""
    told = [each for each in shapes if each.kind != "null"]
    if not told:
        return NULL if shapes else ANY
    return told[0] if all(each == told[0] for each in told[1:]) else ANY
