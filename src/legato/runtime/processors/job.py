"""What all rooms of a worker part: topics, sources, playbook, limits, and how to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from legato.core.engine import TIMERS_MOST
from legato.core.identity.alias_index import AliasIndex
from legato.core.identity.customer_ids import Identify
from legato.core.identity.rules import IdentityRules
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.recent import RecentChanges
from legato.core.references.table import ReferenceTable
from legato.core.values.time import Instant
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.wire.formats.envelope import Several, SourceReading
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers


class RecordReader(Protocol):
    """Reads the records of one topic; `several` says whether one may hold several events."""

    @property
    def several(self) -> bool:
        """May a record be read as `Several`?"""

    def read(
        self, value: bytes | None, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading | Several:
        """Read one record; raises nothing but RegistryDown."""


class JobLimits(Struct, frozen=True):
    """Sizes in contexts and bytes, and how many timers fire at an entry of the log."""

    cached_contexts: int = 200_000
    timers_most: int = TIMERS_MOST
    context_bytes: int = 512 * 1024
    letter_bytes: int = 8 << 20


class Job(Struct, frozen=True):
    """Everything that a processor needs to do its work."""

    layout: TopicLayout
    playbook: Playbook
    identify: Identify
    readers: Mapping[str, RecordReader]
    registry: Registry
    limits: JobLimits = JobLimits()
    rules: IdentityRules = IdentityRules()
    aliases: AliasIndex = field(default_factory=AliasIndex)
    references: ReferenceTable = field(default_factory=ReferenceTable)
    changes: RecentChanges = field(default_factory=RecentChanges)
    versions: PlaybookVersions | None = None
    """What of `playbook` counts when, if it may be published anew while all runs."""
    listened: bool = False
    """Does anybody want the outputs as values, besides as records?"""
    touchpoints: bool = False
    """Is each event that is followed to be told on the topic `touchpoints`?"""
