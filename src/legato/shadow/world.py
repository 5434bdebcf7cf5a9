"""What the line knows beside its log: references, and versions of its playbook.

A clock record `references` in the log says that the line had read both topics up to then. So
what was taken of the log is followed once both were read up to where they end by now: all that
the line knew then is known here as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from confluent_kafka.admin import AdminClient
from msgspec import Struct, field

from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion
from legato.kafka import client_config
from legato.runtime.host.playbook_updates import apply_playbook_updates, compile_from
from legato.runtime.kafka.ends import earliest
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.kafka.world_consumer import WorldRecord
from legato.settings import Settings
from legato.shadow.start import Beat
from legato.shadow.topic_feed import TopicFeed
from legato.wire.topics.references import read_reference_record

VERSIONS_KEPT = 1_000
"""Of each key: a shadow that is behind asks for what the line has forgotten by now."""


class KnownWorld(Struct, frozen=True):
    """What is known so far; without `versions` nobody asks for those of the playbook."""

    references: ReferenceTable = field(default_factory=lambda: ReferenceTable(VERSIONS_KEPT))
    versions: PlaybookVersions | None = None

    def hear_references(self, records: Iterable[WorldRecord]) -> None:
        """Take records of references; what is none is passed over."""
        for record in records:
            version = read_reference_record(*record)
            if isinstance(version, ReferenceVersion):
                self.references.take(version)

    def hear_playbooks(self, records: Iterable[WorldRecord]) -> None:
        """Take records of versions; raises PlaybookError for one that would count from now."""
        if self.versions is not None and apply_playbook_updates(self.versions, records):
            compile_from(self.versions, time.time_ns() // 1_000_000)


class WorldReader:
    """Reads both topics, as far as the settings have the line read them."""

    def __init__(
        self, settings: Settings, layout: TopicLayout, world: KnownWorld, beat: Beat
    ) -> None:
        self._world, self._beat = world, beat
        self._references = self._playbooks = None
        if layout.references:
            self._references = _feed(settings, layout, layout.topics.references, beat)
        if world.versions is not None:
            self._playbooks = _feed(settings, layout, layout.topics.playbooks, beat)

    def read_on(self) -> bool:
        """Read all that there is by now; tell whether there was a version among it.

        Raises PlaybookError or KafkaException.
        """
        for records in self._rest_of(self._references):
            self._world.hear_references(records)
        heard = False
        for records in self._rest_of(self._playbooks):
            self._world.hear_playbooks(records)
            heard = True
        return heard

    def close(self) -> None:
        """Leave the brokers."""
        for feed in (self._references, self._playbooks):
            if feed is not None:
                feed.close()

    def _rest_of(self, feed: TopicFeed | None) -> Iterator[list[WorldRecord]]:
        ends = {} if feed is None else feed.ends()
        while feed is not None and any(feed.reached[n] < end for n, end in ends.items()):
            self._beat()
            if messages := feed.messages():
                yield [(each.key(), each.value(), each.timestamp()[1]) for each in messages]


def _feed(settings: Settings, layout: TopicLayout, topic: str, beat: Beat) -> TopicFeed:
    admin = AdminClient(client_config(settings, **{"log_level": 0}))
    places = [(topic, number) for number in range(layout.partitions[topic])]
    starts = {number: first for (_, number), first in earliest(admin, places).items()}
    return TopicFeed(settings, topic, starts, beat)
