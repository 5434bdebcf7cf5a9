"""Functions, methods and macros of the language, each as a closure over a scope."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from legato.core.conditions.faults import ConditionError, Missing
from legato.core.conditions.matching import Pattern
from legato.core.conditions.operations import Run, named
from legato.core.conditions.scope import Scope

MOST_MATCHED = 10_000
"""Characters of the longest text in which a pattern is looked for."""
TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}


def is_there(of: Run) -> Run:
    """`has(of)`"""

    def run(scope: Scope) -> bool:
        try:
            of(scope)
        except Missing:
            return False
        return True

    return run


def size(of: Run) -> Run:
    """`size(of)`: characters of a text, elements of a list, keys of a map."""

    def run(scope: Scope) -> int:
        value = of(scope)
        if isinstance(value, str | list | tuple | dict):
            return len(value)
        raise ConditionError("`size` takes a text, a list or a map")

    return run


def text_method(name: str, of: Run, other: Run) -> Run:
    """`of.contains(other)` and the like."""
    ask = TEXT_METHODS[name]

    def run(scope: Scope) -> bool:
        text, part = of(scope), other(scope)
        if type(text) is str and type(part) is str:
            return ask(text, part)
        raise ConditionError(f"`{name}` takes texts")

    return run


def matches(of: Run, pattern: Pattern) -> Run:
    """`of.matches(pattern)`"""

    def run(scope: Scope) -> bool:
        text = of(scope)
        if type(text) is str and len(text) <= MOST_MATCHED:
            return pattern.is_in(text)
        raise ConditionError(f"`matches` takes a text of at most {MOST_MATCHED} characters")

    return run


def _elements(value: object) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, dict):
        return [*value]
    raise ConditionError("a macro goes through a list, or the keys of a map")


def _truth(value: object) -> bool:
    if value is True or value is False:
        return value
    raise ConditionError("a macro asks for what is true or false")


def any_or_all(of: Run, slot: str, body: Run, decides: bool) -> Run:
    """`exists` (True decides) or `all` (False does), whatever else goes wrong."""

    def run(scope: Scope) -> bool:
        fault: ConditionError | None = None
        for each in _elements(of(scope)):
            setattr(scope, slot, each)
            try:
                if _truth(body(scope)) is decides:
                    return decides
            except ConditionError as error:
                fault = error
        if fault is not None:
            raise fault
        return not decides

    return run


def exactly_one(of: Run, slot: str, body: Run) -> Run:
    """`exists_one`"""
    kept = kept_by(of, slot, body)
    return lambda scope: len(kept(scope)) == 1


def kept_by(of: Run, slot: str, body: Run) -> Callable[[Scope], list[Any]]:
    """`filter`"""

    def run(scope: Scope) -> list[Any]:
        found = []
        for each in _elements(of(scope)):
            setattr(scope, slot, each)
            if _truth(body(scope)):
                found.append(each)
        return found

    return run


def turned(of: Run, slot: str, body: Run) -> Run:
    """`map`"""

    def run(scope: Scope) -> list[Any]:
        found = []
        for each in _elements(of(scope)):
            setattr(scope, slot, each)
            found.append(named(body(scope)))
        return found

    return run
