"""Segments: named conditions about customers, which other conditions may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from legato.core.conditions.compile import Condition, Names, compile_condition
from legato.core.conditions.faults import ConditionFault

_OF_AN_INSTANT = frozenset(("event", "situation"))
"""What a segment cannot ask for: it is about the customer, whatever just happened."""


class SegmentFault(ValueError):
    """A segment cannot be meant; `segment` names it."""

    def __init__(self, segment: str, message: str) -> None:
        super().__init__(message)
        self.segment = segment


def compile_segments(texts: Mapping[str, str | Sequence[str]], names: Names) -> Names:
    """Know these segments; raises SegmentFault."""
    known: dict[str, Condition | None] = dict.fromkeys(texts)
    draft = names.asking(None).with_segments(known)
    asks = {name: _asks_of(_compiled(name, text, draft)) for name, text in texts.items()}
    for name in _in_turn(asks):
        known[name] = _compiled(name, texts[name], names.with_segments(known))
    return names.with_segments(known)


def _compiled(name: str, text: str | Sequence[str], names: Names) -> Condition:
    try:
        condition = compile_condition(text, names)
    except ConditionFault as fault:
        raise SegmentFault(name, fault.quoting(text)) from None
    for read in sorted(condition.reads):
        root = read.partition(".")[0]
        if root in _OF_AN_INSTANT:
            raise SegmentFault(
                name,
                f"`{read}`: a segment is about the customer; ask for the `{root}` in what a "
                "situation or an action says",
            )
    return condition


def _asks_of(condition: Condition) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.segment for each in condition.aggregates if each.segment))


def _in_turn(asks: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Put segments behind those that they ask for; raises SegmentFault."""
    done: dict[str, None] = {}

    def visit(name: str, way: tuple[str, ...]) -> Iterator[str]:
        if name in way:
            told = " → ".join(f"`{each}`" for each in (*way[way.index(name) :], name))
            raise SegmentFault(name, f"it asks for itself: {told}; take one of these out")
        if name not in done:
            for other in asks[name]:
                yield from visit(other, (*way, name))
            done[name] = None
            yield name

    return [each for name in asks for each in visit(name, ())]
