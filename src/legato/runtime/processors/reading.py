"""Reads a batch whole, before anything of it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple, cast

from legato.core.events.event import Event
from legato.runtime.machine.errors import RecordFailed
from legato.runtime.machine.facts import Batch
from legato.runtime.processors.job import RecordReader
from legato.wire.formats.envelope import (
    MappedReading,
    Misunderstood,
    Several,
    SourceReading,
    each_of,
)
from legato.wire.formats.registry import RegistryDown


class ReadBatch(NamedTuple):
    """What became of a batch: each reading, and the index of the record that it comes of.

    A record that holds several events has several readings, one behind the other.
    """

    readings: list[SourceReading]
    indexes: Sequence[int]


def read_all(door: RecordReader, batch: Batch) -> ReadBatch:
    """Read every record; raises RegistryDown, or RecordFailed over one that is not read."""
    headers = repeat(None) if batch.headers is None else batch.headers
    try:
        read = list(map(door.read, batch.values, batch.keys, headers, batch.times))
    except RegistryDown:
        raise
    except Exception:  # noqa: BLE001 - one after the other, to see which it is
        read = [_read(door, batch, index) for index in range(len(batch))]
    if not door.several:
        return ReadBatch(cast("list[SourceReading]", read), range(len(read)))
    return _spread(read)


def events_of(readings: Iterable[SourceReading]) -> list[Event]:
    """List the events that are followed, be it only as far as they are understood."""
    return [each for each in opened(readings) if type(each) is Event]


def opened(readings: Iterable[SourceReading]) -> list[MappedReading]:
    """Take an event that is misunderstood for what is understood of it."""
    return [each if isinstance(each, Event) else _opened(each) for each in readings]


def _opened(reading: SourceReading) -> MappedReading:
    return reading.event if isinstance(reading, Misunderstood) else reading


def _spread(read: list[SourceReading | Several]) -> ReadBatch:
    readings: list[SourceReading] = []
    indexes: list[int] = []
    for index, reading in enumerate(read):
        each = each_of(reading)
        readings += each
        indexes += [index] * len(each)
    return ReadBatch(readings, indexes)


def _read(door: RecordReader, batch: Batch, index: int) -> SourceReading | Several:
    value, key, headers = batch.values[index], batch.keys[index], batch.headers_at(index)
    try:
        return door.read(value, key, headers, batch.times[index])
    except RegistryDown:
        raise
    except Exception as error:
        raise RecordFailed(batch.offsets[index]) from error
