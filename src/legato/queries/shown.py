"""What somebody who may see some brands alone is shown of a customer.

Such a one sees the customers who have touched one of these brands, and of them what bears one
of these or none. It is cut out here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
LISTS = ("consents", "timeline", "orders", "actions", "touchpoints", "looked_at")
"""Lists of a context whose elements may bear a brand."""
MAPS = ("carts", "cases")
"""Maps of a context whose values may bear a brand."""


def is_shown(touched: Collection[str], brands: Collection[str]) -> bool:
    """Is the customer, who has touched those brands, to be seen by who may see these?"""
    return not brands or not set(brands).isdisjoint(touched)


def shown_context(context: Json, brands: Collection[str]) -> Json:
    """Cut out of a context, as `wire/context_view.py` lays it out, what is not to be seen."""
    if not brands:
        return context
    told = {**context, "brands": [each for each in context["brands"] if each in brands]}
    told |= {name: shown(told[name], brands) for name in LISTS if name in told}
    for name in MAPS:
        known: Json = told.get(name, {})
        told[name] = {key: each for key, each in known.items() if _bears(each, brands)}
    return told


def shown(elements: Iterable[Json], brands: Collection[str]) -> list[Json]:
    """Keep what bears one of the brands, or none."""
    return [each for each in elements if not brands or _bears(each, brands)]


def _bears(element: Json, brands: Collection[str]) -> bool:
    brand = element.get("brand")
    return not brand or brand in brands
