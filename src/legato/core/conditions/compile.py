"""The door of this room: a text becomes an expression, or a condition that may hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from legato.core.conditions.aggregates import AggregateCall
from legato.core.conditions.code import Code
from legato.core.conditions.compiler import Compiler
from legato.core.conditions.faults import ConditionError, ConditionFault, Unfit
from legato.core.conditions.names import NAMES, Names
from legato.core.conditions.operations import decided, whole_value
from legato.core.conditions.parser import parse
from legato.core.conditions.past import next_look
from legato.core.conditions.scope import Scope
from legato.core.conditions.turning import first_turn
from legato.core.conditions.writing import Part, Run, run_of
from legato.core.values.time import NEVER, Instant

__all__ = [
    "NAMES",
    "Condition",
    "ConditionError",
    "ConditionFault",
    "Expression",
    "Names",
    "compile_condition",
    "compile_expression",
]


class Compiled(Struct, frozen=True, dict=True):
    """A text, compiled.

    `reads` are the fields that it looks at (`event.data.sku`, `customer.carts`, `now`), up to
    where a place is only known when it is asked. `types` are the types of events that it can
    say something about, None for any. `aggregates` are what it asks of the past. `turns` are
    the instants at which time alone may change it, but for what `aggregates` know, None if that
    cannot be derived.
    """

    text: str
    reads: frozenset[str]
    types: frozenset[str] | None
    aggregates: tuple[AggregateCall, ...]
    turns: tuple[Part, ...] | None
    part: Part

    @cached_property
    def run(self) -> Run:
        """The function that it is, made when it is first asked for: many never are."""
        return run_of(self.part)

    def next_turn(self, scope: Scope) -> Instant | None:
        """When time alone may change it next: NEVER if it does not, None if nobody knows."""
        if self.turns is None:
            return None
        turn: Instant = self._first_turn(scope) if self.turns else NEVER
        for each in self.aggregates:
            turn = min(turn, next_look(each, scope))
        return turn

    @cached_property
    def _first_turn(self) -> Run:
        return run_of(first_turn(self.turns or ()))


class Expression(Compiled, frozen=True, kw_only=True):
    """What gives a value.

    `kind` is what is known of it: `number`, `text`, `bool`, `instant`, `span`, `list`, `map`,
    `record`, `null`, or `any`.
    """

    kind: str

    @cached_property
    def value(self) -> Run:
        """Give the value, instants and spans in whole milliseconds; raises ConditionError."""
        return run_of(whole_value(self.part, self.kind))


class Condition(Compiled, frozen=True):
    """What holds or does not."""

    def holds(self, scope: Scope) -> bool:
        """Does it hold? Not where anything in it cannot be answered."""
        try:
            return self.run(scope) is True
        except ConditionError:
            return False

    def forbids(self, scope: Scope) -> bool:
        """Does it forbid, or end something? Also where something in it cannot be answered."""
        try:
            return self.run(scope) is not False
        except ConditionError:
            return True


def _turns_of(compiler: Compiler) -> tuple[Part, ...] | None:
    """The instants of a text; None if those of a segment that it asks for are not known."""
    asked = [each.condition for each in compiler.aggregates if each.condition is not None]
    return None if any(each.turns is None for each in asked) else compiler.turns


def _all_turns(found: Iterable[tuple[Part, ...] | None]) -> tuple[Part, ...] | None:
    turns: tuple[Part, ...] = ()
    for each in found:
        if each is None:
            return None
        turns += each
    return turns


def compile_expression(text: str, names: Names = NAMES) -> Expression:
    """Compile what gives a value; raises ConditionFault."""
    compiler = Compiler(text, names)
    code = _compiled(compiler, text, 0, wants_truth=False)
    reads, asked, turns = frozenset(compiler.reads), compiler.aggregates, _turns_of(compiler)
    _tell_asked(names, asked)
    return Expression(text, reads, None, asked, turns, code.part, kind=code.shape.kind)


def compile_condition(text: str | Sequence[str], names: Names = NAMES) -> Condition:
    """Compile what holds or does not, of several texts all of them; raises ConditionFault."""
    texts = (text,) if isinstance(text, str) else tuple(text)
    if not texts:
        raise ConditionFault("write at least one condition", "", 0)
    compilers = [Compiler(each, names) for each in texts]
    parts = tuple(
        _compiled(compiler, each, item, wants_truth=True).part
        for item, (compiler, each) in enumerate(zip(compilers, texts, strict=True))
    )
    asked = tuple(call for each in compilers for call in each.aggregates)
    _tell_asked(names, asked)
    return Condition(
        "\n".join(texts),
        frozenset().union(*(each.reads for each in compilers)),
        None,
        asked,
        _all_turns(map(_turns_of, compilers)),
        parts[0] if len(parts) == 1 else decided(parts, False),
    )


def _tell_asked(names: Names, asked: tuple[AggregateCall, ...]) -> None:
    if names.asked is not None:
        names.asked.extend(asked)


def _compiled(compiler: Compiler, text: str, item: int, *, wants_truth: bool) -> Code:
    try:
        term = parse(text)
        return compiler.truth(term, "a condition") if wants_truth else compiler.code(term)
    except Unfit as fault:
        raise ConditionFault(fault.message, text, fault.at, item) from None
