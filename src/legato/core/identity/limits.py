"""How many identifiers of a type one customer may have, and who else asked for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from legato.core.identity.rules import DEVICE_WINDOW, IdentityRules
from legato.core.identity.state import LinkedIdentifier
from legato.core.values.time import Instant


def too_many(
    rules: IdentityRules, members: Mapping[str, LinkedIdentifier], now: Instant
) -> str:
    """Name the type of which these are too many; empty if they may be one customer's.

    Several names of one identifier are one. Devices count while they were linked in the last
    week, as of `now`.
    """
    counts: dict[str, int] = {}
    for member in distinct(members).values():
        kind = member.kind
        if not rules.is_device(kind) or abs(now - member.since) < DEVICE_WINDOW:
            counts[kind] = counts.get(kind, 0) + 1
    over = [kind for kind, count in counts.items() if count > rules.limit_of(kind)]
    return min(over, default="")


def distinct(members: Mapping[str, LinkedIdentifier]) -> Mapping[str, LinkedIdentifier]:
    """Leave out names that are a former one of another."""
    again = {former for each in members.values() for former in each.formers}
    if not again:
        return members
    return {name: each for name, each in members.items() if name not in again}


def adds(
    before: Mapping[str, LinkedIdentifier], members: Mapping[str, LinkedIdentifier]
) -> bool:
    """Is there any identifier that was not there before, by whichever of its names?"""
    return any(
        name not in before and before.keys().isdisjoint(each.formers)
        for name, each in distinct(members).items()
    )


MEMBERS_MOST = 100
"""How many identifiers a customer remembers as its own; of devices the oldest are let go."""


def within_bounds(
    rules: IdentityRules, members: dict[str, LinkedIdentifier]
) -> dict[str, LinkedIdentifier]:
    """Let the oldest devices go where a customer has very many identifiers."""
    if len(members) <= MEMBERS_MOST:
        return members
    devices = [name for name, each in members.items() if rules.is_device(each.kind)]
    devices.sort(key=lambda name: (members[name].since, name))
    gone = {*devices[: len(members) - MEMBERS_MOST]}
    return {name: each for name, each in members.items() if name not in gone}


def fans_out(rules: IdentityRules, asked: tuple[tuple[str, str], ...]) -> bool:
    """Do too many customers of one type share an identifier? One without type is itself."""
    most = rules.max_customers_per_identifier
    if len(asked) <= most:
        return False
    counts = Counter(kind for kind, _ in asked if kind)
    return any(count > most for count in counts.values())
