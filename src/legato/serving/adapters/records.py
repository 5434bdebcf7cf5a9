"""Reads the records of a topic of actions as the machine takes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from aiokafka import ConsumerRecord

from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.serving.adapters.machine.facts import ActionsRecord
from legato.wire.formats.registry import Registry
from legato.wire.record import RawRecord
from legato.wire.topics.actions import read_action, redriven_of
from legato.wire.topics.outputs import read_output

FetchedRecord: TypeAlias = "ConsumerRecord[bytes, bytes]"


def read_records(records: Iterable[FetchedRecord], registry: Registry) -> list[ActionsRecord]:
    """Read what was fetched of a partition; raises RegistryDown."""
    return [_read(record, registry) for record in records]


def _read(record: FetchedRecord, registry: Registry) -> ActionsRecord:
    headers = tuple(record.headers)
    raw = RawRecord(record.key, record.value, headers)
    said = _said(record.value, headers, registry)
    redriven = redriven_of(headers)
    return ActionsRecord(record.offset, said, raw, record.timestamp, redriven)


def _said(
    value: bytes | None, headers: tuple[tuple[str, bytes | None], ...], registry: Registry
) -> Action | Revoked | Unreadable:
    """Avro begins with 0; what else there is was written for people, as JSON."""
    if value and value[0] == 0:
        return read_action(value, headers, registry)
    said = read_output(value)
    if isinstance(said, Action | Revoked | Unreadable):
        return said
    return Unreadable("unknown_schema", "a record that is no action")
