"""The line without Kafka, in virtual time: for replay, explain, tests and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from legato.core.context.context import Context
from legato.core.engine import BatchResult, Engine, EngineSetup, LogBatch
from legato.core.events.event import Event
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.commands import AskAddress, Command
from legato.core.identity.events import IdentityOutput
from legato.core.identity.rotation import resolver_of
from legato.core.identity.rules import Authenticates
from legato.core.playbook.compile import PlaybookError, read_playbook
from legato.core.playbook.definition import Playbook
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
from legato.core.values.time import Instant
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS

Whose: TypeAlias = str | tuple[Command, ...] | Rejected
"""A customer, what identifiers are to be told about them, or why it is nobody's."""


def default_playbook() -> Playbook:
    """Read the playbook that Legato ships."""
    return read_playbook(files("legato").joinpath("playbooks/default.yaml").read_bytes())


def playbook_at(path: Path) -> Playbook:
    """Read a playbook from its file; raises PlaybookError, which names it."""
    try:
        text = path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise PlaybookError(f"playbook `{path}`: {why}; name another file") from None
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
        self.references = ReferenceTable()
        setup = EngineSetup(
            playbook or default_playbook(),
            self.identify,
            settings.rules,
            references=self.references,
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
        self.outputs += result.outputs
        return result

    def wait_until(self, now: Instant) -> Harness:
        """Let time pass; fire all that is due, and let slots answer each other in between."""
        while self.engine.clock < (due := self.engine.next_due) < now:
            self._pass_time(due)
        self._pass_time(now)
        return self

    def _pass_time(self, until: Instant) -> None:
        result = self.engine.pass_time(until)
        self.outputs += result.outputs
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


def _in_turn(sent: Sequence[Command | Event]) -> list[Command | Event]:
    """Let those who ask addresses at the same time do so in the order of their action ids."""
    asks = [each for each in sent if isinstance(each, AskAddress)]
    others = [each for each in sent if not isinstance(each, AskAddress)]
    return [*others, *sorted(asks, key=lambda ask: (ask.time, ask.action_id))]
