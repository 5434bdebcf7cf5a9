"""What somebody who may see some brands alone is shown of a customer.

Such a one sees the customers who have touched one of these brands, and of them what bears one
of these or none. It is cut out here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeAlias

from legato.core.context.retention import MOST_BRANDS

Json: TypeAlias = dict[str, Any]
LISTS = (
    *("consents", "timeline", "orders", "actions", "touchpoints", "looked_at"),
    *("venues", "expected"),
)
"""Lists of a context whose elements may bear a brand."""
UNBRANDED = ("runs", "sessions", "journeys")
"""What bears no brand, and may name carts, visits and journeys of any."""
NAMING = ("goals", "closed")
"""Fields of elements that name carts, cases and what else was a goal, be it long over."""
GOALS = {"carts": ("cart", "checkout"), "cases": ("case",)}
LISTED_GOALS = (("orders", "id", "order"), ("looked_at", "sku", "interest"))
"""Of what is kept in lists: where its name stands, and which goal it is."""
SAID = ("handoff", "items", "params")
"""What an action says of the customer: of all that was open as it was decided."""
MAPS = tuple(GOALS)
"""Maps of a context whose values may bear a brand; what is in them stands as such goals."""


def is_shown(touched: Collection[str], brands: Collection[str]) -> bool:
    """Is the customer, who has touched those brands, to be seen by who may see these?

    Who may see no brand in particular sees all; who has touched none is seen by these alone.
    """
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
    seen = set(_seen(told))
    for name in LISTS:
        if name in told:
            told[name] = [_naming(each, seen) for each in told[name]]
    if "expected" in told:
        told["expected"] = _expected(context, told["expected"], brands)
    contact = told.get("contact")
    if contact is not None and not _bears(contact, brands):
        told["contact"] = None
    return told


def _expected(context: Json, expected: Iterable[Json], brands: Collection[str]) -> list[Json]:
    """Leave out what bears no brand of its own, yet is for an order of another."""
    others = {
        f"order:{each.get('id')}"
        for each in context.get("orders", ())
        if not _bears(each, brands)
    }
    return [each for each in expected if each.get("what") not in others]


def _seen(told: Json) -> Iterator[str]:
    """All names of what is told, as they are and as goals: nothing else is to be named."""
    for name, goals in GOALS.items():
        for key in told[name]:
            yield key
            yield from (f"{goal}:{key}" for goal in goals)
    for name, field, goal in LISTED_GOALS:
        yield from (f"{goal}:{each.get(field)}" for each in told.get(name, ()))


def _naming(element: Json, seen: Collection[str]) -> Json:
    """Leave out what an element names of what is not to be seen, or is no more."""
    cut = {
        name: [goal for goal in element[name] if goal in seen]
        for name in NAMING
        if isinstance(element.get(name), list | tuple)
    }
    return {**element, **cut}


def shown(elements: Iterable[Json], brands: Collection[str]) -> list[Json]:
    """Keep what bears one of the brands, or none."""
    return [each for each in elements if not brands or _bears(each, brands)]


def shown_actions(
    actions: Iterable[Json], brands: Collection[str], touched: Collection[str]
) -> list[Json]:
    """Keep actions as `shown` does; `touched` are the brands that their customer has touched.

    If there are others among these, or more than are kept, what an action says of the customer
    goes as a whole: it was written of all that was open, in whoever's name.
    """
    seen = shown(actions, brands)
    if not brands or (set(touched) <= set(brands) and len(touched) < MOST_BRANDS):
        return seen
    return [{name: each[name] for name in each if name not in SAID} for each in seen]


def _bears(element: Json, brands: Collection[str]) -> bool:
    brand = element.get("brand")
    return not brand or brand in brands
