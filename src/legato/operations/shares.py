"""A log split into shares that have nothing to do with each other, for one process each.

Events that name the same customer stay together, as do those whose identifiers were ever named
in one event: whatever slots tell each other stays in one share. What all shares have in common
is the clock, so each event brings along how far time had come before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from legato.core.events.event import Event
from legato.core.events.payloads import SuccessionPayload
from legato.core.events.types import EVENT_TYPES
from legato.core.events.vocabulary import SUCCESSIONS
from legato.core.identity.normalize import NormalizedIdentifier, normalize_identifier
from legato.core.values.time import LONG_AGO, Instant
from legato.replay import Entry
from legato.settings import IdentitySettings
from legato.wire.topics.references import ReferenceLine

Share: TypeAlias = list[tuple[Entry, Instant]]
"""Entries in the order of the log, each with how far time had come before it."""
Given: TypeAlias = tuple[tuple[str, str], ...]


def whole(entries: Iterable[Entry]) -> Share:
    """Make one share of a log, in which the entries alone move the clock."""
    return [(entry, LONG_AGO) for entry in entries if _counts(entry)]


def _counts(entry: Entry) -> bool:
    """Is a line followed: an event, or a reference?"""
    return entry.event is not None or isinstance(entry.reading, ReferenceLine)


def shares_of(entries: Iterable[Entry], identity: IdentitySettings, count: int) -> list[Share]:
    """Split a log into so many shares, each with all references."""
    followed = [(entry, entry.event) for entry in entries if _counts(entry)]
    groups = Groups(identity, named=any(event and event.customer_id for _, event in followed))
    of = [0 if event is None else groups.place(event) for _, event in followed]
    shares: list[Share] = [[] for _ in range(count)]
    clock: Instant = LONG_AGO
    for (entry, event), place in zip(followed, of, strict=True):
        if event is None:
            for share in shares:
                share.append((entry, clock))
            clock = max(clock, entry.at)
            continue
        shares[groups.root(place) % count].append((entry, clock))
        if place:
            clock = max(clock, event.received or event.time)
    return shares


class Groups:
    """Which identifiers belong together, by number; 0 is of those that point at nobody.

    Where events are `named` by a customer_id, identifiers go by their names as well.
    """

    def __init__(self, identity: IdentitySettings, *, named: bool) -> None:
        self._identify, self._rules, self._named = identity.identify, identity.rules, named
        self._parents = [0]
        self._numbers: dict[str, int] = {}
        self._values: dict[tuple[str, str], int] = {}
        self._known: dict[Given, int] = {}

    def place(self, event: Event) -> int:
        """Say to which group an event belongs as far as is known; `root` knows at the end."""
        given = tuple((event.identifiers or {}).items())
        if event.type in SUCCESSIONS:
            told = EVENT_TYPES.read_payload(event)
            if isinstance(told, SuccessionPayload):
                given += tuple(told.previous.items())
        if event.customer_id:
            return self._join([self._number(event.customer_id), *map(self._value, given)])
        found = self._known.get(given)
        if found is None:
            found = self._known[given] = self._join([*map(self._value, given)])
        return found

    def root(self, place: int) -> int:
        """Return the number that all of a group have in common."""
        parents = self._parents
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    def _value(self, given: tuple[str, str]) -> int:
        """Return the number of an identifier; 0 if it points at nobody."""
        number = self._values.get(given)
        if number is None:
            number = self._values[given] = self._look_at(*given)
        return number

    def _look_at(self, kind: str, value: str) -> int:
        written = normalize_identifier(self._rules, kind, value)
        if not isinstance(written, NormalizedIdentifier):
            return 0
        if not self._named:
            return self._number(f"{kind}\x1f{written.value}")
        values = dict.fromkeys((value, written.value))
        names = [name for each in values for name in self._identify.names_of(kind, each)]
        return self._join([*map(self._number, names)])

    def _join(self, numbers: list[int]) -> int:
        """Make one group of those that point at somebody."""
        root = 0
        for number in filter(None, numbers):
            if root:
                self._parents[self.root(number)] = root
            else:
                root = self.root(number)
        return root

    def _number(self, name: str) -> int:
        number = self._numbers.setdefault(name, len(self._parents))
        if number == len(self._parents):
            self._parents.append(number)
        return number
