"""The door of the line: a record of any source becomes an Event, or a word on why not."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.events.event import FUTURE, Event
from legato.core.events.vocabulary import CONSENTS, SUCCESSIONS
from legato.core.events.words import CHANNELS
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import EARLIEST, Instant
from legato.wire.blobs import MARKS, TODAY
from legato.wire.formats.avro import read_avro
from legato.wire.formats.cloudevents import read_cloudevent
from legato.wire.formats.depth import SHALLOW_BYTES, too_deep
from legato.wire.formats.detect import Format, format_of
from legato.wire.formats.envelope import (
    MappedReading,
    Misunderstood,
    Reading,
    Several,
    SourceReading,
    read_loose,
    unreadable,
)
from legato.wire.formats.registry import FileRegistry, Registry
from legato.wire.record import BOM, Headers, delivery_of
from legato.wire.source.mapping import EventMap
from legato.wire.source.passed import passed_of
from legato.wire.source.path import SourceRecord, entered
from legato.wire.source.ready_made import with_map
from legato.wire.source.rule import PathTrace
from legato.wire.source.source import Source
from legato.wire.source.validation import (
    addressed,
    identified,
    owned,
    readable,
    sound,
    without_unsound_ids,
)

VALUE_MAX = 1 << 20
"""Bytes of the largest value that is read."""

_EMPTY = Unreadable(
    "empty", 'the record has no value; send an event, or set `empty = "skip"` for its source'
)
_PASSED_OVER = Ignored("empty")
TIME_MARK = Ignored("time_mark")
"""It is no event, but says how far time has come at a source of history."""
_LIST = Rejected(
    "bad_envelope",
    'the record is a list; set `each = "[]"` for its source to read what is in it',
    "read",
)
_BRACE = ord("{")
_SHORT = 64
"""Bytes below which a value may be a `null` with spaces around it."""
_decode = msgspec.json.Decoder(Event).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode_root = msgspec.json.Decoder(dict[str, Any] | list[Any] | str).decode
write_event = TODAY.write_event
"""Write a resolved event for customer.events."""


def read_event(value: bytes) -> Event | Unreadable:
    """Read an event of customer.events, which Legato itself wrote.

    Raises UnknownVersion for what a newer Legato wrote.
    """
    try:
        return TODAY.read_event(value) if value and value[0] < MARKS else _decode(value)
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
    and found sound. `several` says whether a record may hold several events. With `trace`,
    notes there which paths of the maps find something. `channels` are those of the playbook:
    what a consent may be about.
    """

    def __init__(
        self,
        source: Source,
        registry: Registry | None = None,
        *,
        check_payload: bool = False,
        trace: PathTrace | None = None,
        channels: frozenset[str] = CHANNELS,
    ) -> None:
        self.source = source = with_map(source)
        self._channels = channels
        self._registry = registry if registry is not None else FileRegistry()
        self._name = source.name
        self._trusted = source.trust == "customer_id"
        self._backfill = source.clock == "event_time"
        self._check_payload = check_payload
        self._restricts = source.initiated is not True or not source.joins_accounts
        self._check = addressed if "customer_id" in source.fields else identified
        self._plain = source.plain
        self._fast = source.plain and source.format in ("auto", "json")
        self._map = EventMap(source, trace=trace)
        self._cloud_map = EventMap(source, nested=True, trace=trace)
        self._each = self._map.each
        self._empty: MappedReading = _PASSED_OVER if source.empty == "skip" else _EMPTY
        self.several = self._each is not None

    def read(
        self, value: bytes | None, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading | Several:
        """Read one record; `received` is the broker's timestamp in epoch ms.

        What is wrong with a record is an answer; only RegistryDown is raised. A backfill
        (`clock = "event_time"`) counts as having been received when it happened.
        """
        if not value:
            return TIME_MARK if self._is_mark(headers) else self._empty
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
            loose = _unsound(value) or read_loose(value, delivery_of(headers))
            return self._accept(loose, key, received)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._accept(_read_json(value, headers), key, received)
        if not EARLIEST <= event.time <= received + FUTURE:
            return self._accept(event, key, received)
        event.received = received
        if event.clamped:
            event.clamped = False
        return self._settle(event, key)

    def _is_mark(self, headers: Headers) -> bool:
        return self._backfill and not self._trusted and passed_of(headers) is not None

    def _read_any(
        self, value: bytes, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading | Several:
        value = value.removeprefix(BOM)
        form = self._format(value, headers)
        if not isinstance(form, str):
            return form
        if form == "json" and self._plain:
            return self._accept(_read_json(value, headers), key, received)
        root = self._opened(form, value, headers)
        if isinstance(root, Unreadable | Rejected):
            return root
        fields = root if isinstance(root, dict) else {}
        record = SourceRecord(fields, key, headers, root, received)
        event_map = self._cloud_map if form == "cloudevents" else self._map
        if self._each is not None:
            return self._several(self._each.of(record), event_map, record, received)
        if isinstance(root, list):
            return _LIST
        return self._accept(event_map.event(record), key, received)

    def _format(self, value: bytes, headers: Headers) -> Format | Unreadable | Ignored:
        """Say what a value is written in, or why it is not read at all."""
        if not value:
            return _EMPTY
        if len(value) > VALUE_MAX:
            message = f"{len(value)} bytes; send at most {VALUE_MAX}"
            return Unreadable("too_large", message)
        if self._empty is _PASSED_OVER and len(value) < _SHORT and value.strip() == b"null":
            return _PASSED_OVER
        form = self.source.format
        return format_of(value, headers) if form == "auto" else form

    def _several(
        self,
        found: list[SourceRecord | Rejected] | Rejected,
        event_map: EventMap,
        record: SourceRecord,
        received: Instant,
    ) -> SourceReading | Several:
        """Read each event of a record; a bad one spoils no other."""
        if isinstance(found, Rejected):
            return found
        readings = (
            event_map.event(each, number) if isinstance(each, SourceRecord) else each
            for number, each in enumerate(found, 1)
        )
        settled = tuple(
            _numbered(self._accept(reading, record.key, received), number, len(found))
            for number, reading in enumerate(readings, 1)
        )
        return Several(settled) if settled else Ignored("each")

    def _opened(
        self, form: Format, value: bytes, headers: Headers
    ) -> dict[str, Any] | list[Any] | Unreadable | Rejected:
        match form:
            case "avro":
                return read_avro(value, headers, self._registry)
            case "cloudevents":
                return read_cloudevent(value, headers, self._registry)
            case "json":
                return _read_root(value)

    def _accept(
        self, reading: MappedReading, key: bytes | None, received: Instant
    ) -> SourceReading:
        if isinstance(reading, Event):
            reading = sound(reading, received, self.source.time_unit)
        return self._settle(reading, key) if isinstance(reading, Event) else reading

    def _settle(self, event: Event, key: bytes | None) -> SourceReading:
        """Note where a sound event comes from, and check that it says whose it is."""
        event.source = self._name
        if event.cart_id or event.order_id or event.case_id:
            without_unsound_ids(event)
        if self._backfill:
            event.received = event.time
        if self._restricts:
            self._restrict(event)
        if not self._trusted:
            return self._check(event, self._channels)
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


def _read_json(value: bytes, headers: Headers) -> Reading:
    """Read a Legato envelope: as it should be, else as others write it."""
    if fault := _unsound(value):
        return fault
    try:
        return _decode(value)
    except msgspec.ValidationError:
        if value.lstrip().startswith(b"["):
            return _LIST
        return read_loose(value, delivery_of(headers))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)


def _read_root(value: bytes) -> dict[str, Any] | list[Any] | Unreadable | Rejected:
    if fault := _unsound(value):
        return fault
    try:
        root: dict[str, Any] | list[Any] | str = _decode_root(value)
    except msgspec.ValidationError as error:
        return Rejected("bad_envelope", f"the record: {error}", "read")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return unreadable(error)
    opened = entered(root) if isinstance(root, str) else root
    if not isinstance(opened, dict | list):
        return Rejected("bad_envelope", "the record is a text; send an object", "read")
    return opened


def _numbered(reading: SourceReading, number: int, of: int) -> SourceReading:
    """Say of which event of its record a dead letter tells."""
    if isinstance(reading, Misunderstood):
        message = f"event {number} of {of}: {reading.why.message}"
        return Misunderstood(reading.event, replace(reading.why, message=message))
    if isinstance(reading, Unreadable | Rejected):
        return replace(reading, message=f"event {number} of {of}: {reading.message}")
    return reading


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
