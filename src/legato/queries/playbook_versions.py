"""Which versions of the playbook there are, and which of them counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec.structs import replace

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.playbook.lineage import born
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.core.values.results import Rejected
from legato.core.values.time import Instant
from legato.harness import playbook_text
from legato.queries.errors import NotFound
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.topics.playbooks import read_playbook_record

VersionState: TypeAlias = Literal["counts now", "to come", "counted", "never counts"]


class PublishedPlaybooks:
    """All versions that were published, upon the text of the playbook that the settings name.

    `versions` lets them follow each other as the line does. Raises PlaybookError if that text
    makes no sense, and so does asking for a version that makes none.
    """

    def __init__(self, base: bytes, known: Iterable[PlaybookVersion]) -> None:
        self._base = base
        self._known: dict[int, PlaybookVersion] = {}
        self.versions = PlaybookVersions(read_playbook(base))
        for version in known:
            self._take(version)

    @property
    def every(self) -> tuple[PlaybookVersion, ...]:
        """All versions, by their number."""
        return tuple(self._known[number] for number in sorted(self._known))

    def version(self, number: int) -> PlaybookVersion:
        """Find a version; raises NotFound."""
        if number not in self._known:
            raise NotFound(
                f"there is no version `{number}`; `legato playbook versions` lists them all"
            )
        return self._known[number]

    def draft_at(self, at: Instant) -> PlaybookVersion:
        """What counts then, for another version to begin from: text and what is paused."""
        found = self.versions.version_at(at)
        return found or PlaybookVersion(0, at, self._base.decode())

    def after(self, at: Instant) -> tuple[PlaybookVersion, ...]:
        """Those that begin to count later than that."""
        return tuple(each for each in self.versions.in_order if each.since > at)

    def numbered(self, draft: PlaybookVersion) -> PlaybookVersion:
        """Take a draft as the next version; it says since when there are its situations."""
        version = replace(draft, number=max(self._known, default=0) + 1, born={})
        self._take(version)
        self._take(replace(version, born=born(self.versions.at(version.since))))
        return self._known[version.number]

    def state_of(self, version: PlaybookVersion, now: Instant) -> VersionState:
        """Tell whether it counts."""
        if version not in self.versions.in_order:
            return "never counts"
        if version.since > now:
            return "to come"
        return "counts now" if self.versions.version_at(now) == version else "counted"

    def _take(self, version: PlaybookVersion) -> None:
        self._known[version.number] = version
        self.versions.take(version)


def published_playbooks(settings: Settings, reader: TopicReader) -> PublishedPlaybooks:
    """Read all versions there are; raises KafkaAway and PlaybookError."""
    return PublishedPlaybooks(playbook_text(settings.playbook), _read(settings, reader))


def versions_of(
    settings: Settings, base: Playbook, reader: TopicReader
) -> PlaybookVersions | None:
    """What counts when, where versions are read; raises KafkaAway.

    Before the first version counts, that is `base`.
    """
    return PlaybookVersions(base, _read(settings, reader)) if settings.playbooks else None


def live_playbook(settings: Settings, base: Playbook, now: Instant) -> Playbook:
    """The playbook that counts now; raises KafkaAway and PlaybookError."""
    if not settings.playbooks:
        return base
    with TopicReader(settings) as reader:
        versions = versions_of(settings, base, reader)
    return base if versions is None else versions.at(now)


def _read(settings: Settings, reader: TopicReader) -> Iterable[PlaybookVersion]:
    """Read the sound records of the topic; none if it does not exist yet."""
    topic = topics_of(settings).playbooks
    for record in reader.read(topic, reader.partitions(topic.__eq__).get(topic, ())):
        version = read_playbook_record(record.key, record.value, record.time)
        if not isinstance(version, Rejected):
            yield version
