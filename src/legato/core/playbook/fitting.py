"""Reads what people wrote into its type; a fault says what stands there, and what to write.

Where it is stands behind ` - at `, as in msgspec: `$.when.to[0]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import inspect

from legato.core.conditions.faults import unknown
from legato.core.playbook.yaml_file import TESTS

PATH = re.compile(r" - at `\$(?P<path>[^`]*)`")
_KEY_IN = re.compile(r" - at `key` in `\$(?P<path>[^`]*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_VALUE = re.compile(r"Invalid enum value '?([^']*)'?")
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_MOST_SHOWN = 40
_KINDS = {
    "object": "keys with values",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
}
_NUMBERS = ("int", "float")
Way = tuple[str | int, ...]


def fit(value: Any, kind: type[Any]) -> Any:  # noqa: ANN401 - whatever is written, of any kind
    """Read a value as a type; raises ValueError with one sentence."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        told = " ".join(str(error).split())
        way = _way(told, value, kind)
        where = f" - at `${''.join(map(_step_text, way))}`" if way else ""
        raise ValueError(_in_words(told, value, kind, way) + where) from None


def steps_in(message: str) -> Way:
    """Find in a sentence the way to the part that it is about."""
    at = PATH.search(message)
    return _steps(at["path"]) if at else ()


def _steps(path: str) -> Way:
    return tuple(key or rest or int(number) for key, number, rest in _STEP.findall(path))


def _step_text(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _way(told: str, value: Any, kind: type[Any]) -> Way:  # noqa: ANN401
    """Name the keys on the way to what is wrong, also where msgspec leaves them open."""
    way: Way = ()
    for step in steps_in(told):
        named = _failing_key(told, value, kind, way) if step == "..." else step
        if named is None:
            break
        way = (*way, named)
    return way


def _failing_key(
    told: str,
    value: Any,  # noqa: ANN401
    kind: type[Any],
    way: Way,
) -> str | None:
    """Find the entry of a mapping without which it would not be told."""
    for key in [*_part(value, way)]:
        trial = deepcopy(value)
        part = _part(trial, way)
        alone = {key: part[key]}
        part.clear()
        part.update(alone)
        try:
            msgspec.convert(trial, kind)
        except msgspec.ValidationError as error:
            if " ".join(str(error).split()) == told:
                return str(key)
    return None


def _part(value: Any, way: Way) -> Any:  # noqa: ANN401
    """Follow a way as far as it leads."""
    for step in way:
        if isinstance(value, Mapping):
            value = next((each for key, each in value.items() if str(key) == str(step)), None)
        else:
            value = value[step]
    return value


def _in_words(told: str, value: Any, kind: type[Any], way: Way) -> str:  # noqa: ANN401
    kinds = [*_kinds_at(inspect.type_info(kind), way)]
    if missing := _MISSING.match(told):
        what = "1" if (missing[1], way) == ("version", ()) else "…"
        return f"`{missing[1]}` is missing; write `{missing[1]}: {what}`"
    if extra := _UNKNOWN.match(told):
        return _unknown_key(extra[1], kinds)
    if other := _VALUE.match(told):
        return unknown(other[1], [*_words_of(_key_kinds(told, kind) or kinds)], kind="value")
    if wrong := _EXPECTED.match(told):
        return _wrong_kind(wrong[1].split(" | "), wrong[2], _part(value, way), kinds)
    return PATH.sub("", told)


def _key_kinds(told: str, kind: type[Any]) -> list[inspect.Type]:
    """List what a key may be, if it is a key that is wrong."""
    if (at := _KEY_IN.search(told)) is None:
        return []
    mappings = _kinds_at(inspect.type_info(kind), _steps(at["path"]))
    return [each.key_type for each in mappings if isinstance(each, inspect.DictType)]


def _unknown_key(key: str, kinds: list[inspect.Type]) -> str:
    if key == TESTS:
        return (
            f"unknown key `{TESTS}`; write a line `---` above it: tests stand behind all else"
        )
    return unknown(key, [*_keys_of(kinds)], kind="key")


def _wrong_kind(
    expected: list[str],
    got: str,
    value: Any,  # noqa: ANN401
    kinds: list[inspect.Type],
) -> str:
    """Say what stands there, and what may."""
    shown = msgspec.json.encode(value).decode() if got in ("bool", *_NUMBERS) else str(value)
    stands = f"`{shown[:_MOST_SHOWN]}` is {_KINDS.get(got, got)}"
    if got in ("object", "array", "null"):
        stands = f"{_KINDS.get(got, 'nothing')} stands here"
    if got == "bool":
        stands = f"`{shown}` is a truth"
    wanted = " or ".join(_KINDS[each] for each in expected if each in _KINDS)
    return f"{stands}; write {wanted}{_example(expected, got, shown, kinds)}"


def _example(expected: list[str], got: str, shown: str, kinds: list[inspect.Type]) -> str:
    if got in _NUMBERS and "str" in expected:
        return f', such as `"{shown}"`, or `{shown}m` if it is a span'
    if got == "str" and "array" in expected:
        return f", such as `[{shown[:_MOST_SHOWN]}]`"
    keys = [*_keys_of(kinds, needed=True)] or [*_keys_of(kinds)]
    return f", such as `{keys[0]}: …`" if keys and "object" in expected else ""


def _kinds_at(kind: inspect.Type, way: Way) -> Iterator[inspect.Type]:
    """List what may stand at the end of a way."""
    if isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _kinds_at(each, way)
    elif not way:
        yield kind
    elif (below := _below(kind, way[0])) is not None:
        yield from _kinds_at(below, way[1:])


def _below(kind: inspect.Type, step: str | int) -> inspect.Type | None:
    if isinstance(kind, inspect.StructType):
        found = (each.type for each in kind.fields if each.encode_name == step)
        return next(found, None)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return kind.item_type
    return None


def _keys_of(kinds: list[inspect.Type], *, needed: bool = False) -> Iterator[str]:
    for kind in kinds:
        if isinstance(kind, inspect.StructType):
            yield from (each.encode_name for each in kind.fields if each.required or not needed)


def _words_of(kinds: list[inspect.Type]) -> Iterator[str]:
    for kind in kinds:
        if isinstance(kind, inspect.LiteralType):
            yield from (str(each) for each in kind.values if each != "")
