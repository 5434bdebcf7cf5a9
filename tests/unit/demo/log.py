"""A small day as the topics of a run would hold it, without a broker."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import msgspec

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias, AliasIndex
from legato.core.identity.commands import Command
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import IdentityOutput
from legato.core.identity.resolver import Resolver
from legato.core.identity.state import NO_IDENTITY
from legato.core.line.watermark import SourceWatermark
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Output
from legato.core.values.results import Rejected
from legato.core.values.time import HOUR
from legato.demo.run.show import MORNING
from legato.demo.run.verdict import VerdictRules
from legato.harness import default_playbook
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings
from legato.simulation.day import simulate
from legato.simulation.world import Json
from legato.verification.logbook import Logbook
from legato.verification.reference import Reference
from legato.wire.blobs import TODAY
from legato.wire.source.reader import Reader, write_event
from legato.wire.source.source import Source
from legato.wire.topics.clock import write_watermark
from legato.wire.topics.commands import write_command

HOMES = 2
SOURCES = tuple(f"town/{number}" for number in range(HOMES))
IDENTITY = IdentitySettings()
IDENTIFY = Identify(IDENTITY.pepper, IDENTITY.priority)
PLAYBOOK = default_playbook()
STRICT = VerdictRules(PLAYBOOK, IDENTITY, SOURCES, strict=True)
LOOSE = VerdictRules(PLAYBOOK, IDENTITY, SOURCES, strict=False)
DAY = list(simulate(3, 300, 1_500, MORNING))
HEARS_EVERY = 40
"""Identify hears where names lead after so many events, so some go by way of forwarders."""


class Log:
    """Writes what identify and the slots would write, one source partition after the other."""

    def __init__(self, day: Sequence[Json] = DAY, homes: int = HOMES) -> None:
        numbers = range(homes)
        self.source: dict[int, list[TopicRecord]] = {number: [] for number in numbers}
        self.homes: dict[int, list[TopicRecord]] = {number: [] for number in numbers}
        self.sources = SOURCES[:homes]
        self._doors = [
            Resolver(IDENTIFY, IDENTITY.rules, AliasIndex(), TODAY.write_event) for _ in numbers
        ]
        self._slots = [Reference(PLAYBOOK, self.sources) for _ in numbers]
        self._news: dict[str, Alias | None] = {}
        self._offsets = count()
        self._reader = Reader(Source(name="town", topics=("town",)))
        for number, event in enumerate(day):
            if number % HEARS_EVERY == 0:
                self._hear()
            self._write(event)
        end = day[-1]["received"] + 2 * HOUR
        for number in numbers:
            self._pass(number, end)

    def book(self, said: Sequence[Output] | None = None) -> Logbook:
        """Return the log with what was said, by default what should have been said."""
        outputs: list[Output] = []
        told: list[IdentityOutput] = []
        contexts: dict[str, Context] = {}
        for home in self.homes.values():
            reference = Reference(PLAYBOOK, self.sources)
            outputs += reference.follow(home)
            told += reference.told
            contexts |= reference.contexts
        said = outputs if said is None else list(said)
        return Logbook(self.source, self.homes, contexts, said, told, frozenset(), 0)

    def _write(self, event: Json) -> None:
        value = msgspec.json.encode(event)
        key = next(iter(event["identifiers"].values())).encode()
        place = murmur2(key) % len(self.source)
        self.source[place].append(self._record(place, key, value, event["received"]))
        read = self._reader.read(value, None, None, event["received"])
        assert isinstance(read, Event)
        read.received = read.time
        whose = self._doors[place].resolve(read, "auto")
        assert not isinstance(whose, Rejected)
        if isinstance(whose, str):
            read.customer_id = whose
            self._send(read)
        else:
            for command in whose:
                self._send(command)
        self._pass(place, event["time"])

    def _send(self, sent: Event | Command) -> None:
        """Write what goes to a slot, and all that comes of it."""
        if isinstance(sent, Event):
            key = sent.customer_id.encode()
            self._append(murmur2(key) % len(self.homes), key, write_event(sent))
        else:
            number = murmur2(sent.to.encode()) % len(self.homes)
            self._append(number, None, write_command(sent))

    def _pass(self, source: int, time: int) -> None:
        value = write_watermark(SourceWatermark(self.sources[source], time))
        for number in self.homes:
            self._append(number, None, value)

    def _append(self, number: int, key: bytes | None, value: bytes) -> None:
        record = self._record(number, key, value)
        self.homes[number].append(record)
        slots = self._slots[number]
        before = len(slots.sent)
        slots.follow([record])
        for sent in slots.sent[before:]:
            self._send(sent)

    def _hear(self) -> None:
        """Tell identify where names lead now."""
        for slots in self._slots:
            for name, context in slots.contexts.items():
                forward = (context.identity or NO_IDENTITY).forward
                for door in self._doors:
                    door.heard(name, Alias(forward) if forward else None)

    def _record(
        self, place: int, key: bytes | None, value: bytes, time: int = 0
    ) -> TopicRecord:
        return TopicRecord("t", place, next(self._offsets), time, key, value)
