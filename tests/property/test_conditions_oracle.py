"""Conditions mean what they mean in CEL: cel-python says the same of what both have.

All numbers are doubles there, since they are one type here. What differs on purpose is left out
of what is generated: null, times, `has` of more than one field, and whether what is of another
type is equal: here it is not, there it is an error.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from msgspec import Raw

from legato.core.conditions.compile import ConditionError, ConditionFault, compile_expression
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from tests.examples import examples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import celpy
    from celpy import celtypes
    from celpy.evaluation import CELEvalError

LIMIT = sys.getrecursionlimit()
ENVIRONMENT = celpy.Environment()
sys.setrecursionlimit(LIMIT)
"""It had raised the limit."""
ERROR = "error"
METHODS = "startsWith endsWith contains"
NOW = 1_772_452_800_000
WILD = ("a", "b", "c")
"""Fields that hold anything; the others hold what they are called for."""
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, -1.5, 2.25])
TEXTS = st.text("ab-ñ👟", max_size=3)
PLAIN = NUMBERS | TEXTS
"""No truths, since cel-python takes them for numbers."""
DATA = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            WILD,
            PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.sampled_from("ab"), PLAIN),
        ),
        "many": st.lists(PLAIN, max_size=3) | st.dictionaries(st.sampled_from("ab"), PLAIN),
        "truth": st.booleans(),
        "number": NUMBERS,
        "text": TEXTS,
        "numbers": st.lists(NUMBERS, max_size=3),
        "texts": st.lists(TEXTS, max_size=3),
    },
)


class Writer:
    """Writes expressions, at most so deep, of the variables of macros that there are."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, *ways: Callable[[], str]) -> str:
        return self._draw(st.sampled_from(ways))()

    def word(self, words: str) -> str:
        return self._draw(st.sampled_from(words.split()))

    def listed(self, item: Callable[[], str]) -> str:
        size = self._draw(st.integers(0, 3))
        return f"[{', '.join(item() for _ in range(size))}]"

    def number(self, depth: int = 2) -> str:
        leaf = self.pick(lambda: repr(float(self._draw(NUMBERS))), lambda: "event.data.number")
        if not depth:
            return leaf
        return self.pick(
            lambda: leaf,
            lambda: f"({self.number(depth - 1)} {self.word('+ -')} {self.number(depth - 1)})",
        )

    def word_of_text(self) -> str:
        return self.pick(
            lambda: msgspec.json.encode(self._draw(TEXTS)).decode(), lambda: "event.data.text"
        )

    def text(self, depth: int = 2) -> str:
        leaf = self.word_of_text()
        if not depth:
            return leaf
        return self.pick(
            lambda: leaf, lambda: f"({self.text(depth - 1)} + {self.text(depth - 1)})"
        )

    def numbers(self) -> str:
        return self.pick(lambda: self.listed(self.number), lambda: "event.data.numbers")

    def texts(self) -> str:
        return self.pick(lambda: self.listed(self.text), lambda: "event.data.texts")

    def wild(self, variables: str) -> str:
        """A field or a variable of any type."""
        return self.word(f"event.data.a event.data.b event.data.c {variables}")

    def sum(self, depth: int, variables: str) -> str:
        """A number, or what is taken for one."""
        if not depth:
            return self.pick(self.number, lambda: self.wild(variables))
        return self.pick(
            lambda: self.sum(0, variables),
            lambda: (
                f"({self.sum(depth - 1, variables)} {self.word('+ - * /')} "
                f"{self.sum(depth - 1, variables)})"
            ),
            lambda: f"(-{self.sum(depth - 1, variables)})",
        )

    def list(self, depth: int, variables: str) -> str:
        """A list, or what is taken for one."""
        leaf = self.pick(self.numbers, self.texts, lambda: "event.data.many")
        if not depth or variables == BOTH:
            return leaf
        name, inner = self.another(variables)
        return self.pick(
            lambda: leaf,
            lambda: f"{leaf}.filter({name}, {self.truth(depth - 1, inner)})",
            lambda: f"{leaf}.map({name}, {self.sum(depth - 1, inner)})",
        )

    def another(self, variables: str) -> tuple[str, str]:
        return ("y", BOTH) if variables else ("x", "x")

    def equality(self) -> str:
        one = self._draw(st.sampled_from([self.number, self.text, self.numbers]))
        return self.pick(
            lambda: f"({one()} {self.word('== !=')} {one()})",
            lambda: f"({self.number()} in {self.numbers()})",
            lambda: f"({self.text()} in {self.texts()})",
        )

    def asked(self, variables: str) -> str:
        """What is true or false, of one thing or two."""
        return self.pick(
            lambda: self.word("true false event.data.truth"),
            self.equality,
            lambda: (
                f"({self.sum(1, variables)} {self.word('< <= > >=')} {self.sum(1, variables)})"
            ),
            lambda: f"({self.text()} {self.word('< <= > >=')} {self.text()})",
            lambda: f"{self.word_of_text()}.{self.word(METHODS)}({self.text()})",
            lambda: f"has(event.data.{self.word('a text truth')})",
            lambda: f"(size({self.list(0, variables)}) > 1)",
        )

    def truth(self, depth: int, variables: str) -> str:
        if not depth:
            return self.asked(variables)
        return self.pick(
            lambda: self.asked(variables),
            lambda: f"({self.joined(depth, variables)})",
            lambda: f"(!{self.truth(depth - 1, variables)})",
            lambda: "({} ? {} : {})".format(
                *(self.truth(depth - 1, variables) for _ in range(3))
            ),
            lambda: self.macro(depth, variables),
        )

    def joined(self, depth: int, variables: str) -> str:
        parts = self._draw(st.integers(2, 4))
        sign = self.word("&& ||")
        return f" {sign} ".join(self.truth(depth - 1, variables) for _ in range(parts))

    def macro(self, depth: int, variables: str) -> str:
        if variables == BOTH:
            return self.asked(variables)
        name, inner = self.another(variables)
        macro, body = self.word("exists all"), self.truth(depth - 1, inner)
        return f"{self.list(depth - 1, variables)}.{macro}({name}, {body})"


BOTH = "x y"


@st.composite
def expressions(draw: st.DrawFn) -> str:
    writer = Writer(draw)
    return writer.pick(
        lambda: writer.truth(3, ""),
        lambda: f"{writer.list(1, '')}.exists_one(x, {writer.truth(1, 'x')})",
        lambda: writer.list(2, ""),
        lambda: writer.sum(2, ""),
    )


def ours(text: str, data: dict[str, Any]) -> object:
    event = Event(
        id="1", type="made.up", channel="web", time=NOW, data=Raw(msgspec.json.encode(data))
    )
    try:
        return compile_expression(text).value(Scope(NOW, Context("ada"), event))
    except ConditionError:
        return ERROR
    except ConditionFault as fault:  # what it sees at load, cel-python meets or not
        assert "this is" in fault.message or "cannot" in fault.message
        reject()


def theirs(text: str, data: dict[str, Any]) -> object:
    program = ENVIRONMENT.program(ENVIRONMENT.compile(text))
    try:
        return plain(program.evaluate({"event": cel({"data": data})}))
    except (IndexError, TypeError, ValueError, ArithmeticError):  # its own faults
        reject()
    except CELEvalError:
        return ERROR


def cel(value: Any) -> Any:  # noqa: ANN401 - of whatever type
    """A value as CEL has it: numbers are doubles."""
    if isinstance(value, dict):
        pairs = {celtypes.StringType(key): cel(each) for key, each in value.items()}
        return celtypes.MapType(pairs)
    if isinstance(value, list):
        return celtypes.ListType([cel(each) for each in value])
    if isinstance(value, bool):
        return celtypes.BoolType(value)
    return celtypes.StringType(value) if isinstance(value, str) else celtypes.DoubleType(value)


def plain(value: Any) -> object:  # noqa: ANN401 - of whatever type
    if isinstance(value, celtypes.BoolType):
        return bool(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return float(value) if isinstance(value, int | float) else value


@settings(max_examples=examples(400))
@given(expressions(), DATA)
def test_cel_python_says_the_same(text: str, data: dict[str, Any]) -> None:
    said = theirs(text, data)
    assume(said not in (float("inf"), float("-inf")))
    assert ours(text, data) == said
