"""What two playbooks would have done, side by side: counts, and customers gained and lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from legato.operations.tally import PlaybookTally

Kind: TypeAlias = Literal["situation", "action", "channel", "reason"]
_COUNTS: tuple[tuple[Kind, str], ...] = (
    ("situation", "situations"),
    ("action", "actions"),
    ("channel", "channels"),
    ("reason", "reasons"),
)
MOST_LISTED = 1_000
"""So many customers are listed by their ids; all are counted."""


class ChangedCustomers(Struct, frozen=True):
    """For how many customers something was done, and whom the newer playbook gains and loses.

    `gained` and `lost` list the first of them, in order of their ids.
    """

    before: int
    after: int
    gained_count: int
    lost_count: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class ComparedCount(Struct, frozen=True):
    """How often something came, before and after; of an action, also for whom."""

    kind: Kind
    name: str
    before: int
    after: int
    customers: ChangedCustomers | None = None

    @property
    def difference(self) -> int:
        """How many more there are now."""
        return self.after - self.before


class PlaybookComparison(Struct, frozen=True):
    """All counts, by kind and then by name, and the customers for whom anything was done."""

    counts: tuple[ComparedCount, ...]
    customers: ChangedCustomers

    def of(self, kind: Kind) -> tuple[ComparedCount, ...]:
        """Return the counts of one kind."""
        return tuple(each for each in self.counts if each.kind == kind)


def compare(before: PlaybookTally, after: PlaybookTally) -> PlaybookComparison:
    """Lay two tallies side by side."""
    return PlaybookComparison(
        tuple(_counts(before, after)), _changed(before.reached, after.reached)
    )


def _counts(before: PlaybookTally, after: PlaybookTally) -> Iterator[ComparedCount]:
    for kind, name in _COUNTS:
        older: dict[str, int] = getattr(before, name)
        newer: dict[str, int] = getattr(after, name)
        for each in sorted(older.keys() | newer.keys()):
            customers = None
            if kind == "action":
                had, has = before.customers.get(each, set()), after.customers.get(each, set())
                customers = _changed(had, has)
            counts = older.get(each, 0), newer.get(each, 0)
            yield ComparedCount(kind, each, *counts, customers)


def _changed(before: set[str], after: set[str]) -> ChangedCustomers:
    gained, lost = sorted(after - before), sorted(before - after)
    return ChangedCustomers(
        len(before),
        len(after),
        len(gained),
        len(lost),
        tuple(gained[:MOST_LISTED]),
        tuple(lost[:MOST_LISTED]),
    )
