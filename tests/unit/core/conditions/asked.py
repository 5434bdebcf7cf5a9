"""Ask conditions of a customer who put a shoe into the cart on the web."""

from __future__ import annotations

from typing import Any

import pytest

from legato.core.conditions.compile import (
    NAMES,
    ConditionError,
    ConditionFault,
    Names,
    compile_condition,
    compile_expression,
)
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from tests.unit.core.stories import added, at

TOLD: dict[str, Any] = {
    "quantity": 2,
    "price": 89.5,
    "name": "Runner",
    "cart_id": "7",
    "venue": "BER-1",
    "colours": ["red", "blue"],
    "holes": [1, None],
    "nothing": None,
    "deep": {"deeper": {"deepest": 1}},
    "yes": True,
    "product_id": 4711,
    "days": 2,
    "long": "x" * 10_001,
}
SHOE = added(0, "SHOE-42", **TOLD)
ERROR = "error"


def scope(**fields: Any) -> Scope:  # noqa: ANN401 - fields of a scope
    """An hour after the shoe was put into the cart."""
    return Scope(**{"now": at(60), "context": Context("ada"), "event": SHOE, **fields})


def value(text: str, names: Names = NAMES, **fields: Any) -> object:  # noqa: ANN401
    """What an expression gives, or that it is an error."""
    try:
        return compile_expression(text, names).value(scope(**fields))
    except ConditionError:
        return ERROR


def answers(text: str, names: Names = NAMES, **fields: Any) -> tuple[bool, bool]:  # noqa: ANN401
    """Does it hold, and does it forbid?"""
    condition = compile_condition(text, names)
    return condition.holds(scope(**fields)), condition.forbids(scope(**fields))


def fault(text: str, names: Names = NAMES) -> ConditionFault:
    """What is wrong with an expression."""
    with pytest.raises(ConditionFault) as caught:
        compile_expression(text, names)
    return caught.value
