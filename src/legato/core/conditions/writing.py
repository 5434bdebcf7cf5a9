"""A condition becomes one function of Python: its parts write themselves into its body.

Nothing that people wrote goes into the source. Their texts, numbers and names of fields are
handed over as defaults of the function, so that they can do nothing there, and conditions of
one form share what was compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from legato.core.conditions.faults import ConditionError, Missing
from legato.core.conditions.scope import SLOTS, Scope

Run: TypeAlias = Callable[[Scope], Any]
"""Gives a value, or raises ConditionError."""
MOST_BLOCKS = 12
"""Python takes 20 within each other; deeper parts are written as functions of their own."""
_FORMS = 2_048
_WORDS = (type, len, round, int, float, str, dict, list, ConditionError, Missing)
_GLOBALS: dict[str, Any] = {"__builtins__": {}, **{each.__name__: each for each in _WORDS}}


class Body:
    """The body of a function while it is written."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 1
        self._locals = 0
        self._given: dict[str, Any] = {}
        self._variables: dict[int, str] = {}
        self._leaves = False

    def line(self, text: str) -> None:
        """Write a line."""
        self._lines.append(" " * self._depth + text)

    def local(self) -> str:
        """Name a local that nobody has."""
        self._locals += 1
        return f"v{self._locals}"

    def let(self, value: str) -> str:
        """Keep a value in a local, which is returned."""
        name = self.local()
        self.line(f"{name} = {value}")
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write what is indented below a head."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def given(self, value: object) -> str:
        """Name what stands in the condition: it is handed over, and never written."""
        if value is None or value is True or value is False:
            return str(value)
        name = f"k{len(self._given)}"
        self._given[name] = value
        return name

    def name_of(self, function: Callable[..., Any]) -> str:
        """Name a function that is called."""
        name = function.__name__.strip("_")
        if self._given.setdefault(name, function) is function:
            return name
        return self.given(function)

    def value(self, part: Part) -> str:
        """Write a part that stands in a block; where that is too deep, call it."""
        if self._depth <= MOST_BLOCKS:
            return part(self)
        return self.let(f"{self.call_out(run_of(part))}(scope)")

    def require(self, value: str, shown: str) -> str:
        """What is null is missing."""
        missing = self.given(f"`{shown}` is missing")
        self.line(f"if {value} is None: raise Missing({missing})")
        return value

    def fail(self, message: str) -> None:
        """Raise an error."""
        self.line(f"raise ConditionError({self.given(message)})")

    def call_out(self, function: Callable[..., Any]) -> str:
        """Name a function that looks at the variables of macros: it finds them in the scope."""
        self._leaves = True
        return self.given(function)

    @contextmanager
    def loop(self, depth: int, elements: str) -> Iterator[None]:
        """Go through elements; the variable of that depth stands for one after the other."""
        variable = f"x{depth}"
        self._variables[depth] = variable
        with self.block(f"for {variable} in {elements}:"):
            begin, indent = len(self._lines), " " * self._depth
            yield
            if self._leaves:
                self._lines.insert(begin, f"{indent}scope.{SLOTS[depth]} = {variable}")
        del self._variables[depth]

    def variable(self, depth: int) -> str:
        """The variable of a macro: a local, or in a function of its own what the scope has."""
        return self._variables.get(depth) or self.let(f"scope.{SLOTS[depth]}")

    def function(self, value: str) -> Run:
        """The function that returns this value."""
        given = self._given
        head = f"def condition({', '.join(('scope', *given))}):"
        source = "\n".join((head, *self._lines, f" return {value}"))
        return FunctionType(_code_of(source), _GLOBALS, "condition", (*given.values(),))


Part: TypeAlias = Callable[[Body], str]
"""Writes into a body what makes a value; returns the local that has it."""


def run_of(part: Part) -> Run:
    """Make a function of a part."""
    body = Body()
    return body.function(part(body))


@lru_cache(maxsize=_FORMS)
def _code_of(source: str) -> CodeType:
    module = compile(source, "<condition>", "exec", dont_inherit=True)
    return next(each for each in module.co_consts if isinstance(each, CodeType))
