"""Which topics and partitions there are, and which of them go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from legato.core.engine import NO_HISTORY, HistorySources
from legato.core.values.ids import murmur2
from legato.runtime.machine.facts import TP
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics

OUTCOMES = Source(name="outcomes", topics=())
"""The source that adapters report to; it belongs to every deployment."""
OUTCOMES_IN_BACKFILL = Source(name="outcomes", topics=(), clock="event_time")
"""There, what they report lies years ahead of all events: no clock may follow it, or wait."""

REFERENCES = "references"
"""How the clock of that topic, and of `playbooks`, is called; it is one for all partitions."""

PLAYBOOKS = "playbooks"
"""How the topic of versions is called beside it."""


class TopicLayout(Struct, frozen=True):
    """Which topics there are, and how many partitions each source has.

    `partition_count` is that of customer.events and customer.contexts. Partition p of every
    topic in `trusted` is followed where partition p of customer.events is. With `references`
    or `playbooks`, every partition waits for those topics too.
    """

    topics: Topics
    partition_count: int
    trusted: Mapping[str, Source]
    untrusted: Mapping[str, Source]
    partitions: Mapping[str, int]
    references: bool = False
    playbooks: bool = False

    @property
    def subscribed(self) -> list[str]:
        """What the group shares out: customers' partitions, and with each what goes along."""
        return [self.topics.customer_events]

    @property
    def backfill(self) -> bool:
        """Does every source's clock follow the time of its events?"""
        return all(source.clock == "event_time" for source in self.every_source.values())

    @property
    def every_source(self) -> Mapping[str, Source]:
        """All topics that events come from."""
        return {**self.trusted, **self.untrusted}

    def co_assigned(self, partitions: Iterable[TP]) -> tuple[TP, ...]:
        """The first partition of each task that goes where these partitions go, and theirs."""
        return tuple(head for partition in partitions for head in self._heads(partition))

    def _heads(self, partition: TP) -> tuple[TP, ...]:
        """What goes with one of customer.events.

        Those of the sources are spread over them, each topic's from another one on, lest topics
        of one partition all go to the same.
        """
        return (
            partition,
            *(
                (topic, number)
                for topic in self.untrusted
                for number in range(self.partitions[topic])
                if (number + murmur2(topic.encode())) % self.partition_count == partition[1]
            ),
        )

    def task_of(self, tp: TP) -> tuple[TP, ...]:
        """The partitions that go where this one goes."""
        if tp[0] != self.topics.customer_events:
            return (tp,)
        return (tp, *((topic, tp[1]) for topic in self.trusted))

    def partition_for(self, customer_id: str) -> int:
        """The partition of customer.events that a customer is followed in."""
        return murmur2(customer_id.encode()) % self.partition_count

    def clocks_of(self, partition: int) -> list[str]:
        """The source partitions whose clocks this partition waits for."""
        world = [REFERENCES] if self.references or self.playbooks else []
        return [clock_name(tp) for tp in self._clocked(partition)] + world

    def live_clocks(self, partition: int) -> list[TP]:
        """Those of them whose time passes though nothing happens."""
        every = self.every_source
        return [tp for tp in self._clocked(partition) if every[tp[0]].clock == "received"]

    def history_of(self, partition: int) -> HistorySources:
        """Those of them that tell of the past, if others follow the time of day."""
        if self.backfill:
            return NO_HISTORY
        every = self.every_source
        past = {topic for topic, source in every.items() if source.clock == "event_time"}
        clocks = (clock_name(tp) for tp in self._clocked(partition) if tp[0] in past)
        return HistorySources(frozenset(every[topic].name for topic in past), frozenset(clocks))

    def _clocked(self, partition: int) -> list[TP]:
        own = [(topic, partition) for topic in self.trusted]
        hopped = [
            (topic, number)
            for topic, source in self.untrusted.items()
            if source is not OUTCOMES_IN_BACKFILL
            for number in range(self.partitions[topic])
        ]
        return own + hopped


def clock_name(tp: TP) -> str:
    """How clock records call a source partition."""
    return f"{tp[0]}/{tp[1]}"
