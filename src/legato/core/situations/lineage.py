"""What counted before: a situation's earlier definitions, for what began while they counted.

A run that is open as another version of the playbook comes keeps its spans and stages. So what
a situation shows of an anchor is told by the definition that counted at the anchor's time; no
run has to say which that was, and nothing that is due moves when a version comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct

from legato.core.values.time import LONG_AGO, Instant

D = TypeVar("D")
MOST_FORMER = 8
"""So many earlier definitions count on; what began before them goes on by the newest."""


class Former(Struct, frozen=True):
    """An earlier definition, and for which anchors it counts: `since` ≤ time < `until`."""

    since: Instant
    until: Instant
    definition: Any

    def governs(self, time: Instant) -> bool:
        """Did it count then?"""
        return self.since <= time < self.until


class Lineage(Struct, frozen=True):
    """What came before a definition: nothing that began before `born` is told.

    `since` is from when on the newest counts, `former` are those before it, the oldest first.
    """

    born: Instant = LONG_AGO
    since: Instant = LONG_AGO
    former: tuple[Former, ...] = ()

    def followed_by(self, definition: object, since: Instant) -> Lineage:
        """`definition`, of which this is the lineage, counted up to another's `since`."""
        former = (*self.former, Former(self.since, since, definition))
        return Lineage(self.born, since, former[-MOST_FORMER:])

    def each(self, newest: D) -> Iterator[D]:
        """All definitions that count for something."""
        yield newest
        for former in self.former:
            yield former.definition

    def at(self, time: Instant, newest: D) -> D | None:
        """The definition for what began then; None if nothing is told of it."""
        if time < self.born:
            return None
        for former in self.former:
            if former.governs(time):
                found: D = former.definition
                return found
        return newest

    @property
    def certain_from(self) -> Instant:
        """What was told of anchors before this was told by nobody who still counts."""
        if len(self.former) < MOST_FORMER:
            return self.born
        return max(self.born, self.former[0].since)


FIRST = Lineage()
"""Of what has been there since ever, as it stands."""
