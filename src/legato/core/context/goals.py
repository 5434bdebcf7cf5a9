"""Goals: what a customer has begun and not finished.

In situations, actions and contexts a goal stands by its name, such as `cart:-`; only here is
that put together and taken apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, cast

from msgspec import Struct

from legato.core.context.context import Context

GoalKind = Literal["cart", "checkout", "case", "interest", "reservation", "order"]
KNOWN_OF_ALL: tuple[GoalKind, ...] = ("cart", "checkout", "case")
"""The goals that every context keeps; the others are in `core/context/asked_goals.py`."""


class Goal(Struct, frozen=True, gc=False):
    """Something to finish: its kind, and the id of its cart, case or order, or the article."""

    kind: GoalKind
    key: str

    @property
    def name(self) -> str:
        """How it stands where others read it."""
        return f"{self.kind}:{self.key}"


@lru_cache(maxsize=4_096)
def goal_named(name: str) -> Goal:
    """Read the name of a goal; a decision reads the same again and again."""
    kind, _, key = name.partition(":")
    return Goal(cast("GoalKind", kind), key)


def open_goals(context: Context) -> list[Goal]:
    """List the goals that every context keeps: filled carts, open checkouts, open cases."""
    goals: list[Goal] = []
    for cart_id, cart in context.carts.items():
        if cart.lines:
            goals.append(Goal("cart", cart_id))
        if cart.checkout is not None:
            goals.append(Goal("checkout", cart_id))
    goals += (
        Goal("case", case_id) for case_id, case in context.cases.items() if not case.is_over
    )
    return goals


def done(context: Context, reduced_goals: list[str]) -> tuple[str, ...]:
    """Of the goals that an event took from, those that are finished."""
    if not reduced_goals:
        return ()
    still = {goal.name for goal in open_goals(context)}
    return tuple(goal for goal in reduced_goals if goal not in still)
