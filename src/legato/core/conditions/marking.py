"""Which of several conditions hold of one moment, as bits: one function for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext

from msgspec import Struct

from legato.core.conditions.compile import Condition
from legato.core.conditions.writing import Body, Part


class Mark(Struct, frozen=True):
    """A bit that is set if one of these conditions holds, None being one that always does.

    What is `closing` is set as well where a condition cannot be answered.
    """

    bit: int
    conditions: tuple[Condition | None, ...]
    closing: bool = False


def bits_of(marks: Iterable[Mark]) -> Part:
    """The bits that are set."""

    def write(body: Body) -> str:
        bits = body.let("0")
        for mark in marks:
            for place, condition in enumerate(mark.conditions):
                with body.block(f"if not {bits} & {mark.bit}:") if place else nullcontext():
                    _write_mark(body, bits, mark, condition)
        return bits

    return write


def _write_mark(body: Body, bits: str, mark: Mark, condition: Condition | None) -> None:
    set_it = f"{bits} |= {mark.bit}"
    if condition is None:
        body.line(set_it)
        return
    with body.block("try:"):
        holds = "is not False" if mark.closing else "is True"
        body.line(f"if {body.value(condition.part)} {holds}: {set_it}")
    body.line(f"except ConditionError: {set_it if mark.closing else 'pass'}")
