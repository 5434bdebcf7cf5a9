"""What the signs and functions of a condition do with values, where no line says it as well.

Each gives a value, or raises ConditionError. Instants and spans are whole milliseconds here:
that they are not mixed up was seen at load (`core/conditions/compiler.py`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from legato.core.conditions.faults import ConditionError
from legato.core.conditions.matching import Pattern
from legato.core.conditions.scope import data_of
from legato.core.events.event import Event
from legato.core.references.as_of import KindAsOf, ReferencesAsOf
from legato.core.values.time import Instant, read_instant

Operation: TypeAlias = Callable[[Any, Any], Any]
MOST_MATCHED = 10_000
"""Characters of the longest text in which a pattern is looked for."""
LARGEST = 1e300
NO_TRUTH = "`&&`, `||` and `?` take true or false"
NO_TRUTH_OF_EACH = "a macro asks for what is true or false"
_NUMBERS = (int, float)
_NOT_LISTED = (ReferencesAsOf, KindAsOf)
TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


def named(value: Any) -> Any:  # noqa: ANN401 - of whatever type
    """What can be taken as a value: of references, those that a key names. Else an error."""
    if type(value) in _NOT_LISTED:
        raise ConditionError("there may be a million references; name a key")
    return value


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - of whatever type
    """Are two values equal? What is of another type is not; numbers are one type."""
    if type(left) is bool or type(right) is bool:
        return left is right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(named(left) == named(right))


def _comparison(sign: str, compare: Operation) -> Operation:
    def compared(one: Any, other: Any) -> object:  # noqa: ANN401 - of whatever type
        kind = type(one)
        if kind in _NUMBERS:
            if type(other) in _NUMBERS:
                return compare(one, other)
        elif kind is type(other) and (kind is str or kind is bool):
            return compare(one, other)
        raise ConditionError(f"`{sign}` compares two numbers or two texts")

    compared.__name__ = compare.__name__
    return compared


ORDERS: dict[str, Operation] = {
    "<": _comparison("<", operator.lt),
    "<=": _comparison("<=", operator.le),
    ">": _comparison(">", operator.gt),
    ">=": _comparison(">=", operator.ge),
}
"""Of two numbers, two texts or two truths."""


def _sound(number: float) -> float:
    if -LARGEST < number < LARGEST:
        return number
    raise ConditionError("the number is beyond all bounds")


def _plus(one: Any, other: Any) -> object:  # noqa: ANN401 - of whatever type
    """A sum, or texts or lists put together."""
    if type(one) in _NUMBERS and type(other) in _NUMBERS:
        return _sound(one + other)
    if type(one) is str and type(other) is str:
        return one + other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return [*one, *other]
    raise ConditionError("`+` takes two numbers, two texts or two lists")


def _divided(one: float, other: float) -> float:
    """Divide; what comes out whole stays whole."""
    if type(one) is int and type(other) is int and one % other == 0:
        return one // other
    return one / other


def _rest(one: float, other: float) -> float:
    """The rest of a division, with the sign of what is divided."""
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest


def _calculation(sign: str, name: str, calculate: Operation) -> Operation:
    def calculated(one: Any, other: Any) -> float:  # noqa: ANN401 - of whatever type
        if type(one) not in _NUMBERS or type(other) not in _NUMBERS:
            raise ConditionError(f"`{sign}` takes two numbers")
        try:
            return _sound(calculate(one, other))
        except ZeroDivisionError:
            raise ConditionError("a division by zero") from None
        except OverflowError:
            raise ConditionError("the number is beyond all bounds") from None

    calculated.__name__ = name
    return calculated


CALCULATIONS: dict[str, Operation] = {
    "+": _plus,
    "-": _calculation("-", "minus", operator.sub),
    "*": _calculation("*", "times", operator.mul),
    "/": _calculation("/", "divided", _divided),
    "%": _calculation("%", "rest", _rest),
}


def negated(value: Any) -> float:  # noqa: ANN401 - of whatever type
    """`-value`"""
    if type(value) in _NUMBERS:
        return -value  # type: ignore[no-any-return]
    raise ConditionError("`-` takes a number")


def is_in(value: Any, among: Any) -> bool:  # noqa: ANN401 - of whatever type
    """Is it in a list, or among the keys of a map whose value is not null?"""
    if isinstance(among, list | tuple):
        return any(same(value, each) for each in among)
    if isinstance(among, Mapping):
        return type(value) is str and among.get(value) is not None
    raise ConditionError("`in` looks into a list or a map")


def new_key(key: Any, found: dict[str, Any]) -> str:  # noqa: ANN401 - of whatever type
    """The key of a map that is written out."""
    if type(key) is not str or key in found:
        raise ConditionError("the keys of a map are texts, each once")
    return key


def size_of(value: object) -> int:
    """Characters of a text, elements of a list, keys of a map."""
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise ConditionError("`size` takes a text, a list or a map")


def ask_text(name: str, text: object, part: object) -> bool:
    """`text.contains(part)` and the like."""
    if type(text) is str and type(part) is str:
        return TEXT_METHODS[name](text, part)
    raise ConditionError(f"`{name}` takes texts")


def matches(text: object, pattern: Pattern) -> bool:
    """`text.matches(pattern)`"""
    if type(text) is str and len(text) <= MOST_MATCHED:
        return pattern.is_in(text)
    raise ConditionError(f"`matches` takes a text of at most {MOST_MATCHED} characters")


def elements_of(value: object) -> Sequence[Any]:
    """What a macro goes through."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, dict):
        return [*value]
    raise ConditionError("a macro goes through a list, or the keys of a map")


def field_of(value: Any, name: str) -> Any:  # noqa: ANN401 - of whatever type
    """A field of a value; None if it has none of this name."""
    if type(value) is dict or isinstance(value, Mapping):
        return value.get(name)
    if type(value) is Event and name == "data":
        return data_of(value)
    if isinstance(value, Struct):
        return getattr(value, name, None)
    raise ConditionError(f"what is asked for `{name}` has no fields")


def element_of(many: Any, place: object) -> Any:  # noqa: ANN401 - of whatever type
    """Of a list by its place from 0, of a map by its key; None if there is none."""
    if isinstance(many, list | tuple):
        return _at(many, place)
    if type(place) is str:
        return field_of(many, place)
    raise ConditionError("a list is asked by a number, a map by a text")


def _at(many: list[Any] | tuple[Any, ...], place: object) -> Any:  # noqa: ANN401
    if not isinstance(place, int | float) or isinstance(place, bool) or place % 1 != 0:
        raise ConditionError("a list is asked by a whole number")
    return many[int(place)] if 0 <= place < len(many) else None


def instant_of(value: Any) -> Instant:  # noqa: ANN401 - of whatever type
    """Read what is said to be an instant: epoch milliseconds, or RFC 3339."""
    if type(value) is int:
        return value
    try:
        return read_instant(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise ConditionError("what should be an instant is none") from None
