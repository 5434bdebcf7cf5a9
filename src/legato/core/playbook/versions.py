"""Live versions of a playbook: from an instant on, another one counts.

Partitions share no offset, so a version counts from an instant of their clocks: each takes it
as its clock reaches `since`, what is due earlier first. A replay repeats that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.past import PastNeeds
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.lineage import begin, descend, pause
from legato.core.situations.lineage import MOST_FORMER
from legato.core.values.time import NEVER, SECOND, Instant, Span

LEAD: Span = 30 * SECOND
"""So far ahead a version is published at least, that all partitions know it in time."""


class PlaybookVersion(Struct, frozen=True):
    """A version as it was published: `text` counts from `since` on.

    `number` counts from 1, `born` says since when there are situations that are younger than
    this deployment, `paused` names situations and actions about which nothing is done.
    """

    number: int
    since: Instant
    text: str
    author: str = ""
    note: str = ""
    published: Instant = 0
    born: dict[str, Instant] = {}
    paused: tuple[str, ...] = ()


_since = attrgetter("since")


def compile_version(version: PlaybookVersion) -> Playbook:
    """Compile what was published, by itself; raises PlaybookError, which names the version."""
    try:
        compiled = read_playbook(version.text.encode())
    except PlaybookError as error:
        raise PlaybookError(f"version {version.number}: {error}") from None
    return pause(compiled, version.paused)


def names_of(playbook: Playbook) -> frozenset[str]:
    """Name what can be paused: its situations and actions."""
    actions = (plan.name for plans in playbook.actions.values() for plan in plans)
    return frozenset((*actions, *(each.name for each in playbook.situations)))


def pausing(version: PlaybookVersion, paused: frozenset[str]) -> PlaybookVersion:
    """The same version with these paused, of those that it has; raises PlaybookError."""
    known = names_of(read_playbook(version.text.encode()))
    return replace(version, paused=tuple(sorted(paused & known)))


class PlaybookVersions:
    """All versions that are known, and what counts when; shared by the partitions of a process.

    Before the first counts `base`, the playbook of the file. Of two that count from the same
    instant the higher number does. Compiling raises PlaybookError.
    """

    def __init__(self, base: Playbook, versions: Iterable[PlaybookVersion] = ()) -> None:
        self._base = base
        self._known: dict[int, PlaybookVersion] = {}
        self._order: list[PlaybookVersion] = []
        self._alone: dict[int, Playbook] = {}
        self._made: dict[int, Playbook] = {}
        for version in versions:
            self.take(version)

    def __len__(self) -> int:
        """How many versions are known."""
        return len(self._known)

    def take(self, version: PlaybookVersion) -> None:
        """Get to know a version, or what became of one."""
        self._known[version.number] = version
        latest = {each.since: each for _, each in sorted(self._known.items())}
        self._order = sorted(latest.values(), key=_since)
        self._alone.pop(version.number, None)
        self._made.clear()

    @property
    def in_order(self) -> tuple[PlaybookVersion, ...]:
        """Those that count at some time, in that order."""
        return tuple(self._order)

    @property
    def newest(self) -> PlaybookVersion | None:
        """The one with the highest number, whenever it counts."""
        return self._known[max(self._known)] if self._known else None

    def next_after(self, clock: Instant) -> Instant:
        """From when on another version counts; NEVER if none is known."""
        at = bisect_right(self._order, clock, key=_since)
        return self._order[at].since if at < len(self._order) else NEVER

    def version_at(self, clock: Instant) -> PlaybookVersion | None:
        """The version that counts then; None if that is the file."""
        at = bisect_right(self._order, clock, key=_since)
        return self._order[at - 1] if at else None

    def at(self, clock: Instant) -> Playbook:
        """The playbook that counts then, with what counted before; raises PlaybookError."""
        at = bisect_right(self._order, clock, key=_since)
        if not at:
            return self._base
        version = self._order[at - 1]
        if version.number not in self._made:
            self._made[version.number] = self._descent(at)
        return self._made[version.number]

    def young_past(self, at: Instant) -> PastNeeds:
        """What is kept by then that was not, or not for so long, within the time it matters.

        Raises PlaybookError.
        """
        newest = self.at(at).past
        before = bisect_right(self._order, at, key=_since)
        young = PastNeeds()
        while before and (ended := self._order[before - 1].since) > at - newest.longest:
            before -= 1
            former = self._alone_of(self._order[before - 1]) if before else self._base
            for name, each in newest.items():
                had = former.past[name].kept_for if name in former.past else 0
                if had < each.kept_for and ended > at - each.kept_for:
                    young[name] = each
        return young

    def _descent(self, count: int) -> Playbook:
        """Let the last versions follow each other, from the file on if there are few."""
        first = count - 1 - MOST_FORMER
        if first > 0:
            oldest, *later = self._order[first:count]
            playbook = begin(self._alone_of(oldest), oldest.born)
        else:
            playbook, later = self._base, self._order[:count]
        for version in later:
            playbook = descend(playbook, self._alone_of(version), version.since)
        return playbook

    def _alone_of(self, version: PlaybookVersion) -> Playbook:
        if version.number not in self._alone:
            self._alone[version.number] = compile_version(version)
        return self._alone[version.number]
