"""The door of the line: a record of any source becomes an Event, or a word on why not."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.events.event import FUTURE, Event
from legato.core.events.vocabulary import CONSENTS, SUCCESSIONS
from legato.core.events.words import CHANNELS
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import EARLIEST, Instant
from legato.wire.blobs import MARKS, TODAY
from legato.wire.formats.avro import read_avro
from legato.wire.formats.cloudevents import read_cloudevent
from legato.wire.formats.depth import SHALLOW_BYTES, too_deep
from legato.wire.formats.detect import Format, format_of
from legato.wire.formats.envelope import Reading, SourceReading, read_loose, unreadable
from legato.wire.formats.registry import FileRegistry, Registry
from legato.wire.record import BOM, Headers
from legato.wire.source.mapping import EventMap
from legato.wire.source.path import SourceRecord
from legato.wire.source.source import Source
from legato.wire.source.validation import identified, owned, readable, sound

VALUE_MAX = 1 << 20
"""Bytes of the largest value that is read."""

_EMPTY = Unreadable("empty", "the record has no value; send an event")
_BRACE = ord("{")
_MARK = bytes([MARKS])
_decode = msgspec.json.Decoder(Event).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
write_event = TODAY.write_event
"""Write a resolved event for customer.events."""


def read_event(value: bytes) -> Event | Unreadable:
    """Read an event of customer.events, which Legato itself wrote.

    Raises UnknownVersion for what a newer Legato wrote.
    """
    try:
        return TODAY.read_event(value) if b"" < value[:1] < _MARK else _decode(value)
    except UnknownVersion:
        raise
    except StateError as error:
        return Unreadable("not_json", str(error))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


class Reader:
    """Reads the records of one source.

    A trusted source's events leave with `customer_id` and, unless `check_payload`, with their
    data unread, since the line reads it next: only a consent is read, to tell which of its
    words nobody knows. All others leave with at least one identifier and data that was read
    and found sound. `channels` are those of the playbook: what a consent may be about.
    """

    def __init__(
        self,
        source: Source,
        registry: Registry | None = None,
        *,
        check_payload: bool = False,
        channels: frozenset[str] = CHANNELS,
    ) -> None:
        self.source = source
        self._channels = channels
        self._registry = registry if registry is not None else FileRegistry()
        self._name = source.name
        self._trusted = source.trust == "customer_id"
        self._backfill = source.clock == "event_time"
        self._check_payload = check_payload
        self._restricts = source.initiated is not True or not source.joins_accounts
        self._plain = source.plain
        self._fast = source.plain and source.format in ("auto", "json")
        self._map = EventMap(source)
        self._cloud_map = EventMap(source, nested=True)

    def read(
        self, value: bytes | None, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading:
        """Read one record; `received` is the broker's timestamp in epoch ms.

        What is wrong with a record is an answer; only RegistryDown is raised. A backfill
        (`clock = "event_time"`) counts as having been received when it happened.
        """
        if not value:
            return _EMPTY
        if (
            not self._fast
            or value[0] != _BRACE
            or (headers and format_of(value, headers) != "json")
            or (len(value) > SHALLOW_BYTES and _outsized(value))
        ):
            return self._read_any(value, key, headers, received)
        try:
            event = _decode(value)
            if not value.isascii():
                value.decode()
        except msgspec.ValidationError:
            return self._accept(_unsound(value) or read_loose(value), key, received)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._accept(_read_json(value), key, received)
        if not EARLIEST <= event.time <= received + FUTURE:
            return self._accept(event, key, received)
        event.received, event.clamped = received, False
        return self._settle(event, key)

    def _read_any(
        self, value: bytes, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading:
        if value.startswith(BOM) and not (value := value.removeprefix(BOM)):
            return _EMPTY
        if len(value) > VALUE_MAX:
            message = f"{len(value)} bytes; send at most {VALUE_MAX}"
            return Unreadable("too_large", message)
        form = self.source.format
        known = format_of(value, headers) if form == "auto" else form
        if isinstance(known, Unreadable):
            return known
        if known == "json" and self._plain:
            reading = _read_json(value)
        else:
            reading = self._mapped(known, value, key, headers)
        return self._accept(reading, key, received)

    def _mapped(
        self, form: Format, value: bytes, key: bytes | None, headers: Headers
    ) -> Reading:
        root = self._opened(form, value, headers)
        if isinstance(root, Unreadable | Rejected):
            return root
        event_map = self._cloud_map if form == "cloudevents" else self._map
        return event_map.event(SourceRecord(root, key, headers))

    def _opened(
        self, form: Format, value: bytes, headers: Headers
    ) -> dict[str, Any] | Unreadable | Rejected:
        match form:
            case "avro":
                return read_avro(value, headers, self._registry)
            case "cloudevents":
                return read_cloudevent(value, headers, self._registry)
            case "json":
                return _read_object(value)

    def _accept(self, reading: Reading, key: bytes | None, received: Instant) -> SourceReading:
        if isinstance(reading, Event):
            reading = sound(reading, received, self.source.time_unit)
        return self._settle(reading, key) if isinstance(reading, Event) else reading

    def _settle(self, event: Event, key: bytes | None) -> SourceReading:
        """Note where a sound event comes from, and check that it says whose it is."""
        event.source = self._name
        if self._backfill:
            event.received = event.time
        if self._restricts:
            self._restrict(event)
        if not self._trusted:
            return identified(event, self._channels)
        reading = owned(event, key)
        read = self._check_payload or event.type in CONSENTS
        return readable(event, self._channels) if read and reading is event else reading

    def _restrict(self, event: Event) -> None:
        """Note what the source says that its events are not."""
        source = self.source
        own = source.initiated
        if own is False or (isinstance(own, tuple) and event.type not in own):
            event.initiated = False
        if not source.joins_accounts and event.type in SUCCESSIONS:
            event.authenticated = False


def _read_json(value: bytes) -> Reading:
    """Read a Legato envelope: as it should be, else as others write it."""
    if fault := _unsound(value):
        return fault
    try:
        return _decode(value)
    except msgspec.ValidationError:
        return read_loose(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def _read_object(value: bytes) -> dict[str, Any] | Unreadable | Rejected:
    if fault := _unsound(value):
        return fault
    try:
        return _decode_object(value)
    except msgspec.ValidationError as error:
        return Rejected("bad_envelope", f"the record: {error}", "read")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def _outsized(value: bytes) -> bool:
    return len(value) > VALUE_MAX or too_deep(value)


def _unsound(value: bytes) -> Unreadable | None:
    """Find what msgspec would let pass in parts that it skips."""
    try:
        if not value.isascii():
            value.decode()
    except UnicodeDecodeError as error:
        return unreadable(error)
    return unreadable(RecursionError()) if too_deep(value) else None
