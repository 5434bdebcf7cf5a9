"""What a condition means, sign by sign: slow, plain, and made of nothing that compiles one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from legato.core.conditions.customer import MAKERS
from legato.core.conditions.faults import ConditionError, Missing
from legato.core.conditions.parser import parse
from legato.core.conditions.scope import Scope, data_of
from legato.core.conditions.syntax import (
    Binary,
    Call,
    Chain,
    Choice,
    Index,
    Listed,
    Literal,
    Mapped,
    Select,
    Term,
    Unary,
    Word,
)
from legato.core.events.event import Event
from legato.core.values.time import read_span

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


def plain_value(text: str, scope: Scope) -> Any:  # noqa: ANN401 - of whatever type
    """What an expression gives; raises ConditionError."""
    return Plain(scope, {}).value(parse(text))


class Plain:
    """Asks a tree about a moment; `variables` are those of the macros around it."""

    def __init__(self, scope: Scope, variables: dict[str, Any]) -> None:
        self.scope, self.variables = scope, variables

    def value(self, term: Term) -> Any:  # noqa: ANN401 - of whatever type
        match term:
            case Literal():
                return term.value
            case Word() | Select() | Index():
                return there(self.read(term))
            case Unary():
                value = self.value(term.of)
                return not truth(value) if term.sign == "!" else -number(value)
            case Binary():
                return self.binary(term.sign, term.left, term.right)
            case Chain():
                return self.chain(term.sign == "||", term.parts)
            case _:
                return self.composed(term)

    def read(self, term: Word | Select | Index) -> Any:  # noqa: ANN401
        """What is there, or null."""
        match term:
            case Word(word=word):
                return self.root(word)
            case Select(of=of, field=name) | Index(of=of, key=Literal(value=str(name))):
                return as_id(name, field(self.value(of), name))
            case Index():
                return element(self.value(term.of), self.value(term.key))

    def composed(self, term: Term) -> Any:  # noqa: ANN401
        match term:
            case Choice(test=test, yes=yes, no=no):
                return self.value(yes if truth(self.value(test)) else no)
            case Listed(items=items):
                return [self.value(each) for each in items]
            case Mapped(keys=keys, values=values):
                return self.mapped(keys, values)
            case Call():
                return self.call(term)
            case _:
                raise AssertionError(term)

    def root(self, word: str) -> Any:  # noqa: ANN401
        if word in self.variables:
            return self.variables[word]
        if word == "customer":
            return {name: make(self.scope.context) for name, make in MAKERS.items()}
        return getattr(self.scope, {"ref": "references"}.get(word, word))

    def binary(self, sign: str, left: Term, right: Term) -> Any:  # noqa: ANN401
        if sign in ("==", "!=") and Literal in (type(left), type(right)):
            for literal, other in ((right, left), (left, right)):
                if isinstance(literal, Literal) and literal.value is None:
                    return self.is_null(other) is (sign == "==")
        one, other_value = self.value(left), self.value(right)
        if sign in ("==", "!="):
            return same(one, other_value) is (sign == "==")
        if sign == "in":
            return self.is_in(one, other_value)
        if sign in COMPARISONS:
            return compared(sign, one, other_value)
        return calculated(sign, one, other_value)

    def is_null(self, term: Term) -> bool:
        try:
            return self.value(term) is None
        except Missing:
            return True

    def is_in(self, one: Any, many: Any) -> bool:  # noqa: ANN401
        if isinstance(many, list | tuple):
            return any(same(one, each) for each in many)
        if isinstance(many, Mapping):
            return type(one) is str and many.get(one) is not None
        raise ConditionError("no list")

    def chain(self, decides: bool, parts: tuple[Term, ...]) -> bool:
        """The last fault is raised; of two parts that of the first before a second no truth."""
        fault: ConditionError | None = None
        for part in parts:
            try:
                value: object = self.value(part)
            except ConditionError as error:
                fault = error
                continue
            if value is decides:
                return decides
            if type(value) is not bool and (fault is None or len(parts) > 2):
                fault = ConditionError("no truth")
        if fault is not None:
            raise fault
        return not decides

    def mapped(self, keys: tuple[Term, ...], values: tuple[Term, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in zip(keys, values, strict=True):
            name = text_of(self.value(key))
            if name in found:
                raise ConditionError("twice")
            found[name] = self.value(value)
        return found

    def call(self, term: Call) -> Any:  # noqa: ANN401
        name, arguments = term.function, term.arguments
        if term.of is None and name == "has":
            return not self.is_null(arguments[0])
        if name == "span":
            (span,) = arguments
            assert isinstance(span, Literal)
            return read_span(span.value)
        if name == "size":
            of = self.value(term.of or arguments[0])
            if not isinstance(of, str | list | tuple | dict):
                raise ConditionError("no size")
            return len(of)
        assert term.of is not None
        if name in TEXT_METHODS:
            text, part = self.value(term.of), self.value(arguments[0])
            return TEXT_METHODS[name](text_of(text), text_of(part))
        return self.macro(name, self.value(term.of), arguments)

    def macro(self, name: str, of: Any, arguments: tuple[Term, ...]) -> Any:  # noqa: ANN401
        if not isinstance(of, list | tuple | dict):
            raise ConditionError("no list")
        variable, *bodies = arguments
        assert isinstance(variable, Word)
        inner = [Plain(self.scope, {**self.variables, variable.word: each}) for each in of]
        if name in ("exists", "all"):
            return exists_or_all(inner, bodies[0], name == "exists")
        if name == "map":
            *keeps, body = bodies
            kept = [each for each in inner if all(truth(each.value(keep)) for keep in keeps)]
            return [each.value(body) for each in kept]
        found = [
            each.variables[variable.word] for each in inner if truth(each.value(bodies[0]))
        ]
        return len(found) == 1 if name == "exists_one" else found


def exists_or_all(inner: list[Plain], body: Term, decides: bool) -> bool:
    fault: ConditionError | None = None
    for each in inner:
        try:
            if truth(each.value(body)) is decides:
                return decides
        except ConditionError as error:
            fault = error
    if fault is not None:
        raise fault
    return not decides


def field(of: Any, name: str) -> Any:  # noqa: ANN401
    if isinstance(of, Mapping):
        return of.get(name)
    if isinstance(of, Event) and name == "data":
        return data_of(of)
    if isinstance(of, Struct):
        return getattr(of, name, None)
    raise ConditionError("no fields")


def as_id(name: str, value: Any) -> Any:  # noqa: ANN401
    is_id = name in ("id", "sku") or name.endswith("_id")
    return str(value) if is_id and type(value) is int else value


def element(of: Any, key: Any) -> Any:  # noqa: ANN401
    if not isinstance(of, list | tuple):
        return field(of, text_of(key))
    place = number(key)
    if place % 1:
        raise ConditionError("no whole number")
    return of[int(place)] if 0 <= place < len(of) else None


def there(value: Any) -> Any:  # noqa: ANN401
    if value is None:
        raise Missing("missing")
    return value


def truth(value: Any) -> bool:  # noqa: ANN401
    if type(value) is not bool:
        raise ConditionError("no truth")
    return value


def number(value: Any) -> float:  # noqa: ANN401
    if type(value) not in (int, float):
        raise ConditionError("no number")
    return value  # type: ignore[no-any-return]


def text_of(value: Any) -> str:  # noqa: ANN401
    if type(value) is not str:
        raise ConditionError("no text")
    return value


def same(one: Any, other: Any) -> bool:  # noqa: ANN401
    if bool in (type(one), type(other)):
        return one is other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair) for pair in pairs)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def compared(sign: str, one: Any, other: Any) -> bool:  # noqa: ANN401
    if not (type(one) is type(other) and type(one) in (str, bool)):
        number(one), number(other)
    return bool(COMPARISONS[sign](one, other))


def calculated(sign: str, one: Any, other: Any) -> Any:  # noqa: ANN401
    if sign == "+" and type(one) is str and type(other) is str:
        return one + other
    if sign == "+" and isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return [*one, *other]
    number(one), number(other)
    if sign in "/%" and other == 0:
        raise ConditionError("by zero")
    found = CALCULATIONS[sign](one, other)
    if not -1e300 < found < 1e300:
        raise ConditionError("beyond all bounds")
    return found


def divided(one: float, other: float) -> float:
    whole = type(one) is type(other) is int and one % other == 0
    return one // other if whole else one / other


def rest(one: float, other: float) -> float:
    of_sizes = abs(one) % abs(other)
    return -of_sizes if one < 0 else of_sizes


CALCULATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
    "%": rest,
}
