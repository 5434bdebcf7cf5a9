"""Crossing off what should be there from what there is, by ids, in as little room as may be.

Of each thing that was found its id is kept as 8 bytes (about 100 with the dict around it), and
what is missing until it is found. Everything is found first, then what should be there is
crossed off. What is left, and what is missing, is looked at once more: to say where it lies,
and since a line that runs may have written it meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Literal

from msgspec import Struct
from xxhash import xxh3_64_intdigest

SITUATIONS, DECISIONS, ACTIONS = "situations", "decisions", "actions"
REVOCATIONS, COMMANDS, CONTEXTS = "revocations", "commands", "contexts"
CONVERSIONS, RESOLUTIONS = "conversions", "resolutions"
KINDS = (
    SITUATIONS,
    DECISIONS,
    ACTIONS,
    REVOCATIONS,
    CONVERSIONS,
    RESOLUTIONS,
    COMMANDS,
    CONTEXTS,
)
EXAMPLES_PER_FAULT = 3
Fault = Literal["lost", "doubled", "made_up"]


class Saying(Struct, frozen=True):
    """One thing that the line said, or should have; `place` is `topic/partition`."""

    kind: str
    id: str
    customer_id: str
    place: str

    @property
    def digest(self) -> int:
        """Its id, short."""
        return xxh3_64_intdigest(self.id.encode())


class Example(Struct, frozen=True):
    """Something wrong, to look for in the topics."""

    fault: Fault
    kind: str
    id: str
    customer_id: str
    where: str


class Tally(Struct):
    """What came out for one kind; `excused` could not be judged, and counts as neither."""

    kind: str
    judged: bool
    found: int = 0
    lost: int = 0
    doubled: int = 0
    made_up: int = 0
    excused: int = 0

    @property
    def wrong(self) -> int:
        """How much of it is not as it should be."""
        return self.lost + self.doubled + self.made_up


class Audit:
    """First all that is `found`, then partition by partition what is `expected`, then `left`.

    Of kinds that are not `judged`, only what stands twice is wrong. `cut` are the places whose
    beginning was deleted: what is missing there before the first thing that is not, is excused.
    """

    def __init__(self, judged: Collection[str], cut: Collection[str] = ()) -> None:
        self.tallies = {kind: Tally(kind, kind in judged) for kind in KINDS}
        self.examples: list[Example] = []
        self._cut = frozenset(cut)
        self._left: dict[str, dict[int, int]] = {kind: {} for kind in KINDS}
        self._crossed: set[tuple[str, int]] = set()
        self._missing: dict[tuple[str, int], list[Saying]] = {}
        self._due: list[Saying] = []
        self._reached: set[str] = set()

    @property
    def settled(self) -> bool:
        """Is there nothing that must be looked at once more?"""
        return not self._missing and not any(
            left and (self.tallies[kind].judged or max(left.values()) > 1)
            for kind, left in self._left.items()
        )

    def found(self, said: Saying) -> None:
        """Take what lies in the topics."""
        self.tallies[said.kind].found += 1
        key = said.kind, said.digest
        if missing := self._missing.get(key):
            missing.pop()
            if not missing:
                del self._missing[key]
            return
        left = self._left[said.kind]
        left[said.digest] = left.get(said.digest, 0) + 1

    def late(self, said: Saying) -> None:
        """Take what was written since the audit began: it may not be missed, no more."""
        self._missing.pop((said.kind, said.digest), None)

    def expected(self, said: Saying) -> None:
        """Cross off what should be there."""
        if self._cross_off(said):
            self._reached.add(said.place)
        elif said.place in self._cut and said.place not in self._reached:
            self.tallies[said.kind].excused += 1
        else:
            self._due.append(said)

    def end_partition(self, judged: Callable[[str], bool]) -> None:
        """End what is expected of a partition; of customers not judged, nothing is missed."""
        for said in self._due:
            if self._cross_off(said):
                continue
            if judged(said.customer_id):
                self._missing.setdefault((said.kind, said.digest), []).append(said)
            else:
                self.tallies[said.kind].excused += 1
        self._due = []
        self._reached.clear()

    def left(self, said: Saying, where: str, *, judged: bool) -> None:
        """Look once more at what lies in the topics; `judged` says of whom it is."""
        self.late(said)
        count = self._left[said.kind].pop(said.digest, 0)
        if not count:
            return
        crossed = (said.kind, said.digest) in self._crossed
        doubled = count if crossed else count - 1
        self._blame("doubled", said, where, doubled)
        if not crossed and self.tallies[said.kind].judged:
            if judged:
                self._blame("made_up", said, where)
            else:
                self.tallies[said.kind].excused += 1

    def close(self) -> None:
        """End it: what is missing still is lost."""
        for missing in self._missing.values():
            self._blame("lost", missing[0], missing[0].place, len(missing))
        self._missing = {}

    def contexts(self, wanted: Counter[str], found: Counter[str], place: str) -> None:
        """Compare the contexts of a partition, each named by `name digest`."""
        self.tallies[CONTEXTS].found += found.total()
        lost, made_up = wanted - found, found - wanted
        self._blame_contexts("lost", lost, place)
        self._blame_contexts("made_up", made_up, place)

    def _cross_off(self, said: Saying) -> bool:
        left, digest = self._left[said.kind], said.digest
        count = left.pop(digest, 0)
        if count > 1:
            left[digest] = count - 1
            self._crossed.add((said.kind, digest))
        return count > 0

    def _blame_contexts(self, fault: Fault, names: Counter[str], place: str) -> None:
        for name, count in sorted(names.items()):
            customer_id, _, digest = name.partition(" ")
            self._blame(fault, Saying(CONTEXTS, digest, customer_id, place), place, count)

    def _blame(self, fault: Fault, said: Saying, where: str, count: int = 1) -> None:
        if count == 0:
            return
        tally = self.tallies[said.kind]
        setattr(tally, fault, getattr(tally, fault) + count)
        known = sum((each.fault, each.kind) == (fault, said.kind) for each in self.examples)
        if known < EXAMPLES_PER_FAULT:
            self.examples.append(Example(fault, said.kind, said.id, said.customer_id, where))
