"""Which types the signs take and what comes of them, as far as that is known at load."""

from __future__ import annotations

from legato.core.conditions.shapes import (
    ANY,
    CALLED,
    INSTANT,
    LIST,
    NUMBER,
    SPAN,
    TEXT,
    Shape,
)

_RESULTS: dict[tuple[str, str, str], Shape] = {
    ("+", "number", "number"): NUMBER,
    ("+", "text", "text"): TEXT,
    ("+", "list", "list"): LIST,
    ("+", "instant", "span"): INSTANT,
    ("+", "span", "instant"): INSTANT,
    ("+", "span", "span"): SPAN,
    ("-", "number", "number"): NUMBER,
    ("-", "instant", "instant"): SPAN,
    ("-", "instant", "span"): INSTANT,
    ("-", "span", "span"): SPAN,
    ("*", "number", "number"): NUMBER,
    ("*", "number", "span"): SPAN,
    ("*", "span", "number"): SPAN,
    ("/", "number", "number"): NUMBER,
    ("/", "span", "number"): SPAN,
    ("/", "span", "span"): NUMBER,
    ("%", "number", "number"): NUMBER,
    ("%", "span", "span"): SPAN,
}
_ORDERED = frozenset(("number", "text", "bool", "instant", "span", "any"))
_COUNTED = frozenset(("number", "instant", "span"))


def result_of(sign: str, left: Shape, right: Shape) -> Shape:
    """What a calculation gives; raises ValueError with one sentence."""
    found = [
        shape
        for (its_sign, one, other), shape in _RESULTS.items()
        if its_sign == sign and left.kind in (one, "any") and right.kind in (other, "any")
    ]
    if not found:
        raise ValueError(_why_no_result(sign, left.kind, right.kind))
    return found[0] if all(each is found[0] for each in found) else ANY


def _why_no_result(sign: str, left: str, right: str) -> str:
    if sign == "+" and left == right == "instant":
        return "two instants cannot be added; subtract one from the other, which gives a span"
    if {left, right} == {"instant", "number"} or {left, right} == {"span", "number"}:
        return f'`{sign}` cannot take {CALLED[left]} and {CALLED[right]}; write `span("2h")`'
    return f"`{sign}` cannot take {CALLED[left]} and {CALLED[right]}; take two of one type"


def check_order(sign: str, left: Shape, right: Shape) -> None:
    """May one be less than the other? Raises ValueError with one sentence."""
    one, other = left.kind, right.kind
    if {one, other} == {"instant", "span"}:
        raise ValueError(
            f"`{sign}` cannot compare an instant with a span; subtract the instant from `now`"
        )
    fits = one == other or "any" in (one, other) or ({one, other} <= _COUNTED)
    if not fits or one not in _ORDERED or other not in _ORDERED:
        raise ValueError(
            f"`{sign}` cannot compare {CALLED[one]} with {CALLED[other]}; "
            "take two numbers or two texts"
        )
