"""From a tree to a function: names and types are checked, and what is read is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions import functions, operations, reading
from legato.core.conditions.aggregates import (
    FORMS,
    SEGMENT,
    AggregateCall,
    paths_of,
    read_arguments,
    read_segment,
    store_of,
)
from legato.core.conditions.checks import (
    FLIPPED,
    GLOBALS,
    MACROS,
    METHODS,
    check_counts,
    check_index,
    macro_arguments,
    shape_of_field,
    why_no_function,
)
from legato.core.conditions.code import VARIES, Code, MacroVariable
from legato.core.conditions.customer import KEPT_LISTS, KeptList
from legato.core.conditions.faults import ConditionError, Unfit, unknown
from legato.core.conditions.matching import read_pattern
from legato.core.conditions.names import Names
from legato.core.conditions.operations import calculated
from legato.core.conditions.past import answer
from legato.core.conditions.rules import check_order, result_of
from legato.core.conditions.scope import SLOTS
from legato.core.conditions.shapes import (
    ANY,
    CALLED,
    LIST,
    NULL,
    NUMBER,
    SPAN,
    TEXT,
    TRUTH,
    Shape,
    either,
    list_of,
    map_of,
)
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
    begin_of,
)
from legato.core.conditions.turning import NOW, Clock, moved, turn
from legato.core.conditions.values import CALCULATIONS, ORDERS
from legato.core.conditions.writing import Body, Part
from legato.core.events.event import Event
from legato.core.values.time import read_span

_SHAPES = {str: TEXT, int: NUMBER, float: NUMBER, bool: TRUTH, type(None): NULL}
_OF_EVENT = frozenset(Event.__struct_fields__)


class AggregateAsked(Struct):
    """A call that is asked; `reads` grows while the text is read."""

    call: AggregateCall
    reads: set[str]

    def write(self, body: Body) -> str:
        """Ask what the call says."""
        ask, call = body.call_out(answer), body.given(self.call)
        value = body.let(f"(scope.aggregates or {ask})({call}, scope)")
        return body.require(value, self.call.text)

    def settle(self) -> AggregateCall:
        """Note what is read of its events, now that all is read, and where that is kept."""
        call = replace(self.call, reads=frozenset(self.reads))
        if call.types:
            paths = paths_of(self.reads)
            call = replace(call, paths=paths, store=store_of(call.types, paths))
        self.call = call
        return call


class Compiler:
    """Compiles one text."""

    def __init__(self, text: str, names: Names) -> None:
        self._text, self._names = text, names
        self._roots = names.roots
        self._variables: dict[str, Code] = {}
        self._asking: list[AggregateAsked] = []
        self._nows = 0
        self._turns: list[Part] = []
        self.reads: set[str] = set()

    @property
    def turns(self) -> tuple[Part, ...] | None:
        """The instants at which time alone may change it; None if `now` is used otherwise."""
        return tuple(self._turns) if len(self._turns) == self._nows else None

    @property
    def aggregates(self) -> tuple[AggregateCall, ...]:
        """The calls of functions that look at the past."""
        return tuple(each.settle() for each in self._asking)

    def code(self, term: Term) -> Code:
        """Compile a part that is used as it is; raises Unfit."""
        found = self._code(term)
        if found.sink is not None and found.path:
            found.sink.add(found.path)
        if found.variable is not None:
            found.variable.is_whole = True
        return found

    def _code(self, term: Term) -> Code:
        return _COMPILED[type(term)](self, term)

    def truth(self, term: Term, what: str) -> Code:
        """Compile a part that must be true or false."""
        found = self.code(term)
        if found.shape.kind not in ("bool", "any"):
            told = CALLED[found.shape.kind]
            raise Unfit(
                f"{what} must be true or false, and this is {told}; compare it", begin_of(term)
            )
        return found

    def _literal(self, term: Literal) -> Code:
        value = term.value
        return Code(operations.constant(value), _SHAPES[type(value)], constant=value)

    def _word(self, term: Word) -> Code:
        word = term.word
        if word in self._variables:
            return self._variables[word]
        shape = self._roots.get(word)
        if shape is None:
            raise Unfit(unknown(word, (*self._roots, *self._variables)), term.at)
        if word == "now":
            self._nows += 1
            return Code(reading.now, shape, word, word, self.reads, clock=NOW)
        if word == "customer":
            return Code(reading.whole_customer, shape, word, word, self.reads)
        return Code(reading.present(reading.root(word), word), shape, word, word, self.reads)

    def _select(self, term: Select) -> Code:
        return self._field(self._code(term.of), term.field, term.at)

    def _field(self, of: Code, name: str, at: int) -> Code:
        shape = shape_of_field(of, name, at)
        path = f"{of.path}.{name}" if of.path else name
        sink, read, shown = of.sink, self._reader(of, name), f"{of.shown}.{name}"
        if "." in name and sink is not None:
            sink.add(of.path)
            sink, path = None, ""
        if shape is ANY and (name in ("id", "sku") or name.endswith("_id")):
            read = reading.as_id(read)
        elif shape.kind == "instant" and of.shown.endswith(".data"):
            read = reading.as_instant(read)
        kept = KEPT_LISTS.get(name) if self._is_read(of, "customer") else None
        return Code(reading.present(read, shown), shape, shown, path, sink, read, kept=kept)

    def _is_read(self, of: Code, path: str) -> bool:
        return of.sink is self.reads and of.path == path

    def _reader(self, of: Code, name: str) -> Part:
        """Choose the shortest way to a field."""
        known = of.path if of.sink is self.reads else ""
        if known == "event.data":
            return reading.of_data(name)
        if known == "customer":
            return reading.of_customer(name)
        if known == "event" and name == "data":
            return reading.data
        if known == "situation" or (known == "event" and name in _OF_EVENT):
            return reading.of_root(known, name)
        if of.variable is not None:
            return reading.of_variable(of.variable, of.part, name)
        return reading.field(of.part, name)

    def _index(self, term: Index) -> Code:
        of = self._code(term.of)
        name = term.key.value if isinstance(term.key, Literal) else None
        if isinstance(name, str) and of.shape.kind in ("record", "map", "any"):
            return self._field(of, name, term.key.at)
        if of.sink is not None and of.path:
            of.sink.add(of.path)
        if of.variable is not None:
            of.variable.is_whole = True
        key = self.code(term.key)
        check_index(of, key, begin_of(term.key))
        read = reading.element(of.part, key.part)
        part = reading.present(read, f"{of.shown}[…]")
        return Code(part, of.shape.of or ANY, of.shown, read=read)

    def _unary(self, term: Unary) -> Code:
        if term.sign == "!":
            return Code(operations.denied(self.truth(term.of, "what `!` denies").part), TRUTH)
        of = self.code(term.of)
        if of.shape.kind not in ("number", "span", "any"):
            raise Unfit(
                f"`-` cannot stand before {CALLED[of.shape.kind]}; take it out", term.at
            )
        return Code(operations.negative(of.part), of.shape)

    def _binary(self, term: Binary) -> Code:
        before = self._nows
        left, between = self.code(term.left), self._nows
        right = self.code(term.right)
        goes = between > before, self._nows > between
        if term.sign in ("==", "!="):
            return self._equality(term, left, right)
        if term.sign == "in":
            return _contained(left, right, begin_of(term.right))
        if term.sign in ORDERS:
            self._turn(term.sign, left, right, goes)
            return self._order(term, left, right)
        try:
            shape = result_of(term.sign, left.shape, right.shape)
        except ValueError as error:
            raise Unfit(str(error), term.at) from None
        if left.constant is not VARIES and right.constant is not VARIES:
            return _folded(term.sign, left, right, shape)
        part = operations.calculated(left.part, right.part, term.sign)
        return Code(part, shape, clock=_clock(term.sign, left, right, goes))

    def _turn(self, sign: str, left: Code, right: Code, goes: tuple[bool, bool]) -> None:
        """Note when time turns a comparison of what goes with it and what stands still."""
        if self._variables:
            return
        if goes == (True, False) and left.clock is not None:
            self._turns.append(turn(sign, left.clock, right.part))
        if goes == (False, True) and right.clock is not None:
            self._turns.append(turn(FLIPPED[sign], right.clock, left.part))

    def _equality(self, term: Binary, left: Code, right: Code) -> Code:
        wanted = term.sign == "=="
        check_counts(term, left, right)
        if left.constant is not VARIES:
            left, right = right, left
        if right.constant is None:
            self._nows -= left.clock is not None
            part = operations.equal_null(left.read or left.part, wanted=wanted)
        elif type(right.constant) is str:
            part = operations.equal_text(left.part, right.constant, wanted=wanted)
        elif type(right.constant) in (int, float):
            part = operations.equal_number(left.part, right.constant, wanted=wanted)
        else:
            part = operations.equal(left.part, right.part, wanted=wanted)
        return Code(part, TRUTH)

    def _order(self, term: Binary, left: Code, right: Code) -> Code:
        try:
            check_order(term.sign, left.shape, right.shape)
        except ValueError as error:
            raise Unfit(str(error), term.at) from None
        check_counts(term, left, right)
        if type(right.constant) in (int, float):
            return Code(operations.ordered_number(left.part, right.constant, term.sign), TRUTH)
        if type(left.constant) in (int, float):
            sign = FLIPPED[term.sign]
            return Code(operations.ordered_number(right.part, left.constant, sign), TRUTH)
        return Code(operations.ordered(left.part, right.part, term.sign), TRUTH)

    def _chain(self, term: Chain) -> Code:
        what = f"what `{term.sign}` joins"
        parts = tuple(self.truth(part, what).part for part in term.parts)
        return Code(operations.decided(parts, term.sign == "||"), TRUTH)

    def _choice(self, term: Choice) -> Code:
        test = self.truth(term.test, "what stands before `?`")
        yes, no = self.code(term.yes), self.code(term.no)
        part = operations.chosen(test.part, yes.part, no.part)
        return Code(part, either([yes.shape, no.shape]))

    def _listed(self, term: Listed) -> Code:
        items = [self.code(each) for each in term.items]
        shape = list_of(either([each.shape for each in items]))
        if all(each.constant is not VARIES for each in items):
            values = [each.constant for each in items]
            return Code(operations.constant(values), shape, constant=values)
        return Code(operations.listed(tuple(each.part for each in items)), shape)

    def _mapped(self, term: Mapped) -> Code:
        keys = [self.code(each) for each in term.keys]
        for key, place in zip(keys, term.keys, strict=True):
            if key.shape.kind not in ("text", "any"):
                raise Unfit("the keys of a map are texts; put it between quotes", place.at)
        values = [self.code(each) for each in term.values]
        parts = tuple(each.part for each in keys), tuple(each.part for each in values)
        return Code(operations.mapped(*parts), map_of(either([each.shape for each in values])))

    def _call(self, term: Call) -> Code:
        known = GLOBALS if term.of is None else METHODS
        if term.function not in known:
            raise Unfit(why_no_function(term), term.at)
        if term.of is None:
            return _CALLS.get(term.function, Compiler._aggregate)(self, term)
        if term.function in MACROS:
            return self._macro(term, term.of)
        if term.function == "size":
            return self._size(term)
        return self._method(term, self.code(term.of))

    def _has(self, term: Call) -> Code:
        match term.arguments:
            case (Select() | Index() as asked,):
                of = self.code(asked)
                return Code(operations.equal_null(of.read or of.part, wanted=False), TRUTH)
            case _:
                raise Unfit("`has` asks for one field; write `has(event.data.sku)`", term.at)

    def _size(self, term: Call) -> Code:
        asked = term.arguments if term.of is None else (term.of, *term.arguments)
        if len(asked) != 1:
            raise Unfit("`size` takes one value; write `size(customer.carts)`", term.at)
        of = self.code(asked[0])
        if of.shape.kind not in ("text", "list", "map", "any"):
            told = CALLED[of.shape.kind]
            raise Unfit(
                f"`size` takes a text, a list or a map, and this is {told}", begin_of(asked[0])
            )
        size = functions.size(of.part) if of.kept is None else functions.size_as_kept(of.kept)
        return Code(size, NUMBER)

    def _span(self, term: Call) -> Code:
        match term.arguments:
            case (Literal(value=str(text)),):
                try:
                    value = read_span(text)
                except ValueError as error:
                    raise Unfit(str(error), term.arguments[0].at) from None
                return Code(operations.constant(value), SPAN, constant=value)
            case _:
                raise Unfit('`span` takes a text; write `span("36h")`', term.at)

    def _method(self, term: Call, of: Code) -> Code:
        name = term.function
        if of.shape.kind not in ("text", "any"):
            told = CALLED[of.shape.kind]
            raise Unfit(f"`{name}` is asked of a text, and this is {told}", term.at)
        if len(term.arguments) != 1:
            raise Unfit(f'`{name}` takes one text; write `.{name}("…")`', term.at)
        if name == "matches":
            return self._matches(term, of)
        other = self.code(term.arguments[0])
        if other.shape.kind not in ("text", "any"):
            told = CALLED[other.shape.kind]
            raise Unfit(
                f"`{name}` takes a text, and this is {told}", begin_of(term.arguments[0])
            )
        return Code(functions.text_method(name, of.part, other.part), TRUTH)

    def _matches(self, term: Call, of: Code) -> Code:
        match term.arguments:
            case (Literal(value=str(text)),):
                try:
                    return Code(functions.matches(of.part, read_pattern(text)), TRUTH)
                except ValueError as error:
                    raise Unfit(str(error), term.arguments[0].at) from None
            case _:
                raise Unfit('write the pattern as text, `.matches("^A[0-9]+$")`', term.at)

    def _macro(self, term: Call, asked: Term) -> Code:
        of = self.code(asked)
        kind, element = of.shape.kind, of.shape.of or ANY
        if kind not in ("list", "map", "any"):
            told = CALLED[kind]
            raise Unfit(f"`{term.function}` goes through a list, and this is {told}", term.at)
        if kind == "map":
            element = TEXT
        variable, body, first = macro_arguments(term)
        is_told = term.function == "filter" or first is not None
        each = self._bind(variable, element, None, None if is_told else of.kept)
        kept = None if first is None else self.truth(first, "what `map` keeps")
        if term.function == "map":
            inner = self.code(body)
        else:
            inner = self.truth(body, f"what `{term.function}` asks")
        del self._variables[variable.word]
        if kept is not None:
            of = Code(functions.kept_by(of.part, each, kept.part), LIST)
        return _macro_code(term.function, of, each, inner)

    def _bind(
        self,
        variable: Word,
        shape: Shape,
        sink: set[str] | None,
        kept: KeptList | None = None,
    ) -> MacroVariable:
        """Let a variable stand for each of several values."""
        word, depth = variable.word, len(self._variables)
        if word in self._roots or word in self._variables:
            raise Unfit(f"`{word}` is something else already; call it `x`", variable.at)
        if depth == len(SLOTS):
            raise Unfit("macros stand at most two deep; write this one outside", variable.at)
        part, each = reading.present(reading.variable(depth), word), MacroVariable(depth, kept)
        self._variables[word] = Code(part, shape, word, "", sink, variable=each)
        return each

    def _segment(self, term: Call) -> Code:
        name = read_segment(term)
        segments = self._names.segments
        if segments is not None and name not in segments:
            raise Unfit(unknown(name, segments, kind="segment"), term.arguments[0].at)
        condition = None if segments is None else segments[name]
        text = self._text[term.at : term.end]
        call = AggregateCall(SEGMENT, text, segment=name, condition=condition)
        return self._asked(AggregateAsked(call, set()), TRUTH)

    def _aggregate(self, term: Call) -> Code:
        asked, form = read_arguments(term), FORMS[term.function]
        for told in filter(None, map(self._names.misspelt, asked.types)):
            raise Unfit(told, term.arguments[0].at)
        event, reads = self._names.event_of(asked.types), {"time"}
        if asked.currency:
            reads.add("data.currency")
        body, slot = None, ""
        if asked.variable is not None and asked.body is not None:
            slot = SLOTS[self._bind(asked.variable, event, reads).depth]
            body = self._body(asked.body, form.value)
            del self._variables[asked.variable.word]
        call = AggregateCall(
            term.function,
            self._text[term.at : term.end],
            asked.types,
            asked.span,
            currency=asked.currency,
            slot=slot,
            where=None if form.value else body,
            value=body if form.value else None,
        )
        return self._asked(AggregateAsked(call, reads), form.gives or event)

    def _body(self, term: Term, is_value: bool) -> Part:
        if not is_value:
            return self.truth(term, "what is asked of each event").part
        found = self.code(term)
        if found.shape.kind not in ("number", "any"):
            told = CALLED[found.shape.kind]
            raise Unfit(f"`sum` adds up numbers, and this is {told}", begin_of(term))
        return found.part

    def _asked(self, asking: AggregateAsked, shape: Shape) -> Code:
        self._asking.append(asking)
        is_count = asking.call.function == "count"
        sink = asking.reads if asking.call.function == "last" else None
        clock = None
        if asking.call.function == "since":
            self._nows += 1
            clock = Clock(calculated(asking.write, reading.now, "-"))
        return Code(
            asking.write, shape, asking.call.text, "", sink, is_count=is_count, clock=clock
        )


_Compiled: TypeAlias = Callable[[Compiler, Any], Code]
_COMPILED: dict[type[Term], _Compiled] = {
    Literal: Compiler._literal,
    Word: Compiler._word,
    Select: Compiler._select,
    Index: Compiler._index,
    Call: Compiler._call,
    Unary: Compiler._unary,
    Binary: Compiler._binary,
    Chain: Compiler._chain,
    Choice: Compiler._choice,
    Listed: Compiler._listed,
    Mapped: Compiler._mapped,
}
_CALLS: dict[str, _Compiled] = {
    "has": Compiler._has,
    "size": Compiler._size,
    "span": Compiler._span,
    SEGMENT: Compiler._segment,
}


def _contained(left: Code, right: Code, at: int) -> Code:
    kind = right.shape.kind
    if kind not in ("list", "map", "record", "any"):
        mend = "write `.contains(…)`" if kind == "text" else "name a list"
        raise Unfit(f"`in` looks into a list or a map, and this is {CALLED[kind]}; {mend}", at)
    values = right.constant
    if values is not VARIES and values and all(type(each) is str for each in values):
        return Code(operations.contained_text(left.part, frozenset(values)), TRUTH)
    return Code(operations.contained(left.part, right.part), TRUTH)


def _clock(sign: str, left: Code, right: Code, goes: tuple[bool, bool]) -> Clock | None:
    if goes == (True, False) and left.clock is not None:
        return moved(sign, left.clock, right.part, clock_is_right=False)
    if goes == (False, True) and right.clock is not None:
        return moved(sign, right.clock, left.part, clock_is_right=True)
    return None


def _folded(sign: str, left: Code, right: Code, shape: Shape) -> Code:
    """Calculate at load what nothing changes; what is an error then stays one."""
    try:
        value = CALCULATIONS[sign](left.constant, right.constant)
    except ConditionError:
        return Code(operations.calculated(left.part, right.part, sign), shape)
    return Code(operations.constant(value), shape, constant=value)


def _macro_code(name: str, of: Code, each: MacroVariable, body: Code) -> Code:
    if name == "map":
        return Code(functions.turned(of.part, each, body.part), list_of(body.shape))
    if name == "filter":
        shape = list_of(TEXT) if of.shape.kind == "map" else of.shape
        kept = functions.kept_by(of.part, each, body.part)
        return Code(kept, shape if shape.kind == "list" else LIST)
    if name == "exists_one":
        return Code(functions.exactly_one(of.part, each, body.part), TRUTH)
    return Code(functions.any_or_all(of.part, each, body.part, name == "exists"), TRUTH)
