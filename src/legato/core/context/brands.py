"""The brands that a customer has touched: those in whose name something of theirs happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    about = (_about(context, goal_named(each)) for each in goals)
    return next((each.brand for each in about if each is not None and each.brand), "")


def _about(context: Context, goal: Goal) -> Cart | Case | None:
    kept: dict[str, Mapping[str, Cart | Case]] = {
        "cart": context.carts,
        "checkout": context.carts,
        "case": context.cases,
    }
    return kept.get(goal.kind, {}).get(goal.key)


def united_brands(ours: Brands, theirs: Brands) -> Brands:
    """Unite brands, sorted; of too many the first stay, whichever were heard of before."""
    return tuple(sorted({*ours, *theirs})[:MOST_BRANDS])
