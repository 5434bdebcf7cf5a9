"""Goals: what a customer has begun and not finished."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from legato.core.context.context import Context

Goal = Literal["cart", "checkout", "case"]
GOALS: tuple[Goal, ...] = ("cart", "checkout", "case")


class OpenGoal(Struct, frozen=True, gc=False):
    """Something the customer has not finished: its kind, and its key."""

    kind: Goal
    key: str


def open_goals(context: Context) -> list[OpenGoal]:
    """List the goals: filled carts, open checkouts, open cases."""
    goals: list[OpenGoal] = []
    for cart_id, cart in context.carts.items():
        if cart.lines:
            goals.append(OpenGoal("cart", cart_id))
        if cart.checkout is not None:
            goals.append(OpenGoal("checkout", cart_id))
    goals += (OpenGoal("case", case_id) for case_id in context.cases)
    return goals


def done(context: Context, lessened: list[str]) -> tuple[str, ...]:
    """Of the goals that an event took from, those that are finished."""
    if not lessened:
        return ()
    still = {f"{goal.kind}:{goal.key}" for goal in open_goals(context)}
    return tuple(goal for goal in lessened if goal not in still)
