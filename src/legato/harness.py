"""The line without Kafka, in virtual time: for replay, explain, tests and examples."""

from __future__ import annotations

from importlib.resources import files

from legato.core.context import Context
from legato.core.event import Event
from legato.core.identify import Identify
from legato.core.instant import Instant
from legato.core.outcome import Ignored, Rejected
from legato.core.output import Action, Decision, Output, Revoked, Situation
from legato.core.partition import Partition
from legato.core.playbook import Playbook
from legato.core.playbook_yaml import read_playbook
from legato.settings import Identity


def default_playbook() -> Playbook:
    """Read the playbook that Legato ships."""
    return read_playbook(files("legato").joinpath("playbooks/default.yaml").read_bytes())


def _identify(identity: Identity) -> Identify:
    return Identify(identity.pepper, identity.ranks)


class Harness:
    """All customers in one partition, in memory; time passes evenly between two events."""

    def __init__(
        self, playbook: Playbook | None = None, identity: Identity | None = None
    ) -> None:
        self.partition = Partition(playbook or default_playbook(), continuous=True)
        self.contexts: dict[str, Context] = self.partition.live
        self.identify = _identify(identity or Identity())
        self.outputs: list[Output] = self.partition.outputs

    def feed(self, *events: Event) -> Harness:
        """Hand over events in the order given; the clock is `received`, else `time`."""
        for event in events:
            self.take(event)
        return self

    def take(self, event: Event) -> Rejected | Ignored | None:
        """Hand over one event and say what became of it; None means followed."""
        if not event.customer_id:
            customer_id = self.identify.customer_of(event.identifiers or {})
            if isinstance(customer_id, Rejected):
                return customer_id
            event.customer_id = customer_id
        return self.partition.feed(event, event.received or event.time)

    def wait_until(self, now: Instant) -> Harness:
        """Let time pass; fire all that is due."""
        self.partition.advance(now)
        return self

    def drain(self) -> list[Output]:
        """Take what was said since the last call."""
        taken = self.outputs[:]
        self.outputs.clear()
        return taken

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
