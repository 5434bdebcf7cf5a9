"""From settings and what Kafka has to a layout that can run, or a sentence why it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from legato.runtime.kafka.topic_layout import OUTCOMES, OUTCOMES_IN_BACKFILL, TopicLayout
from legato.runtime.machine.errors import WorkerFatal
from legato.settings import Settings
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics


class FoundTopic(Struct, frozen=True):
    """A topic as it is."""

    partitions: int
    replication: int


def lay_out(settings: Settings, found: Mapping[str, FoundTopic]) -> TopicLayout:
    """Find the topics of every source, and check that they fit; raises WorkerFatal."""
    topics = Topics(settings.kafka.prefix)
    sources = topics_of(settings, found)
    trusted = {
        topic: source for topic, source in sources.items() if source.trust == "customer_id"
    }
    hopped = {topic: source for topic, source in sources.items() if topic not in trusted}
    for name in (topics.customer_events, topics.customer_contexts, topics.action_outcomes):
        _require(name, found)
    layout = TopicLayout(
        topics=topics,
        partition_count=found[topics.customer_events].partitions,
        trusted=trusted,
        untrusted={**hopped, topics.action_outcomes: _outcomes(sources.values())},
        partitions={topic: each.partitions for topic, each in found.items()},
        references=settings.references,
        playbooks=settings.playbooks,
    )
    if settings.references:
        _require(topics.references, found)
    if settings.playbooks:
        _require(topics.playbooks, found)
    _check_together(layout)
    return layout


def _outcomes(sources: Iterable[Source]) -> Source:
    live = any(source.clock == "received" for source in sources)
    return OUTCOMES if live else OUTCOMES_IN_BACKFILL


def topics_of(settings: Settings, found: Mapping[str, FoundTopic]) -> dict[str, Source]:
    """The topics of each source; a pattern means those that match it now."""
    topics = Topics(settings.kafka.prefix)
    own = {
        topics.customer_events,
        topics.customer_contexts,
        topics.identity_aliases,
        topics.identity_events,
        topics.references,
        topics.playbooks,
        topics.dead_letters,
    }
    chosen: dict[str, Source] = {}
    for source in settings.sources:
        for name in source.topics:
            matching = _matching(name, found, source)
            for topic in matching:
                if topic in own:
                    raise WorkerFatal(f"source `{source.name}` reads our own topic `{topic}`")
                if chosen.setdefault(topic, source) is not source:
                    raise WorkerFatal(
                        f"topic `{topic}` belongs to the sources `{chosen[topic].name}` and "
                        f"`{source.name}`; name it in one of them"
                    )
    return chosen


def partitions_wanted(settings: Settings, found: Mapping[str, FoundTopic]) -> int:
    """How many partitions customer.events must have: as the trusted topics, else as set."""
    counts = {
        found[topic].partitions
        for topic, source in topics_of(settings, found).items()
        if source.trust == "customer_id"
    }
    return min(counts, default=settings.kafka.partitions)


def _matching(name: str, found: Mapping[str, FoundTopic], source: Source) -> list[str]:
    if name.startswith("^"):
        return sorted(topic for topic in found if re.match(name, topic))
    if name not in found:
        raise WorkerFatal(
            f"topic `{name}` of source `{source.name}` does not exist; create it, or correct "
            "`topics` in the settings"
        )
    return [name]


def _require(name: str, found: Mapping[str, FoundTopic]) -> None:
    if name not in found:
        raise WorkerFatal(f"topic `{name}` does not exist; run `legato topics create`")


def _check_together(layout: TopicLayout) -> None:
    """Partition p of each of these is one task, so they must have as many."""
    events, wanted = layout.topics.customer_events, layout.partition_count
    for name in (layout.topics.customer_contexts, *layout.trusted):
        count = layout.partitions[name]
        if count != wanted:
            raise WorkerFatal(
                f"topic `{name}` has {count} partitions and `{events}` has {wanted}; "
                "they must have as many, so create one of them anew"
            )
