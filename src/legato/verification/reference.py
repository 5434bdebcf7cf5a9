"""The reference: the same log followed once more, by one thread, in one go, without Kafka.

customer.events is that log: who an event belongs to and in which order its customer's partition
took it, with the clock records and what slots tell each other of identity between. What two
partitions do at the same time has no order until the log gives it one; from there on everything
is determined, and a crash may not show. That the log itself holds each event of the source once
is counted apart (`hop.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.line.partition import Partition
from legato.core.line.watermark import Watermark
from legato.core.linking.links import IdentityLinker
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Output
from legato.core.values.results import Unreadable
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.source.reader import read_event
from legato.wire.topics.clock import SourceWatermark
from legato.wire.topics.commands import read_told


class Reference:
    """One partition of the log, followed from its beginning.

    `sent` is what its slots tell others, which must lie in the log as well; `told` what they
    say of identity.
    """

    def __init__(
        self,
        playbook: Playbook,
        sources: Iterable[str],
        identity: IdentitySettings | None = None,
    ) -> None:
        identity = identity or IdentitySettings()
        self.sent: list[Command | Event] = []
        self.told: list[IdentityOutput] = []
        self._clock = Watermark(sources)
        # The sources' clock is the time of their events, so time passes evenly.
        self._partition = Partition(playbook, TODAY, continuous=True)
        self.contexts: dict[str, Context] = self._partition.cache
        self._links = IdentityLinker(self._partition, identity.identify, identity.rules)

    def follow(self, records: Iterable[TopicRecord]) -> list[Output]:
        """Follow records in the order of their offsets; return all that was said so far."""
        links = self._links
        for record in records:
            if record.key is None:
                self._hear(record)
            else:
                self._feed(record)
            self.sent += links.sent
            self.told += links.told
            links.clear()
        return self._partition.outputs

    def _hear(self, record: TopicRecord) -> None:
        told = read_told(record.value)
        if isinstance(told, SourceWatermark):
            self._partition.advance(self._clock.advance(told.source, told.time))
        elif not isinstance(told, Unreadable):
            self._links.take(told)

    def _feed(self, record: TopicRecord) -> None:
        event = read_event(record.value or b"")
        if isinstance(event, Event):
            self._links.route(event, self._partition.feed(event, self._clock.now()))
