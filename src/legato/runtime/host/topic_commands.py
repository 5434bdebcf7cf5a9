"""What `legato topics` does."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka.admin import AdminClient
from msgspec.structs import replace

from legato.kafka import client_config
from legato.runtime.host.assembly import playbook_of
from legato.runtime.kafka.admin import create, find_topics, missing_topics, prepare
from legato.settings import Settings


def create_missing(settings: Settings) -> list[str]:
    """Create what is missing and name it; raises WorkerFatal."""
    admin = AdminClient(client_config(settings))
    found = find_topics(admin)
    missing = missing_topics(settings, playbook_of(settings), found, shadow=True)
    if missing:
        create(admin, missing)
    return [topic.topic for topic in missing]


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
