"""The brands that a customer has touched: those in whose name something of theirs happened."""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.context.context import Cart, Case, Context
from legato.core.context.goals import Goal, goal_named
from legato.core.context.retention import MOST_BRANDS

Brands = tuple[str, ...]


def note_brand(context: Context, brand: str) -> None:
    """Keep the brand of an event that was applied."""
    if brand not in context.brands:
        context.brands = united_brands(context.brands, (brand,))


def brand_about(context: Context, goals: Iterable[str]) -> str:
    """Return the first brand that is borne by what these goals are about; empty if none is."""
    for name in goals:
        about = _about(context, goal_named(name))
        if about is not None and about.brand:
            return about.brand
    return ""


def _about(context: Context, goal: Goal) -> Cart | Case | None:
    match goal.kind:
        case "cart" | "checkout":
            return context.carts.get(goal.key)
        case "case":
            return context.cases.get(goal.key)
        case _:
            return None


def united_brands(ours: Brands, theirs: Brands) -> Brands:
    """Unite brands, sorted; of too many the first stay, whichever were heard of before."""
    return tuple(sorted({*ours, *theirs})[:MOST_BRANDS])
