"""A line that remembers its log, so that what it holds of the past can be told anew."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from legato.core.engine import BatchResult
from legato.core.events.event import Event
from legato.core.identity.commands import Command, DeferredEvent, FillPast
from legato.core.linking.logged_past import PastOfLog
from legato.core.linking.owners import Owners
from legato.core.playbook.definition import Playbook
from legato.core.references.versions import ReferenceChange
from legato.core.values.time import LONG_AGO, Instant
from legato.harness import Harness
from legato.wire.blobs import TODAY


class LoggedHarness(Harness):
    """A harness with all that lay in its log, by the names under which it lay there."""

    def __init__(self, *told: object) -> None:
        self.log: list[tuple[str, Event]] = []
        super().__init__(*told)  # type: ignore[arg-type]

    def _take(self, entry: Event | Command | ReferenceChange, clock: Instant) -> BatchResult:
        if isinstance(entry, Event):
            self.log.append((entry.customer_id, copy(entry)))
        elif isinstance(entry, DeferredEvent):
            self.log.append((entry.to, TODAY.read_event(entry.event)))
        return super()._take(entry, clock)

    @property
    def owners(self) -> Owners:
        """Whose events are, by what slots know now."""
        return Owners(
            {name: each.identity for name, each in self.contexts.items() if each.identity}
        )


def logged(harness: Harness) -> LoggedHarness:
    """The same, for whoever was handed it on."""
    assert isinstance(harness, LoggedHarness)
    return harness


def warm(harness: Harness, since: Instant = LONG_AGO) -> Harness:
    """Tell everybody what the log holds of what the playbook asks now."""
    line, clock = logged(harness), harness.engine.clock
    log = [each for each in line.log if each[1].time >= since]
    for command in told_by(log, line.versions.at(clock), line.owners, since, clock):
        line.tell(command)
    return harness


def told_by(
    log: Sequence[tuple[str, Event]],
    playbook: Playbook,
    owners: Owners,
    since: Instant = LONG_AGO,
    until: Instant = LONG_AGO,
) -> list[FillPast]:
    """What a log tells of the past of everybody."""
    past = PastOfLog(playbook, playbook.past, owners)
    for name, event in log:
        past.take(name, event)
    return [*past.commands(TODAY, since, until)]
