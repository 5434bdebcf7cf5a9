"""What is refused at load of fields, elements, functions and counts, and what is said then."""

from __future__ import annotations

from legato.core.conditions.aggregates import FORMS, SEGMENT, check_count
from legato.core.conditions.code import Code
from legato.core.conditions.faults import Unfit, unknown
from legato.core.conditions.shapes import ANY, CALLED, Shape
from legato.core.conditions.syntax import Binary, Call, Term, Word, begin_of
from legato.core.conditions.values import TEXT_METHODS

MACROS = frozenset(("exists", "exists_one", "all", "filter", "map"))
METHODS = frozenset(("size", "matches", *TEXT_METHODS, *MACROS))
GLOBALS = frozenset(("has", "size", "span", SEGMENT, *FORMS))
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def shape_of_field(of: Code, name: str, at: int) -> Shape:
    """What is known of a field; raises Unfit."""
    shape = of.shape
    if shape.fields is not None:
        if name not in shape.fields:
            is_data = of.shown.endswith(".data")
            raise Unfit(unknown(name, shape.fields, of.shown, declarable=is_data), at)
        return shape.fields[name]
    if shape.kind in ("map", "any"):
        return shape.of or ANY
    if shape.kind == "list":
        raise Unfit(f"`{of.shown}` is a list; ask `{of.shown}.exists(x, x.{name} …)`", at)
    raise Unfit(f"`{of.shown}` is {CALLED[shape.kind]}, which has no fields", at)


def check_index(of: Code, key: Code, at: int) -> None:
    """May it be asked for such an element? Raises Unfit."""
    kind, asked = of.shape.kind, key.shape.kind
    if kind == "record":
        raise Unfit(f"name the field of `{of.shown}`, such as `.{_a_field(of)}`", at)
    if kind not in ("list", "map", "any"):
        raise Unfit(f"`{of.shown}` is {CALLED[kind]}, which has no elements", at)
    wanted = {"list": ("number", "any"), "map": ("text", "any")}.get(kind)
    if wanted is not None and asked not in wanted:
        mend = f"ask it by {CALLED[wanted[0]]}, not {CALLED[asked]}"
        raise Unfit(f"`{of.shown}` is {CALLED[kind]}; {mend}", at)


def _a_field(of: Code) -> str:
    return next(iter(of.shape.fields or ("time",)))


def check_counts(term: Binary, left: Code, right: Code) -> None:
    """Is a count compared with more than it can count? Raises Unfit."""
    if left.is_count and type(right.constant) in (int, float):
        check_count(term.sign, right.constant, begin_of(term.right))
    if right.is_count and type(left.constant) in (int, float):
        check_count(FLIPPED.get(term.sign, term.sign), left.constant, begin_of(term.left))


def why_no_function(term: Call) -> str:
    """Say what is wrong with the name of a function."""
    name = term.function
    if term.of is not None and name in GLOBALS:
        return f"`{name}` stands before what it is about; write `{name}(…)`"
    if term.of is None and name in METHODS:
        return f"`{name}` stands behind what it is about; write `….{name}(…)`"
    return unknown(name, METHODS if term.of is not None else GLOBALS, kind="function")


def macro_arguments(term: Call) -> tuple[Word, Term, Term | None]:
    """The variable of a macro, its body, and of `map` perhaps what it keeps."""
    match term.arguments:
        case (Word() as variable, body):
            return variable, body, None
        case (Word() as variable, first, body) if term.function == "map":
            return variable, body, first
        case _:
            name = term.function
            raise Unfit(f"write `.{name}(x, …)`, with a name for each element", term.at)
