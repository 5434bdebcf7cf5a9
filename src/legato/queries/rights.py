"""Who may do what: the one place that says so of people who are signed in.

What stands in no row nobody may; what a user has no name for is not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from msgspec import Struct

from legato.queries.shown import is_shown

Role: TypeAlias = Literal["associate", "agent", "marketer", "operator", "privacy"]
ROLES: tuple[Role, ...] = get_args(Role)
Deed: TypeAlias = Literal[
    "see_venue",
    "see_card",
    "scan",
    "claim",
    "report",
    "see_queue",
    "see_packet",
    "search",
    "see_looks",
    "see_kit",
]
DEEDS: tuple[Deed, ...] = get_args(Deed)
ALL = "*"
"""Stands in a list of names for all there are."""

_Where: TypeAlias = Literal["venue", "queue", "anywhere"]
_TABLE: Mapping[Deed, Mapping[Role, _Where]] = {
    "see_venue": {"associate": "venue"},
    "see_card": {"associate": "venue"},
    "scan": {"associate": "venue"},
    "claim": {"associate": "venue", "agent": "queue"},
    "report": {"associate": "venue", "agent": "queue"},
    "see_queue": {"agent": "queue"},
    "see_packet": {"agent": "queue"},
    "search": {"agent": "queue"},
    "see_looks": {"privacy": "anywhere"},
    "see_kit": dict.fromkeys(ROLES, "anywhere"),
}
"""What each role may, and whether at their venues, in their queues, or anywhere."""


class User(Struct, frozen=True, omit_defaults=True):
    """Somebody who is signed in. `brands`, `venues` and `queues` are names, or `ALL`.

    `id` is what the access log and claims call them, `name` what pages do; `language` is that
    of the pages, empty for the browser's.
    """

    id: str
    name: str
    roles: tuple[Role, ...] = ()
    brands: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    language: str = ""


class Whose(Struct, frozen=True):
    """What something is about: where it is asked for, and which brands its customer touched.

    Without `brands` it is about no customer.
    """

    brands: tuple[str, ...] | None = None
    venue: str = ""
    queue: str = ""


def may(user: User, what: Deed, whose: Whose) -> bool:
    """May this user do this, here, with customers of these brands?

    Of the brands that a customer has touched, one must be theirs: who touched none is seen by
    those alone who see all. Who has no brand at all does nothing at a venue or in a queue,
    since there all is about customers.
    """
    row = _TABLE.get(what, {})
    return any(_reaches(user, row[role], whose) for role in user.roles if role in row)


def _reaches(user: User, where: _Where, whose: Whose) -> bool:
    match where:
        case "anywhere":
            return True
        case "venue":
            return _has(user.venues, whose.venue) and _sees(user.brands, whose.brands)
        case "queue":
            return _has(user.queues, whose.queue) and _sees(user.brands, whose.brands)


def _has(names: tuple[str, ...], name: str) -> bool:
    return bool(name) and (ALL in names or name in names)


def _sees(names: tuple[str, ...], brands: tuple[str, ...] | None) -> bool:
    """Do those brands let somebody see this customer, or any where it is about none?"""
    if not names or ALL in names or brands is None:
        return bool(names)
    return is_shown(brands, names)
