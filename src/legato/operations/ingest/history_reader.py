"""Rows of history as the worker will read them: what they tell, when, and of whom."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.events.event import Event
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.operations.ingest.files import FileRow
from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.outputs import registry_of
from legato.settings import Settings
from legato.wire.formats.envelope import Misunderstood, SourceReading, each_of
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source

ID_DIGITS = 32
"""Hexadecimal digits of an id that is made of a row: 128 bits."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class ReadRow(Struct, frozen=True, gc=False):
    """What becomes of a row: the record to send, when it happened, and what is wrong with it.

    Without a key nothing of it is sent. What is sent may have faults all the same: an event
    of several is bad, or a refusal is in words that nobody knows.
    """

    row: FileRow
    value: bytes = b""
    time: Instant = 0
    key: bytes = b""
    faults: tuple[Unreadable | Rejected, ...] = ()


class HistoryReader:
    """Reads rows for one source; `now` is when they count as taken by the broker.

    `channels` are those of the playbook: what a consent may be about.
    """

    def __init__(
        self, settings: Settings, source: Source, channels: frozenset[str], now: Instant
    ) -> None:
        self._reader = Reader(source, registry_of(settings), channels=channels)
        self._who = IdentifierLookup(settings)
        self._may_be_named = "id" not in source.fields
        self._now = now

    def read(self, row: FileRow) -> ReadRow:
        """Read one row; raises RegistryDown."""
        if row.fault is not None:
            return ReadRow(row, faults=(row.fault,))
        value, readings = self._read(row.value)
        events = _events_of(readings)
        owners = [self._owner_of(event) for event in events]
        nobody = tuple(each for each in owners if isinstance(each, Rejected))
        faults = (*_faults_of(readings), *nobody)
        key = next((each for each in owners if isinstance(each, str)), "")
        if not key:
            return ReadRow(row, value, faults=faults)
        return ReadRow(row, value, max(event.time for event in events), key.encode(), faults)

    def _owner_of(self, event: Event) -> str | Rejected:
        """Name the customer by the best identifier; those that point at nobody name none."""
        told = event.identifiers or {}
        if written := self._who.written(told):
            return self._who.identify.customer_of(written)
        kinds = ", ".join(f"`{kind}`" for kind in told)
        return Rejected(
            "no_identifier", f"{kinds}: no value of it points at anybody", "identify"
        )

    def _read(self, told: bytes) -> tuple[bytes, tuple[SourceReading, ...]]:
        """Read a record, as it stands or with an id of its own; say which it was."""
        if self._may_be_named and told.startswith(b"{") and b'"id"' not in told:
            named = _named(told)
            readings = self._readings(named)
            if not _faults_of(readings):
                return named, readings
        readings = self._readings(told)
        if self._may_be_named and _faults_of(readings) and (named := _renamed(told)):
            return named, self._readings(named)
        return told, readings

    def _readings(self, value: bytes) -> tuple[SourceReading, ...]:
        return each_of(self._reader.read(value, None, None, self._now))


def _renamed(told: bytes) -> bytes:
    """Give a record without an id one from its content; empty if it has one, or is none."""
    try:
        fields = _decode(told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""
    if fields.get("id") not in (None, ""):
        return b""
    if "id" in fields:
        return _encode({**fields, "id": _name_of(told)})
    return _named(told)


def _named(told: bytes) -> bytes:
    """Put an id that is made of its content in front of an object's fields."""
    inner = told.strip()[1:].lstrip()
    comma = b"" if inner == b"}" else b","
    return b'{"id":"%s"%s%s' % (_name_of(told).encode(), comma, inner)


def _name_of(told: bytes) -> str:
    return sha256(told).hexdigest()[:ID_DIGITS]


def _events_of(readings: Iterable[SourceReading]) -> list[Event]:
    opened = (each.event if isinstance(each, Misunderstood) else each for each in readings)
    return [each for each in opened if isinstance(each, Event)]


def _faults_of(readings: Iterable[SourceReading]) -> tuple[Unreadable | Rejected, ...]:
    opened = (each.why if isinstance(each, Misunderstood) else each for each in readings)
    return tuple(each for each in opened if isinstance(each, Unreadable | Rejected))
