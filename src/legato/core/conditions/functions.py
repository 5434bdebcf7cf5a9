"""How functions, methods and macros of the language are written."""

from __future__ import annotations

from legato.core.conditions import values
from legato.core.conditions.code import MacroVariable
from legato.core.conditions.customer import KeptList
from legato.core.conditions.matching import Pattern
from legato.core.conditions.operations import raise_undecided
from legato.core.conditions.reading import as_kept
from legato.core.conditions.writing import Body, Part


def size(of: Part) -> Part:
    """`size(of)`: characters of a text, elements of a list, keys of a map."""
    return lambda body: body.let(f"{body.name_of(values.size_of)}({of(body)})")


def size_as_kept(of: KeptList) -> Part:
    """The same of a list of the customer's that nobody needs whole for that."""
    return lambda body: body.let(f"len({as_kept(of)(body)})")


def text_method(name: str, of: Part, other: Part) -> Part:
    """`of.contains(other)` and the like."""

    def write(body: Body) -> str:
        text, part = of(body), other(body)
        asks = f"{body.name_of(values.ask_text)}({body.given(name)}"
        return body.let(f"{asks}, {text}, {part})")

    return write


def matches(of: Part, pattern: Pattern) -> Part:
    """`of.matches(pattern)`"""

    def write(body: Body) -> str:
        text = of(body)
        return body.let(f"{body.name_of(values.matches)}({text}, {body.given(pattern)})")

    return write


def any_or_all(of: Part, each: MacroVariable, inner: Part, decides: bool) -> Part:
    """`exists` (True decides) or `all` (False does), whatever else goes wrong."""

    def write(body: Body) -> str:
        elements = _elements(body, of, each)
        result, fault = body.let(str(not decides)), body.let("None")
        with body.loop(each.depth, elements):
            with body.block("try:"):
                value = body.value(inner)
                with body.block(f"if {value} is {decides}:"):
                    body.line(f"{result} = {decides}")
                    body.line("break")
                with body.block(f"if {value} is not {not decides}:"):
                    body.fail(values.NO_TRUTH_OF_EACH)
            body.line(f"except ConditionError as error: {fault} = error")
        raise_undecided(body, fault, f"{result} is {not decides}")
        return result

    return write


def exactly_one(of: Part, each: MacroVariable, inner: Part) -> Part:
    """`exists_one`"""
    found = kept_by(of, each, inner)
    return lambda body: body.let(f"len({found(body)}) == 1")


def kept_by(of: Part, each: MacroVariable, inner: Part) -> Part:
    """`filter`"""

    def write(body: Body) -> str:
        elements, found = _elements(body, of, each), body.let("[]")
        with body.loop(each.depth, elements):
            value, element = body.value(inner), body.variable(each.depth)
            body.line(f"if {value} is True: {found}.append({element})")
            with body.block(f"elif {value} is not False:"):
                body.fail(values.NO_TRUTH_OF_EACH)
        return found

    return write


def turned(of: Part, each: MacroVariable, inner: Part) -> Part:
    """`map`"""

    def write(body: Body) -> str:
        elements, found = _elements(body, of, each), body.let("[]")
        with body.loop(each.depth, elements):
            value = body.value(inner)
            body.line(f"{found}.append({body.name_of(values.named)}({value}))")
        return found

    return write


def _elements(body: Body, of: Part, each: MacroVariable) -> str:
    if each.as_kept is not None:
        return as_kept(each.as_kept)(body)
    value = of(body)
    elements_of = body.name_of(values.elements_of)
    return body.let(f"{value} if type({value}) is list else {elements_of}({value})")
