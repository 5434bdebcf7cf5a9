"""What `legato topics` does."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka.admin import AdminClient, NewTopic
from msgspec.structs import replace

from legato.core.playbook.definition import Playbook
from legato.kafka import client_config
from legato.runtime.host.assembly import playbook_of
from legato.runtime.kafka.admin import create, find_topics, missing_topics, prepare
from legato.runtime.machine.errors import WorkerFatal
from legato.settings import Settings
from legato.wire.topics.names import Topics


def create_missing(settings: Settings, playbook: Playbook | None = None) -> list[str]:
    """Create what is missing, also for another playbook, and name it; raises WorkerFatal."""
    admin = AdminClient(client_config(settings))
    wanted = playbook or playbook_of(settings)
    missing = missing_topics(settings, wanted, find_topics(admin), beside=True)
    if missing:
        create(admin, missing)
    return [topic.topic for topic in missing]


def missing_for(settings: Settings, playbook: Playbook) -> list[str]:
    """Name what is missing for a playbook to be published; raises WorkerFatal."""
    admin = AdminClient(client_config(settings))
    return [each.topic for each in _missing_for(admin, settings, playbook)]


def create_for(settings: Settings, playbook: Playbook) -> list[str]:
    """Create what is missing for a playbook to be published, if we may; raises WorkerFatal."""
    admin = AdminClient(client_config(settings))
    missing = _missing_for(admin, settings, playbook)
    if missing and not settings.kafka.create_topics:
        raise WorkerFatal(
            f"topic `{missing[0].topic}` does not exist; run `legato topics create --playbook "
            "FILE`, or set `kafka.create_topics`"
        )
    if missing:
        create(admin, missing)
    return [topic.topic for topic in missing]


def _missing_for(admin: AdminClient, settings: Settings, playbook: Playbook) -> list[NewTopic]:
    """Only where versions are, and where its actions go: all else is a worker's."""
    topics = Topics(settings.kafka.prefix)
    ours = {topics.playbooks, *map(topics.actions, playbook.channels)}
    missing = missing_topics(settings, playbook, find_topics(admin))
    return [each for each in missing if each.topic in ours]


def check_all(settings: Settings) -> Iterator[str]:
    """Check as a worker does at its start, and say what it would read; raises WorkerFatal."""
    admin = AdminClient(client_config(settings))
    kafka = replace(settings.kafka, create_topics=False)
    layout = prepare(admin, replace(settings, kafka=kafka), playbook_of(settings))
    yield f"customers are spread over {layout.partition_count} partitions"
    for topic, source in layout.every_source.items():
        trusted = "trusted, " if topic in layout.trusted else ""
        count = layout.partitions[topic]
        yield f"`{topic}`: {count} partitions, {trusted}source `{source.name}`"
