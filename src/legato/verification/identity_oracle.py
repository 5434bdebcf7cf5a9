"""Who should be one customer: union-find over what the events of the source prove.

It knows nothing of owners, merges or partitions, so it is a second opinion on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from legato.core.events.event import Event
from legato.core.identity.events import IdentityOutput, MergeRefused
from legato.verification.slots import ContextSlots
from legato.verification.union_find import UnionFind


def compare(
    events: Iterable[Event], slots: ContextSlots, told: Iterable[IdentityOutput]
) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Say where each name should lead, and where it does.

    Where a link was refused, a part stays in several customers: then who came first decides,
    but none of its names may lead out of it.
    """
    parts = UnionFind()
    for event in events:
        persons, _ = slots.names(event)
        for names in [persons] if slots.proves(event) else [[each] for each in persons]:
            if names:
                parts.join(names)
    refused = {parts.root(each.other) for each in told if isinstance(each, MergeRefused)}
    wanted: Counter[tuple[str, ...]] = Counter()
    found: Counter[tuple[str, ...]] = Counter()
    for name in parts:
        part, leads = parts.root(name), slots.root(name)
        lawful = part in refused and parts.root(leads) == part
        wanted["leads", name, leads if lawful else part] += 1
        found["leads", name, leads] += 1
    return wanted, found
