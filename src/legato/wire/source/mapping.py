"""A source's maps: a foreign record becomes an envelope, without code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from legato.core.events.event import NO_DATA
from legato.core.events.vocabulary import VOCABULARY
from legato.core.values.results import Ignored, Rejected
from legato.core.values.time import MS_PER, Instant
from legato.wire.formats.envelope import (
    BareEnvelope,
    MappedReading,
    nameless,
    no_envelope,
    normalize,
    unreadable,
)
from legato.wire.record import delivery_of
from legato.wire.source.conversion import milliseconds
from legato.wire.source.each import Each
from legato.wire.source.path import Path, SourceRecord, compile_path, is_around
from legato.wire.source.payload_map import PayloadMap
from legato.wire.source.per_type import TypeTable, tables_of
from legato.wire.source.rule import (
    LeftOut,
    PathTrace,
    compile_condition,
    compile_field,
    texts_of,
)
from legato.wire.source.shape import shaped, to_bool
from legato.wire.source.source import FIELDS, Mapped, Source

RECEIVED = "received"
"""As the `value` of `time`: when the broker took the record, for those that do not say."""
_DIGITS = 30
"""Digits of a time that is not too long to be one."""
_encode = msgspec.json.Encoder(decimal_format="number").encode
_check_json = msgspec.json.Decoder(Raw).decode
_decode = msgspec.json.Decoder().decode


class SourceError(ValueError):
    """A source's maps make no sense; the message says which and what to do."""


class TypeMap(Struct, frozen=True):
    """What differs for events of one type, compiled: it lies over the maps of the source."""

    fields: dict[str, Path]
    identifiers: dict[str, Path]
    payload: PayloadMap | None
    carried: Path | None = None
    """Where all of the payload lies, if that is somewhere else for this type."""


class EventMap:
    """The maps of one source, compiled. `nested` is for CloudEvents: see `_default_paths`.

    With `trace`, notes there which paths find something.
    """

    def __init__(
        self, source: Source, *, nested: bool = False, trace: PathTrace | None = None
    ) -> None:
        try:
            self._compile(source, nested, trace)
        except ValueError as error:
            raise SourceError(f"source `{source.name}`: {error}") from None
        self._nested = nested and "data" not in source.fields
        self._plain = source.plain and not nested
        self._shapes = not source.plain
        self._types, self._channels = source.types, source.channels
        self._defaults, self._ms_per = source.defaults, MS_PER[source.time_unit]
        self._id_is_mapped = "id" in source.fields
        self._id_is_around = self._id_is_mapped and _all_around(source.fields["id"])
        _check_names(source)

    def _compile(self, source: Source, nested: bool, trace: PathTrace | None) -> None:
        self._fields = {name: _paths(source, name, nested, trace) for name in FIELDS}
        self._data = _paths(source, "data", nested, trace)
        self._given = _paths(source, "identifiers", nested, trace)
        self._identifiers = _identifiers(source.identifiers, trace)
        self._payload = PayloadMap(source.data, trace) if source.data else None
        self.each = Each(source.each, trace) if source.each else None
        self._when = [compile_condition(each, trace) for each in source.when]
        self._per_type = {
            event_type: _type_map(table, trace)
            for event_type, table in tables_of(source).items()
        }

    def event(self, record: SourceRecord, number: int = 0) -> MappedReading:
        """Read one opened record as an event; the time is not checked yet.

        `number` says which event of its record it is, counted from 1; 0 if it is the record.
        """
        try:
            if self._when and not all(holds(record) for holds in self._when):
                return Ignored("when")
            envelope, own = self._envelope(record, number)
            bare = msgspec.convert(envelope, BareEnvelope)
            data = self._payload_of(record, bare.type, own)
        except LeftOut:
            return Ignored("else")
        except msgspec.ValidationError as error:
            return no_envelope(error)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError) as error:
            return Rejected("bad_payload", f"`data`: {unreadable(error).message}", "read")
        return normalize(bare, data)

    def _envelope(
        self, record: SourceRecord, number: int
    ) -> tuple[dict[str, Any], TypeMap | None]:
        if self._plain:
            return self._as_it_stands(record.root), None
        found = self._found(record)
        _translate(found, "type", self._types)
        own = self._per_type.get(str(found.get("type"))) if self._per_type else None
        if own is not None:
            found |= _there(own.fields, record)
        self._settle(found, record.received)
        if number:
            self._name(found, record, number)
        if nameless(found.get("id")):
            _name_by_delivery(found, record, number)
        found["identifiers"] = self._identifiers_of(record, own)
        place = {name: found.pop(f"location.{name}", None) for name in ("venue", "region")}
        if any(place.values()):
            found["location"] = place
        return found, own

    def _as_it_stands(self, root: dict[str, Any]) -> dict[str, Any]:
        time = root.get("time")
        return (
            {**root, "time": _milliseconds(time, 1.0)} if isinstance(time, datetime) else root
        )

    def _found(self, record: SourceRecord) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, paths in self._fields.items():
            value = _first(paths, record)
            if value is None:
                value = self._defaults.get(name)
            if value is not None:
                found[name] = value
        return found

    def _settle(self, found: dict[str, Any], received: Instant) -> None:
        """Bring channel, time and proof into the words of the core."""
        _translate(found, "channel", self._channels)
        if found.get("time") == RECEIVED:
            found["time"] = received
        elif "time" in found:
            found["time"] = _milliseconds(found["time"], self._ms_per)
        if "authenticated" in found:
            found["authenticated"] = to_bool(found["authenticated"])

    def _name(self, found: dict[str, Any], record: SourceRecord, number: int) -> None:
        """Give an event that has no id of its own that of its record, and its number."""
        if self._id_is_around and not nameless(found.get("id")):
            found["id"] = f"{found['id']}#{number}"
        elif not self._id_is_mapped and "id" not in found:
            whole = record.record
            if isinstance(whole, Mapping) and whole.get("id") is not None:
                found["id"] = f"{whole['id']}#{number}"

    def _identifiers_of(self, record: SourceRecord, own: TypeMap | None) -> object:
        more = {} if own is None else _there(own.identifiers, record)
        if self._identifiers:
            return {name: path(record) for name, path in self._identifiers.items()} | more
        given = _first(self._given, record)
        return {**given, **more} if more and isinstance(given, dict) else more or given

    def _payload_of(self, record: SourceRecord, event_type: str, own: TypeMap | None) -> Raw:
        data = self._data_of(record, own)
        if data is None:
            return NO_DATA
        if isinstance(data, str):
            if not self._shapes or VOCABULARY.payload_of(event_type) is None:
                return _check_json(data)
            data = _decode(data)
        if self._shapes and isinstance(data, dict):
            data = shaped(event_type, data)
        return Raw(_encode(data))

    def _data_of(self, record: SourceRecord, own: TypeMap | None) -> object:
        data: object
        if own is not None and own.carried is not None:
            data = own.carried(record)
        elif self._payload is not None:
            data = self._payload.read(record)
        else:
            data = self._carried(record)
        if own is None or own.payload is None:
            return data
        return _as_object(data) | own.payload.read(record)

    def _carried(self, record: SourceRecord) -> object:
        """Find the payload that the record itself has."""
        data = _first(self._data, record)
        if self._nested and isinstance(data, dict) and isinstance(data.get("data"), dict):
            return data["data"]
        return data


def _name_by_delivery(found: dict[str, Any], record: SourceRecord, number: int) -> None:
    """Call an event that nothing else names after the delivery that it came in."""
    if delivery := delivery_of(record.headers):
        found["id"] = f"{delivery}#{number}" if number else delivery


def _type_map(table: TypeTable, trace: PathTrace | None) -> TypeMap:
    fields = {name: compile_field(name, each, trace) for name, each in table.fields.items()}
    carried = fields.pop("data", None)
    payload = PayloadMap(table.data, trace) if table.data else None
    return TypeMap(fields, _identifiers(table.identifiers, trace), payload, carried)


def _identifiers(maps: Mapping[str, Mapped], trace: PathTrace | None) -> dict[str, Path]:
    return {
        kind: compile_field(f"identifiers.{kind}", each, trace) for kind, each in maps.items()
    }


def _all_around(mapped: Mapped) -> bool:
    texts = list(texts_of(mapped))
    return bool(texts) and all(map(is_around, texts))


def _paths(
    source: Source, name: str, nested: bool, trace: PathTrace | None
) -> tuple[Path, ...]:
    mapped = source.fields.get(name)
    if mapped is not None:
        return (compile_field(name, mapped, trace),)
    return tuple(compile_path(text) for text in _default_paths(name, nested))


def _default_paths(name: str, nested: bool) -> Iterable[str]:
    """Say where a field lies that is not mapped.

    A CloudEvent cannot have `_` in its attributes, so `session_id` is also looked for as
    `sessionid`, and what its attributes do not say in its data.
    """
    if not nested or name == "data":
        return (name,)
    return (name, name.replace("_", ""), f"data.{name}")


def _first(paths: tuple[Path, ...], record: SourceRecord) -> object:
    for path in paths:
        if (value := path(record)) is not None:
            return value
    return None


def _there(paths: Mapping[str, Path], record: SourceRecord) -> dict[str, Any]:
    found = {name: path(record) for name, path in paths.items()}
    return {name: value for name, value in found.items() if value is not None}


def _as_object(data: object) -> dict[str, Any]:
    """Take a payload to lay fields over: an object, also as text; nothing else has any."""
    opened = _decode(data) if isinstance(data, str) else data
    return dict(opened) if isinstance(opened, Mapping) else {}


def _translate(found: dict[str, Any], name: str, words: Mapping[str, str]) -> None:
    word = found.get(name)
    if isinstance(word, str | int):
        found[name] = words.get(str(word), str(word))


def _milliseconds(time: object, ms_per: float) -> object:
    if isinstance(time, datetime):
        return milliseconds(time) if time.tzinfo is not None else round(time.timestamp() * 1000)
    if isinstance(time, str) and time.isdecimal() and time.isascii() and len(time) < _DIGITS:
        time = int(time)
    if ms_per == 1.0 or isinstance(time, bool) or not isinstance(time, int | float):
        return time
    return time * ms_per


def _check_names(source: Source) -> None:
    known = {*FIELDS, "data", "identifiers"}
    for table, names in (("fields", source.fields), ("defaults", source.defaults)):
        if unknown := set(names) - known:
            raise SourceError(
                f"source `{source.name}`: `{table}` names `{min(unknown)}`; "
                f"known are {', '.join(sorted(known))}"
            )
