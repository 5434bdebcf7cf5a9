"""The line without Kafka, in virtual time: for replay, explain, tests and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from msgspec.structs import replace

from legato.core.context.context import Context
from legato.core.decisions.learning import Fact, Learner, begin_learning, report_of, table_of
from legato.core.engine import BatchResult, Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.commands import AskAddress, Command
from legato.core.identity.events import IdentityOutput
from legato.core.identity.rotation import resolver_of
from legato.core.identity.rules import Authenticates
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceChange, ReferenceVersion, content_of
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Revoked,
    Situation,
)
from legato.core.values.results import Ignored, Rejected
from legato.core.values.time import HOUR, LONG_AGO, Instant
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS

Whose: TypeAlias = str | tuple[Command, ...] | Rejected
"""A customer, what identifiers are to be told about them, or why it is nobody's."""


def default_playbook() -> Playbook:
    """Read the playbook that Legato ships."""
    return read_playbook(playbook_text(""))


def playbook_text(path: str | Path) -> bytes:
    """Read the text of a playbook, that of Legato's own if no file is named.

    Raises PlaybookError, which names the file.
    """
    if not path:
        return files("legato").joinpath("playbooks/default.yaml").read_bytes()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PlaybookError(f"playbook `{path}`: {why}; name another file") from None


def playbook_at(path: Path) -> Playbook:
    """Read a playbook from its file; raises PlaybookError, which names it."""
    text = playbook_text(path)
    try:
        return read_playbook(text)
    except PlaybookError as error:
        raise PlaybookError(f"{error}; it stands in `{path}`") from None


class Harness:
    """All customers in one partition, in memory; time passes evenly between two events.

    What slots tell each other of identity arrives at once; `identity` is what was said of it.
    Each of these stands, in what `drain_all` returns, before all that came of it.
    """

    def __init__(
        self, playbook: Playbook | None = None, identity: IdentitySettings | None = None
    ) -> None:
        settings = identity or IdentitySettings()
        self.identify = settings.identify
        base = playbook or default_playbook()
        self.versions = PlaybookVersions(base)
        self.references = ReferenceTable()
        setup = EngineSetup(
            base,
            self.identify,
            settings.rules,
            references=self.references,
            versions=self.versions,
        )
        self.engine = Engine(setup, TODAY, SNAPSHOTS)
        self.outputs: list[Output] = []
        self.identity: list[IdentityOutput] = []
        self._identity_at: list[tuple[int, IdentityOutput]] = []
        self._resolver = resolver_of(
            self.identify, settings.rules, AliasIndex(), TODAY.write_event
        )

    @property
    def contexts(self) -> Mapping[str, Context]:
        """The contexts by customer_id."""
        return self.engine.contexts

    def feed(self, *events: Event) -> Harness:
        """Hand over events in the order given; the clock is `received`, else `time`."""
        for event in events:
            self.take(event)
        return self

    def take(
        self, event: Event, authenticates: Authenticates = "auto"
    ) -> Rejected | Ignored | None:
        """Hand over one event and say what became of it; None means followed."""
        return self._take_of(event, self._whose(event, authenticates))

    def _whose(self, event: Event, authenticates: Authenticates) -> Whose:
        return event.customer_id or self._resolver.resolve(event, authenticates)

    def _take_of(self, event: Event, whose: Whose) -> Rejected | Ignored | None:
        clock = event.received or event.time
        if isinstance(whose, Rejected):
            return whose
        if isinstance(whose, str):
            event.customer_id = whose
            if self.engine.next_due <= min(event.time, clock):
                self.wait_until(min(event.time, clock))
            return self._process([event], clock)
        self.wait_until(min(event.time, clock))
        rejected: Rejected | None = None
        for command in whose:
            answer = self._process([command], self.engine.clock)
            rejected = answer if isinstance(answer, Rejected) else rejected
        self.wait_until(clock)
        return rejected

    def refer(
        self, kind: str, key: str, value: Mapping[str, Any] | None, at: Instant
    ) -> Harness:
        """Say what the reference `kind`/`key` is from `at` on, or with None that it is gone.

        Time passes up to then, and who names the key is told. Raises ValueError for what is no
        reference.
        """
        return self.take_version(ReferenceVersion(kind, key, at, content_of(value)), at)

    def take_version(self, version: ReferenceVersion, known: Instant) -> Harness:
        """Hand over a version of a reference that became known at `known`, or at its time."""
        self.wait_until(max(version.time, known))
        change = self.references.take(version)
        if change is not None:
            self._process([change], self.engine.clock)
        return self

    def publish(self, text: str, since: Instant, *, paused: Iterable[str] = ()) -> Harness:
        """Let another playbook count from `since` on; raises PlaybookError.

        Nothing is done about the situations in `paused`, and none of the actions.
        """
        newest = self.versions.newest
        number = newest.number + 1 if newest else 1
        return self.take_playbook(PlaybookVersion(number, since, text, paused=tuple(paused)))

    def take_playbook(self, version: PlaybookVersion) -> Harness:
        """Hand over a version of the playbook; one that comes late counts from now on."""
        since = max(version.since, self.engine.clock + 1)
        self.versions.take(replace(version, since=since))
        self.versions.at(since)
        self.engine.look_for_versions()
        return self

    def tell(self, command: Command) -> Harness:
        """Hand over a command to the owner of an identifier, such as to split it."""
        self._process([command], self.engine.clock)
        return self

    def customer_of(self, identifiers: Mapping[str, str]) -> str | Rejected:
        """Name the customer whom identifiers point at now."""
        found = self.identify.customer_of(identifiers)
        return self.root_of(found) if isinstance(found, str) else found

    def root_of(self, customer_id: str) -> str:
        """Name the customer that this one was merged into, or who has this device now."""
        return self.engine.root_of(customer_id)

    def _process(
        self, entries: Sequence[Event | Command | ReferenceChange], clock: Instant
    ) -> Rejected | Ignored | None:
        """Follow what came, then what slots say to each other until all is said.

        Answer what was rejected last, else why the first was ignored.
        """
        answer: Rejected | Ignored | None = None
        first = entries
        while entries:
            results = [self._take(entry, clock) for entry in entries]
            for _, why in (each for result in results for each in result.refused):
                if isinstance(why, Rejected) or (isinstance(why, Ignored) and entries is first):
                    answer = why
            for name, alias in (item for each in results for item in each.aliases.items()):
                self._resolver.heard(name, alias)
            entries = [sent for result in results for sent in result.sent]
            clock = self.engine.clock
        return answer

    def _take(self, entry: Event | Command | ReferenceChange, clock: Instant) -> BatchResult:
        """Note what was said of identity in front of the outputs that came of it."""
        result = self.engine.process(LogBatch((entry,), (clock,)))
        self.identity += result.identity
        self._identity_at += [(len(self.outputs), each) for each in result.identity]
        self._say(result.outputs)
        return result

    def _say(self, outputs: Sequence[Output]) -> None:
        """Keep what was said."""
        self.outputs += outputs

    def wait_until(self, now: Instant) -> Harness:
        """Let time pass; fire all that is due, and let slots answer each other in between."""
        while self.engine.clock < (due := self.engine.next_due) < now:
            self._pass_time(due)
        self._pass_time(now)
        return self

    def _pass_time(self, until: Instant) -> None:
        result = self.engine.pass_time(until)
        self._say(result.outputs)
        if result.sent:
            self._process(_in_turn(result.sent), self.engine.clock)

    def drain(self) -> list[Output]:
        """Take what was said since the last call, but for what was said of identity."""
        taken = self.outputs[:]
        self.outputs.clear()
        self._identity_at.clear()
        return taken

    def drain_all(self) -> list[Output | IdentityOutput]:
        """Take what was said since the last call, in order."""
        places, taken = self._identity_at[:], self.drain()
        said: list[Output | IdentityOutput] = []
        done = 0
        for place, told in places:
            said += taken[done:place]
            said.append(told)
            done = place
        return [*said, *taken[done:]]

    @property
    def situations(self) -> list[Situation]:
        """The situations found so far."""
        return [output for output in self.outputs if isinstance(output, Situation)]

    @property
    def decisions(self) -> list[Decision]:
        """The decisions taken so far."""
        return [output for output in self.outputs if isinstance(output, Decision)]

    @property
    def actions(self) -> list[Action]:
        """The actions decided so far."""
        return [output for output in self.outputs if isinstance(output, Action)]

    @property
    def revoked(self) -> list[Revoked]:
        """The actions taken back so far."""
        return [output for output in self.outputs if isinstance(output, Revoked)]

    @property
    def conversions(self) -> list[Conversion]:
        """What was put down to actions so far, and what of it was taken back."""
        return [output for output in self.outputs if isinstance(output, Conversion)]

    @property
    def resolutions(self) -> list[Resolution]:
        """How cases came out, provisionally and for good, as told so far."""
        return [output for output in self.outputs if isinstance(output, Resolution)]


class SharedHarness(Harness):
    """One of several lines over the same log, whose events are identified once for all.

    Who a customer is does not depend on a playbook, so each of them would find the same.
    """

    def whose(self, event: Event, authenticates: Authenticates = "auto") -> Whose:
        """Identify an event; writes its identifiers anew."""
        return self._whose(event, authenticates)

    def take_of(self, event: Event, whose: Whose) -> Rejected | Ignored | None:
        """Hand over an event that was identified, and say what became of it."""
        return self._take_of(event, whose)

    def forget(self) -> None:
        """Let go of all that was said so far."""
        self.outputs.clear()
        self.identity.clear()
        self._identity_at.clear()


class LearningHarness(Harness):
    """A line that learns as `legato learn` does: each hour of virtual time makes a table.

    What was said while time went on is known at its time, else when time had gone on.
    """

    def __init__(self, playbook: Playbook, identity: IdentitySettings | None = None) -> None:
        super().__init__(playbook, identity)
        self._playbook = playbook
        self._learner: Learner | None = None
        self._heard: list[tuple[Instant, Fact]] = []
        self._clock: Instant = LONG_AGO

    @property
    def learner(self) -> Learner | None:
        """What was counted so far; None before anything happened."""
        return self._learner

    def wait_until(self, now: Instant) -> Harness:
        """Let time pass, an hour at a time."""
        if self._learner is None:
            self._learner = begin_learning(self._playbook, now)
        while (hour := self._learner.hour + HOUR) <= now:
            super().wait_until(hour - 1)
            self._end_hour(self._learner)
        super().wait_until(now)
        self._clock = max(self._clock, now)
        return self

    def _take_of(self, event: Event, whose: Whose) -> Rejected | Ignored | None:
        """Follow an event, once the hours before it have ended; hear what it reports."""
        clock = event.received or event.time
        self.wait_until(min(event.time, clock))
        answer = super()._take_of(event, whose)
        if answer is None and (report := report_of(event)) is not None:
            self._heard.append((clock, report))
        self.wait_until(clock)
        return answer

    def _say(self, outputs: Sequence[Output]) -> None:
        super()._say(outputs)
        before, clock = self._clock, self.engine.clock
        for told in outputs:
            known = told.time if before < told.time <= clock else clock
            self._heard.append((known, told))
        self._clock = clock

    def _end_hour(self, learner: Learner) -> None:
        """Hear what was known in the hour, and publish what it comes to."""
        end = learner.hour + HOUR
        playbook = self.versions.at(end)
        learner.follow(playbook)
        for known, fact in self._heard:
            if known < end:
                learner.hear(fact)
        self._heard = [each for each in self._heard if each[0] >= end]
        learner.end_hour()
        if playbook.learning is not None:
            self.publish_table(table_of(playbook, learner))

    def publish_table(self, table: list[ReferenceVersion]) -> None:
        """Let a table be known; it counts from its time."""
        for version in table:
            self.references.take(version)


def _in_turn(sent: Sequence[Command | Event]) -> list[Command | Event]:
    """Let those who ask addresses at the same time do so in the order of their action ids."""
    asks = [each for each in sent if isinstance(each, AskAddress)]
    others = [each for each in sent if not isinstance(each, AskAddress)]
    return [*others, *sorted(asks, key=lambda ask: (ask.time, ask.action_id))]
