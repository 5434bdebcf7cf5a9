"""Who should be one customer: union-find over what the events of the source prove.

It knows nothing of owners, merges or partitions, so it is a second opinion on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from legato.core.events.event import Event
from legato.core.identity.events import IdentityOutput, MergeRefused
from legato.verification.slots import ContextSlots


class ProvenCustomers:
    """Names that were proven to be one person's, each part under its smallest."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._parent))

    def join(self, names: list[str]) -> None:
        """All of these are one."""
        best = min(map(self.root, names))
        for name in names:
            self._parent[self.root(name)] = best

    def root(self, name: str) -> str:
        """The smallest name of the part."""
        self._parent.setdefault(name, name)
        while (to := self._parent[name]) != name:
            self._parent[name] = self._parent[to]
            name = to
        return name


def compare(
    events: Iterable[Event], slots: ContextSlots, told: Iterable[IdentityOutput]
) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Say where each name should lead, and where it does.

    Where a link was refused, a part stays in several customers: then who came first decides,
    but none of its names may lead out of it.
    """
    parts = ProvenCustomers()
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
