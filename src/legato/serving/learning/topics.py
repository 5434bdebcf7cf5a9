"""What `legato learn` reads: decisions, conversions and reports, and the tables of before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from legato.core.decisions.learning import AHEAD, Fact, hour_of, report_of
from legato.core.decisions.lessons import KIND
from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.references.versions import ReferenceVersion
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant
from legato.queries.outputs import registry_of
from legato.queries.playbook_versions import versions_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings
from legato.wire.topics.outcomes import read_outcome
from legato.wire.topics.outputs import read_output
from legato.wire.topics.references import read_reference_record

FactsByHour = dict[Instant, list[Fact]]
"""Begin of the hour in which something became known -> what."""
_TABLES = f"{KIND}/".encode()


class NothingToLearn(RuntimeError):
    """There is nothing to learn from, or nowhere to publish it; the message says what to do."""


class LearningTopics:
    """Reads without a group: where it stands is in what it published last."""

    def __init__(self, settings: Settings) -> None:
        self._reader = TopicReader(settings)
        self._registry = registry_of(settings)
        self._topics = topics_of(settings)
        self.unreadable = 0

    def facts(self, since: Instant, until: Instant) -> FactsByHour:
        """Read what became known from one instant to another; raises KafkaAway, RegistryDown.

        A record that cannot be read is counted, and passed over.
        """
        found: FactsByHour = defaultdict(list)
        for topic in (self._topics.decisions, self._topics.action_outcomes):
            for record in self._records(topic, since):
                if since <= record.time < until and (fact := self._fact(record)) is not None:
                    found[hour_of(record.time)].append(fact)
        return found

    def published(self) -> list[ReferenceVersion]:
        """Read of each action the table that was published last."""
        last: dict[str, ReferenceVersion] = {}
        topic = self._topics.references
        for record in self._reader.read(topic, self._numbers(topic), _is_table):
            told = read_reference_record(record.key, record.value, record.time)
            if isinstance(told, ReferenceVersion) and told.value and _is_ours(told):
                known = last.get(told.key)
                last[told.key] = told if known is None or known.time <= told.time else known
        return [last[key] for key in sorted(last)]

    def versions(self, base: Playbook) -> PlaybookVersions:
        """Read which playbook counts when; `base` alone where versions are not read."""
        found = versions_of(self._reader.settings, base, self._reader)
        return PlaybookVersions(base) if found is None else found

    def close(self) -> None:
        """Leave the broker."""
        self._reader.close()

    def _records(self, topic: str, since: Instant) -> Iterator[TopicRecord]:
        return self._reader.read(topic, self._numbers(topic), since=since)

    def _numbers(self, topic: str) -> list[int]:
        """List the partitions of a topic; raises NothingToLearn."""
        if numbers := self._reader.partitions(topic.__eq__).get(topic):
            return numbers
        also = ""
        if topic == self._topics.references:
            also = "set `references = true` and "
        raise NothingToLearn(
            f"the topic `{topic}` is missing; {also}create it with `legato topics create`"
        )

    def _fact(self, record: TopicRecord) -> Fact | None:
        if record.topic == self._topics.decisions:
            said = read_output(record.value)
            if not isinstance(said, Unreadable):
                return said
        else:
            told = read_outcome(record.value, record.headers, record.time, self._registry)
            if isinstance(told, Event):
                return report_of(told)
        self.unreadable += 1
        return None


def _is_table(key: bytes | None) -> bool:
    return key is not None and key.startswith(_TABLES)


def _is_ours(version: ReferenceVersion) -> bool:
    """Is it of a full hour, as all tables are?"""
    return (version.time - AHEAD) % AHEAD == 0
