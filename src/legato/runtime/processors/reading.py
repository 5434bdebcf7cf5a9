"""Reads a batch whole, before anything of it is applied."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from legato.core.events.event import Event
from legato.runtime.machine.errors import RecordFailed
from legato.runtime.machine.facts import Batch
from legato.runtime.processors.job import RecordReader
from legato.wire.formats.envelope import Misunderstood, SourceReading
from legato.wire.formats.registry import RegistryDown


def read_all(door: RecordReader, batch: Batch) -> list[SourceReading]:
    """Read every record; raises RegistryDown, or RecordFailed over one that is not read."""
    headers = repeat(None) if batch.headers is None else batch.headers
    try:
        return list(map(door.read, batch.values, batch.keys, headers, batch.times))
    except RegistryDown:
        raise
    except Exception:  # noqa: BLE001 - one after the other, to see which it is
        return [_read(door, batch, index) for index in range(len(batch))]


def events_of(readings: Iterable[SourceReading]) -> list[Event]:
    """List the events that are followed, be it only as far as they are understood."""
    opened = (each.event if isinstance(each, Misunderstood) else each for each in readings)
    return [each for each in opened if isinstance(each, Event)]


def _read(door: RecordReader, batch: Batch, index: int) -> SourceReading:
    value, key, headers = batch.values[index], batch.keys[index], batch.headers_at(index)
    try:
        return door.read(value, key, headers, batch.times[index])
    except RegistryDown:
        raise
    except Exception as error:
        raise RecordFailed(batch.offsets[index]) from error
