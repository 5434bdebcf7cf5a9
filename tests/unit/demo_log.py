"""A small day as the topics of a run would hold it, without a broker."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import msgspec

from legato.core.event import Event
from legato.core.identify import Identify
from legato.core.ids import murmur2
from legato.core.instant import HOUR
from legato.core.output import Output
from legato.demo.day import simulate
from legato.demo.logbook import Logbook
from legato.demo.people import owner_of
from legato.demo.reference import Reference
from legato.demo.show import MORNING
from legato.demo.town import Json
from legato.demo.verdict import Rules
from legato.harness import default_playbook
from legato.serving.records import Record
from legato.settings import Identity
from legato.wire.clock import Passed, write_passed
from legato.wire.events import Reader, write_event
from legato.wire.source import Source

HOMES = 2
SOURCES = tuple(f"town/{number}" for number in range(HOMES))
IDENTIFY = Identify(Identity().pepper, Identity().ranks)
PLAYBOOK = default_playbook()
STRICT = Rules(PLAYBOOK, IDENTIFY, SOURCES, strict=True)
LOOSE = Rules(PLAYBOOK, IDENTIFY, SOURCES, strict=False)
DAY = list(simulate(3, 300, 1_500, MORNING))


class Log:
    """Writes the records that identify would write, source partition by source partition."""

    def __init__(self, day: Sequence[Json] = DAY) -> None:
        self.source: dict[int, list[Record]] = {number: [] for number in range(HOMES)}
        self.homes: dict[int, list[Record]] = {number: [] for number in range(HOMES)}
        self._offsets = count()
        self._reader = Reader(Source(name="town", topics=("town",)))
        for event in day:
            self._write(event)
        end = day[-1]["received"] + 2 * HOUR
        for number in range(HOMES):
            self._pass(number, end)

    def book(self, said: Sequence[Output] | None = None) -> Logbook:
        """Return the log with what was said, by default what should have been said."""
        if said is None:
            said = [one for home in self.homes.values() for one in _follow(home)]
        return Logbook(self.source, self.homes, list(said), frozenset(), 0)

    def _write(self, event: Json) -> None:
        value = msgspec.json.encode(event)
        owner = owner_of(event, IDENTIFY).encode()
        place = murmur2(owner) % HOMES
        read = self._reader.read(value, None, None, event["received"])
        assert isinstance(read, Event)
        read.customer_id = owner.decode()
        self.source[place].append(self._record(place, owner, value))
        self.homes[place].append(self._record(place, owner, write_event(read)))
        self._pass(place, event["time"])

    def _pass(self, source: int, time: int) -> None:
        value = write_passed(Passed(SOURCES[source], time))
        for number, home in self.homes.items():
            home.append(self._record(number, None, value))

    def _record(self, place: int, key: bytes | None, value: bytes) -> Record:
        return Record("t", place, next(self._offsets), 0, key, value)


def _follow(records: Sequence[Record]) -> list[Output]:
    return Reference(PLAYBOOK, SOURCES).follow(records)
