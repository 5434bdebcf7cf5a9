"""Expressions of a situation: what tells runs apart, and what is read of events."""

from __future__ import annotations

import re

from legato.core.conditions.compile import NAMES, Expression, Names, compile_expression
from legato.core.conditions.faults import ConditionError, ConditionFault
from legato.core.conditions.scope import Scope


def read_expression(text: str, names: Names = NAMES) -> Expression:
    """Compile an expression; raises ValueError with one sentence that quotes it."""
    try:
        return compile_expression(text, names)
    except ConditionFault as fault:
        raise ValueError(fault.quoting(text)) from None


def is_expression(text: str) -> bool:
    """Is it worked out for an event, rather than a span such as `1d 12h`?"""
    return (
        any(sign in text for sign in "([{?\"'")
        or re.search(r"[a-z_]\.[a-z_]", text) is not None
    )


def value_or_none(expression: Expression, scope: Scope) -> object:
    """Read a value of an event; None if there is none."""
    try:
        return expression.value(scope)
    except ConditionError:
        return None
