"""The topics of a deployment: their names, who keeps what for how long, what lies together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from legato.core.values.time import DAY

Partitions = Literal["as_set", "as_customer_events"]

_LARGEST = str((1 << 20) + (64 << 10))
"""Takes the largest value that is read, and the headers around it."""
LETTER_MAX = 8 << 20
"""Bytes of the largest dead letter: sources may hold larger records than are read."""
_LOG = {"cleanup.policy": "delete", "retention.ms": str(7 * DAY)}
_ACCESS = {**_LOG, "retention.ms": str(30 * DAY)}
"""So far back those who see to privacy are shown who looked at whom."""
_SOURCE = {**_LOG, "message.timestamp.type": "LogAppendTime", "max.message.bytes": _LARGEST}
_STATE = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.ms": str(DAY),
    "delete.retention.ms": str(7 * DAY),
    "max.message.bytes": _LARGEST,
}

_HOLDS = {**_STATE, "min.compaction.lag.ms": str(DAY)}
"""What somebody writes too late must be seen beside what overrules it."""
_REFERENCES = {
    **_STATE,
    "message.timestamp.type": "LogAppendTime",
    "min.compaction.lag.ms": str(DAY),
}
"""What was before a change must be there for as long as it may be told."""


_PLAYBOOKS = {**_STATE, "message.timestamp.type": "LogAppendTime"}
"""Keys are used once, so that nothing is ever compacted away."""


class Topic(Struct, frozen=True):
    """One topic as it should be; `partitions` says whose count it shares."""

    name: str
    partitions: Partitions
    config: dict[str, str]


class Topics(Struct, frozen=True):
    """All names under one prefix."""

    prefix: str = "legato."

    @property
    def channel_events(self) -> str:
        """Where events come in, if no source says otherwise."""
        return f"{self.prefix}channel.events"

    @property
    def customer_events(self) -> str:
        """Resolved events by customer_id; clock records go to each partition by number."""
        return f"{self.prefix}customer.events"

    @property
    def customer_contexts(self) -> str:
        """The changelog of contexts, in the partition of the customer's events."""
        return f"{self.prefix}customer.contexts"

    @property
    def identity_aliases(self) -> str:
        """Which identifiers point at another customer than their own: read whole by workers."""
        return f"{self.prefix}identity.aliases"

    @property
    def identity_events(self) -> str:
        """What became linked, merged, refused or split, and why."""
        return f"{self.prefix}identity.events"

    @property
    def situations(self) -> str:
        """What was detected."""
        return f"{self.prefix}situations"

    @property
    def decisions(self) -> str:
        """What was decided, and why."""
        return f"{self.prefix}decisions"

    @property
    def shadow_decisions(self) -> str:
        """What shadows would have done; a shadow makes it, if it may."""
        return f"{self.prefix}shadow.decisions"

    @property
    def access_log(self) -> str:
        """Who read what of whom by the API; `legato topics create` makes it."""
        return f"{self.prefix}access.log"

    @property
    def adapter_holds(self) -> str:
        """Actions that wait long, by adapter and action; `legato topics create` makes it."""
        return f"{self.prefix}adapter.holds"

    @property
    def touchpoints(self) -> str:
        """Each event that was followed, for analysts; only there if `touchpoints` is set."""
        return f"{self.prefix}touchpoints"

    @property
    def references(self) -> str:
        """What changes without customers; only there if `references` is set."""
        return f"{self.prefix}references"

    @property
    def playbooks(self) -> str:
        """The versions of the playbook; only there if `playbooks` is set."""
        return f"{self.prefix}playbooks"

    @property
    def action_outcomes(self) -> str:
        """What became of actions."""
        return f"{self.prefix}action.outcomes"

    @property
    def dead_letters(self) -> str:
        """Records that could not be followed."""
        return f"{self.prefix}dead.letters"

    def actions(self, channel: str) -> str:
        """Where the actions of one channel go."""
        return f"{self.prefix}actions.{channel}"

    @property
    def actions_pattern(self) -> str:
        """Match the topics of all channels, as librdkafka subscribes to patterns."""
        return f"^{self.prefix.replace('.', '[.]')}actions[.].+"

    def all(
        self,
        channels: Iterable[str],
        *,
        touchpoints: bool = False,
        references: bool = False,
        playbooks: bool = False,
        beside: bool = False,
    ) -> tuple[Topic, ...]:
        """List every topic of Legato, with one for the actions of each channel."""
        actions = map(self.actions, sorted(set(channels)))
        told = (self.touchpoints,) if touchpoints else ()
        tried = (self.shadow_decisions,) if beside else ()
        seen = (Topic(self.access_log, "as_set", _ACCESS),) if beside else ()
        world = (Topic(self.references, "as_set", _REFERENCES),) if references else ()
        live = (Topic(self.playbooks, "as_set", _PLAYBOOKS),) if playbooks else ()
        held = (Topic(self.adapter_holds, "as_set", _HOLDS),) if beside else ()
        logs = (self.situations, self.decisions, self.identity_events, *told, *tried, *actions)
        return (
            Topic(self.channel_events, "as_set", _SOURCE),
            Topic(self.customer_events, "as_customer_events", _SOURCE),
            Topic(self.customer_contexts, "as_customer_events", _STATE),
            Topic(self.identity_aliases, "as_set", _STATE),
            *world,
            *live,
            *held,
            *seen,
            *(Topic(name, "as_set", _LOG) for name in logs),
            Topic(self.action_outcomes, "as_set", _SOURCE),
            Topic(self.dead_letters, "as_set", {**_LOG, "max.message.bytes": str(LETTER_MAX)}),
        )
