"""What was said of identity so far: who became one, what was refused, what changed hands."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from legato.core.identity.events import (
    CustomerRebuilt,
    CustomersMerged,
    IdentifierLinked,
    IdentifierSplit,
    IdentityOutput,
    MergeRefused,
)
from legato.core.identity.rules import IdentityRules
from legato.core.values.time import Instant


class IdentityCounts:
    """Counts what is said of identity once, in whatever order and however often it is shown."""

    def __init__(self, rules: IdentityRules) -> None:
        self.merges: set[CustomersMerged] = set()
        self.refused: set[MergeRefused] = set()
        self._rules = rules
        self._leads: dict[str, str] = {}
        self._had: defaultdict[str, set[tuple[Instant, str]]] = defaultdict(set)

    def hear(self, told: IdentityOutput) -> None:
        """Take one record of identity.events."""
        match told:
            case IdentifierLinked() if self._rules.is_device(told.type):
                self._had[told.identifier].add((told.time, told.customer_id))
            case IdentifierLinked():
                self._leads[told.identifier] = told.customer_id
            case CustomersMerged():
                self.merges.add(told)
            case MergeRefused():
                self.refused.add(told)
            case IdentifierSplit() | CustomerRebuilt():
                """Nobody splits anybody in the demo."""

    @property
    def linked(self) -> int:
        """How many identifiers belong to a customer who has another name."""
        return len(self._leads) + len(self._had)

    @property
    def changed_hands(self) -> int:
        """How often a device went from one customer to another; asked from any thread."""
        return sum(
            self._root(before) != self._root(after)
            for had in [*self._had.values()]
            for (_, before), (_, after) in pairwise(sorted(had))
        )

    def _root(self, name: str) -> str:
        """Follow links to the best name; each leads to a smaller one, so they end."""
        while (to := self._leads.get(name, name)) < name:
            name = to
        return name
