"""What somebody who may see some brands alone is shown of a customer.

Such a one sees the customers who have touched one of these brands, and of them what bears one
of these or none. It is cut out here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
LISTS = ("consents", "timeline", "orders", "actions", "touchpoints", "looked_at")
"""Lists of a context whose elements may bear a brand."""
UNBRANDED = ("runs", "sessions", "journeys")
"""What bears no brand, and may name carts, visits and journeys of any."""
NAMING = ("goals", "closed")
"""Fields of elements that name carts and cases."""
GOALS = {"carts": ("cart", "checkout"), "cases": ("case",)}
MAPS = tuple(GOALS)
"""Maps of a context whose values may bear a brand; what is in them stands as such goals."""


def is_shown(touched: Collection[str], brands: Collection[str]) -> bool:
    """Is the customer, who has touched those brands, to be seen by who may see these?"""
    return not brands or not set(brands).isdisjoint(touched)


def shown_context(context: Json, brands: Collection[str]) -> Json:
    """Cut out of a context, as `wire/context_view.py` lays it out, what is not to be seen.

    What bears no brand of its own, yet may name something of another, goes as a whole.
    """
    if not brands:
        return context
    told = {**context, "brands": [each for each in context["brands"] if each in brands]}
    told |= {name: type(told[name])() for name in UNBRANDED if name in told}
    told |= {name: shown(told[name], brands) for name in LISTS if name in told}
    for name in MAPS:
        known: Json = told.get(name, {})
        told[name] = {key: each for key, each in known.items() if _bears(each, brands)}
    hidden = set(_hidden(context, told))
    for name in LISTS:
        if name in told:
            told[name] = [_without(each, hidden) for each in told[name]]
    return told


def _hidden(context: Json, told: Json) -> Iterator[str]:
    """All names of carts and cases that are cut out: their ids, and as goals."""
    for name, goals in GOALS.items():
        for key in context.get(name, {}).keys() - told[name].keys():
            yield key
            yield from (f"{goal}:{key}" for goal in goals)


def _without(element: Json, hidden: Collection[str]) -> Json:
    """Leave out what an element tells of carts and cases that are not to be seen."""
    if not hidden:
        return element
    cut = {
        name: [goal for goal in element[name] if goal not in hidden]
        for name in NAMING
        if isinstance(element.get(name), list | tuple)
    }
    return {**element, **cut}


def shown(elements: Iterable[Json], brands: Collection[str]) -> list[Json]:
    """Keep what bears one of the brands, or none."""
    return [each for each in elements if not brands or _bears(each, brands)]


def _bears(element: Json, brands: Collection[str]) -> bool:
    brand = element.get("brand")
    return not brand or brand in brands
