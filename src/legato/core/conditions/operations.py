"""What the signs and functions of a condition do with values, each as a closure over a scope.

A closure returns a value, or raises ConditionError; only `&&`, `||`, `exists` and `all` may
hold one back, where another part decides. Instants and spans are whole milliseconds here: that
they are not mixed up was seen at load (`core/conditions/compiler.py`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from legato.core.conditions.faults import ConditionError, Missing
from legato.core.conditions.scope import Scope
from legato.core.references.as_of import KindAsOf, ReferencesAsOf

Run: TypeAlias = Callable[[Scope], Any]
Operation: TypeAlias = Callable[[Any, Any], Any]
_NUMBERS = (int, float)
_NOT_LISTED = (ReferencesAsOf, KindAsOf)
_LARGEST = 1e300
_NO_TRUTH = "`&&`, `||` and `?` take true or false"
ORDERS: dict[str, Operation] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def constant(value: object) -> Run:
    """The value that stands there."""
    return lambda _: value


def named(value: Any) -> Any:  # noqa: ANN401 - of whatever type
    """What can be taken as a value: of references, those that a key names. Else an error."""
    if isinstance(value, _NOT_LISTED):
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


def equal(left: Run, right: Run, *, wanted: bool) -> Run:
    """`left == right`, or `!=` where it is not wanted."""
    return lambda scope: same(left(scope), right(scope)) is wanted


def equal_text(left: Run, text: str, *, wanted: bool) -> Run:
    """The same with a text that stands there."""
    if wanted:
        return lambda scope: bool(left(scope) == text)
    return lambda scope: bool(left(scope) != text)


def equal_null(of: Run, *, wanted: bool) -> Run:
    """`of == null`: what is missing is null as well."""

    def run(scope: Scope) -> bool:
        try:
            return (of(scope) is None) is wanted
        except Missing:
            return wanted

    return run


def ordered(left: Run, right: Run, sign: str) -> Run:
    """`left < right` and the like, of two numbers, two texts or two truths."""
    compare = ORDERS[sign]

    def run(scope: Scope) -> object:
        one, other = left(scope), right(scope)
        kind = type(one)
        if kind in _NUMBERS:
            if type(other) in _NUMBERS:
                return compare(one, other)
        elif kind is type(other) and (kind is str or kind is bool):
            return compare(one, other)
        raise ConditionError(f"`{sign}` compares two numbers or two texts")

    return run


def ordered_number(left: Run, number: float, sign: str) -> Run:
    """The same with a number that stands there."""
    compare = ORDERS[sign]

    def run(scope: Scope) -> object:
        one = left(scope)
        kind = type(one)
        if kind is int or kind is float:
            return compare(one, number)
        raise ConditionError(f"`{sign}` compares two numbers or two texts")

    return run


def _sound(number: float) -> float:
    if -_LARGEST < number < _LARGEST:
        return number
    raise ConditionError("the number is beyond all bounds")


def plus(left: Run, right: Run) -> Run:
    """`left + right`: a sum, or texts or lists put together."""

    def run(scope: Scope) -> object:
        one, other = left(scope), right(scope)
        if type(one) in _NUMBERS and type(other) in _NUMBERS:
            return _sound(one + other)
        if type(one) is str and type(other) is str:
            return one + other
        if isinstance(one, list | tuple) and isinstance(other, list | tuple):
            return [*one, *other]
        raise ConditionError("`+` takes two numbers, two texts or two lists")

    return run


def _divided(one: float, other: float) -> float:
    """Divide; what comes out whole stays whole."""
    if type(one) is int and type(other) is int and one % other == 0:
        return one // other
    return one / other


def _rest(one: float, other: float) -> float:
    """The rest of a division, with the sign of what is divided."""
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest


_CALCULATIONS: dict[str, Operation] = {
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _rest,
}


def calculated(left: Run, right: Run, sign: str) -> Run:
    """`left - right` and the like, of two numbers."""
    calculate = _CALCULATIONS[sign]

    def run(scope: Scope) -> float:
        one, other = left(scope), right(scope)
        if type(one) not in _NUMBERS or type(other) not in _NUMBERS:
            raise ConditionError(f"`{sign}` takes two numbers")
        try:
            return _sound(calculate(one, other))
        except ZeroDivisionError:
            raise ConditionError("a division by zero") from None
        except OverflowError:
            raise ConditionError("the number is beyond all bounds") from None

    return run


def negative(of: Run) -> Run:
    """`-of`"""

    def run(scope: Scope) -> float:
        value = of(scope)
        if type(value) in _NUMBERS:
            return -value  # type: ignore[no-any-return]
        raise ConditionError("`-` takes a number")

    return run


def denied(of: Run) -> Run:
    """`!of`"""

    def run(scope: Scope) -> bool:
        value = of(scope)
        if value is True:
            return False
        if value is False:
            return True
        raise ConditionError("`!` takes true or false")

    return run


def decided(parts: tuple[Run, ...], decides: bool) -> Run:
    """`a && b` (False decides) or `a || b` (True does), whatever else goes wrong."""
    if len(parts) == 2:
        return _decided_of_two(*parts, decides)

    def run(scope: Scope) -> object:
        fault: ConditionError | None = None
        for part in parts:
            try:
                value = part(scope)
            except ConditionError as error:
                fault = error
                continue
            if value is decides:
                return decides
            if type(value) is not bool:
                fault = ConditionError(_NO_TRUTH)
        if fault is not None:
            raise fault
        return not decides

    return run


def _decided_of_two(left: Run, right: Run, decides: bool) -> Run:
    """The same, as it is written most often."""

    def run(scope: Scope) -> object:
        try:
            one = left(scope)
        except ConditionError as error:
            if right(scope) is decides:
                return decides
            raise error from None
        if one is decides:
            return decides
        other = right(scope)
        if other is decides:
            return decides
        if type(one) is bool and type(other) is bool:
            return not decides
        raise ConditionError(_NO_TRUTH)

    return run


def chosen(test: Run, yes: Run, no: Run) -> Run:
    """`test ? yes : no`"""

    def run(scope: Scope) -> object:
        value = test(scope)
        if value is True:
            return yes(scope)
        if value is False:
            return no(scope)
        raise ConditionError(_NO_TRUTH)

    return run


def contained(one: Run, many: Run) -> Run:
    """`one in many`: in a list, or among the keys of a map whose value is not null."""

    def run(scope: Scope) -> bool:
        value, among = one(scope), many(scope)
        if isinstance(among, list | tuple):
            return any(same(value, each) for each in among)
        if isinstance(among, Mapping):
            return type(value) is str and among.get(value) is not None
        raise ConditionError("`in` looks into a list or a map")

    return run


def contained_text(one: Run, texts: frozenset[str]) -> Run:
    """The same where the list is of texts that stand there."""

    def run(scope: Scope) -> bool:
        value = one(scope)
        return type(value) is str and value in texts

    return run


def listed(items: tuple[Run, ...]) -> Run:
    """`[a, b]`"""
    return lambda scope: [named(item(scope)) for item in items]


def mapped(keys: tuple[Run, ...], values: tuple[Run, ...]) -> Run:
    """`{key: value}`, with keys that are texts."""

    def run(scope: Scope) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in zip(keys, values, strict=True):
            name = key(scope)
            if type(name) is not str or name in found:
                raise ConditionError("the keys of a map are texts, each once")
            found[name] = named(value(scope))
        return found

    return run
