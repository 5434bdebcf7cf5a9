"""How a condition comes to its values: roots, fields and elements.

A reader gives null for what is not there; `present` makes an error of that.
"""

from __future__ import annotations

from typing import Any

from legato.core.conditions import values
from legato.core.conditions.code import MacroVariable
from legato.core.conditions.customer import MAKERS, KeptList
from legato.core.conditions.faults import Missing
from legato.core.conditions.scope import Scope, customer_field, kept_list, read_data
from legato.core.conditions.writing import Body, Part


def present(read: Part, shown: str) -> Part:
    """What is read, if it is there."""
    return lambda body: body.require(read(body), shown)


def variable(depth: int) -> Part:
    """The variable of a macro, `depth` counting from without."""
    return lambda body: body.variable(depth)


def now(body: Body) -> str:
    """`now`"""
    return body.let("scope.now")


def root(name: str) -> Part:
    """`event`, `situation` or `ref` as a whole."""
    place = _PLACES[name]
    return lambda body: body.let(f"scope.{place}")


_PLACES = {"event": "event", "situation": "situation", "ref": "references"}
"""Where a root lies in a scope."""


def whole_customer(body: Body) -> str:
    """`customer` as a whole, which nobody needs often."""
    return body.let(f"{body.name_of(_whole_customer)}(scope)")


def _whole_customer(scope: Scope) -> dict[str, Any]:
    return {name: customer_field(scope, name) for name in MAKERS}


def of_customer(name: str) -> Part:
    """A field of the customer."""
    return lambda body: body.let(f"{body.name_of(customer_field)}(scope, {body.given(name)})")


def as_kept(of: KeptList) -> Part:
    """A list of the customer's as it is kept."""
    return lambda body: body.let(f"{body.name_of(kept_list)}(scope, {body.given(of)})")


def of_variable(each: MacroVariable, of: Part, name: str) -> Part:
    """A field of the variable of a macro."""
    if each.kept is None or name not in each.kept.fields:
        each.is_whole = True
    whole = field(of, name)

    def write(body: Body) -> str:
        if each.as_kept is None:
            return whole(body)
        return body.let(each.as_kept.fields[name].format(body.variable(each.depth)))

    return write


def of_root(of: str, field_name: str) -> Part:
    """A field that every event, or every situation, has."""
    place = _PLACES[of]

    def write(body: Body) -> str:
        value = body.let(f"scope.{place}")
        body.line(f"if {value} is not None: {value} = {value}.{field_name}")
        return value

    return write


def data(body: Body) -> str:
    """`event.data` as a whole."""
    return body.let(f"{body.name_of(_data)}(scope)")


def _data(scope: Scope) -> dict[str, Any]:
    if scope.event is None:
        raise Missing("`event` is missing")
    return read_data(scope)


def of_data(name: str) -> Part:
    """A field of the event's data."""

    def write(body: Body) -> str:
        found = body.let("scope.data")
        body.line(f"if {found} is None: {found} = {body.name_of(read_data)}(scope)")
        return body.let(f"{found}.get({body.given(name)})")

    return write


def field(of: Part, name: str) -> Part:
    """A field of any value."""

    def write(body: Body) -> str:
        value, key = of(body), body.given(name)
        field_of = body.name_of(values.field_of)
        return body.let(
            f"{value}.get({key}) if type({value}) is dict else {field_of}({value}, {key})"
        )

    return write


def element(of: Part, key: Part) -> Part:
    """`of[key]`: of a list by its place from 0, of a map by its key."""

    def write(body: Body) -> str:
        many, place = of(body), key(body)
        return body.let(f"{body.name_of(values.element_of)}({many}, {place})")

    return write


def as_id(read: Part) -> Part:
    """Ids are text: a number that stands for one is read as it is written."""

    def write(body: Body) -> str:
        value = read(body)
        return body.let(f"str({value}) if type({value}) is int else {value}")

    return write


def as_instant(read: Part) -> Part:
    """A field that is said to be an instant: epoch milliseconds, or RFC 3339."""

    def write(body: Body) -> str:
        value = read(body)
        is_so = f"type({value}) is int or {value} is None"
        return body.let(f"{value} if {is_so} else {body.name_of(values.instant_of)}({value})")

    return write
