"""What the line wrote to its topics, whichever way, read back into the values that it said."""

from __future__ import annotations

from legato.core.values.outputs import Output
from legato.core.values.results import Unreadable
from legato.queries.topic_reader import TopicRecord
from legato.settings import Settings
from legato.wire.formats.open_registry import open_registry
from legato.wire.formats.registry import Registry
from legato.wire.topics.actions import read_action
from legato.wire.topics.outputs import read_output


def read_said(record: TopicRecord, registry: Registry) -> Output | Unreadable:
    """Read a situation, a decision, an action or its revocation, by the first byte."""
    if record.value and record.value[0] == 0:
        return read_action(record.value, record.headers, registry)
    return read_output(record.value)


def registry_of(settings: Settings) -> Registry:
    """Open the registry of the settings; raises RegistryError."""
    registry = settings.registry
    return open_registry(registry.url, registry.username, registry.password, registry.timeout_s)
