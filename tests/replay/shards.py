"""The line over several partitions, in virtual time: what a worker does, without Kafka."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from legato.core.engine import BatchResult, Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.commands import Command
from legato.core.identity.rotation import resolver_of
from legato.core.playbook.definition import Playbook
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceChange, ReferenceVersion
from legato.core.values.ids import murmur2
from legato.core.values.outputs import JourneyTouchpoint, Output
from legato.core.values.time import Instant
from legato.replay import Entry
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from legato.wire.topics.references import ReferenceLine

Message = Event | Command | ReferenceChange


class Shards:
    """So many partitions that share a table of references, and a door that identifies."""

    def __init__(self, playbook: Playbook, partitions: int) -> None:
        settings = IdentitySettings()
        self.references = ReferenceTable()
        setup = EngineSetup(
            playbook,
            settings.identify,
            settings.rules,
            touchpoints=True,
            references=self.references,
        )
        self.engines = [Engine(setup, TODAY, SNAPSHOTS) for _ in range(partitions)]
        self.outputs: list[Output] = []
        self.touchpoints: list[JourneyTouchpoint] = []
        self._door = resolver_of(
            settings.identify, settings.rules, AliasIndex(), TODAY.write_event
        )
        self._ways: deque[tuple[int, Message]] = deque()

    def follow(self, entries: Iterable[Entry], until: Instant) -> list[Output]:
        """Follow all that can be followed, and let time pass; return what was said."""
        for entry in entries:
            self._pass_time(entry.at)
            if isinstance(entry.reading, Event):
                self.enter(entry.reading)
            elif isinstance(entry.reading, ReferenceLine):
                self.refer(entry.reading.version)
            self.deliver()
        self._pass_time(until)
        return self.outputs

    def refer(self, version: ReferenceVersion) -> None:
        """Take a version of a reference; every partition hears of a change before all else."""
        change = self.references.take(version)
        if change is not None:
            self._ways.extendleft((number, change) for number in range(len(self.engines)))

    def restore(self) -> None:
        """Let each partition be taken over by another worker, which has only its bytes."""
        for engine in self.engines:
            engine.checkpoint()
            engine.committed()
            engine.roll_back()

    def enter(self, event: Event) -> None:
        """Let an event in: it is on its way to its customer."""
        found = self._door.resolve(event, "auto")
        if isinstance(found, str):
            event.customer_id = found
            self._send([event])
        elif isinstance(found, tuple | list):
            self._send(found)

    def _pass_time(self, now: Instant) -> None:
        while (due := min(engine.next_due for engine in self.engines)) < now:
            if due <= self.engines[0].clock:
                break
            self._pass_until(due)
        self._pass_until(now)

    def _pass_until(self, now: Instant) -> None:
        for engine in self.engines:
            self._collect(engine.pass_time(now))
        self.deliver()

    def deliver(self, most: int = 1_000_000) -> int:
        """Deliver what is on its way, at most so much of it; return how much there was."""
        count = 0
        while self._ways and count < most:
            count += 1
            number, message = self._ways.popleft()
            engine = self.engines[number]
            self._collect(engine.process(LogBatch((message,), (engine.clock,))))
        return count

    def _collect(self, result: BatchResult) -> None:
        self.outputs += result.outputs
        self.touchpoints += result.touchpoints
        for name, alias in result.aliases.items():
            self._door.heard(name, alias)
        self._send(result.sent)

    def _send(self, messages: Iterable[Event | Command]) -> None:
        for message in messages:
            to = message.customer_id if isinstance(message, Event) else message.to
            self._ways.append((murmur2(to.encode()) % len(self.engines), message))
