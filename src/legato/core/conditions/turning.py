"""When time alone changes what a condition gives: `now - event.time > span("36h")`, 36 h later.

What is `now` plus or minus something that stands still goes with time, so a comparison of it
with what stands still turns at one instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

from msgspec import Struct

from legato.core.conditions.operations import calculated, constant, negative
from legato.core.conditions.writing import Body, Part
from legato.core.values.time import NEVER


class Clock(Struct, frozen=True):
    """What is `now` and `offset`, or if it goes backwards, `offset` less `now`."""

    offset: Part
    backwards: bool = False


NOW = Clock(constant(0))
"""`now` itself."""


def moved(sign: str, clock: Clock, by: Part, *, clock_is_right: bool) -> Clock | None:
    """What goes with time, plus or minus what stands still; None if it is another sign."""
    if sign == "+":
        return Clock(calculated(clock.offset, by, "+"), clock.backwards)
    if sign != "-":
        return None
    if clock_is_right:
        return Clock(calculated(by, clock.offset, "-"), not clock.backwards)
    return Clock(calculated(clock.offset, by, "-"), clock.backwards)


def turn(sign: str, clock: Clock, other: Part) -> Part:
    """The first instant at which `clock sign other` is not what it was before."""
    gap = calculated(other, clock.offset, "-")
    at = negative(gap) if clock.backwards else gap
    holds_at_it = (">=", "<") if not clock.backwards else ("<=", ">")
    if sign in holds_at_it:
        return lambda body: body.let(f"{body.name_of(ceil)}({at(body)})")
    return lambda body: body.let(f"{body.name_of(floor)}({at(body)}) + 1")


def first_turn(turns: Iterable[Part]) -> Part:
    """The next instant after `now` at which one of these is; NEVER if none is."""

    def write(body: Body) -> str:
        found = body.let(body.given(NEVER))
        for each in turns:
            with body.block("try:"):
                at = body.value(each)
                body.line(f"if scope.now < {at} < {found}: {found} = {at}")
            body.line("except ConditionError: pass")
        return found

    return write
