"""A source's maps: a foreign record becomes an envelope, without code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from legato.core.events.event import NO_DATA, Event
from legato.core.values.results import Rejected
from legato.core.values.time import MS_PER
from legato.wire.formats.envelope import BareEnvelope, no_envelope, normalize, unreadable
from legato.wire.source.path import Path, SourceRecord, compile_path, follow
from legato.wire.source.source import Source

_EACH = "[]."


class PayloadMap:
    """Compiled from `{field: path}`.

    `{"items[].sku": "lines[].article"}` makes one item of each line: all fields of one list
    come from the same list of the record.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._flat: dict[str, Path] = {}
        self._lists: dict[str, tuple[Path, dict[str, tuple[str, ...]]]] = {}
        origins: dict[str, str] = {}
        for field, path in paths.items():
            if _EACH not in field:
                self._flat[field] = compile_path(path)
                continue
            name, _, part = field.partition(_EACH)
            origin, each, inner = path.partition(_EACH)
            if not each or origins.setdefault(name, origin) != origin:
                raise ValueError(
                    f"`{field}` needs a path through the same list as its neighbours, "
                    f"not `{path}`; write for example `lines[].sku`"
                )
            found = self._lists.setdefault(name, (compile_path(origin), {}))
            found[1][part] = tuple(inner.split("."))

    def read(self, record: SourceRecord) -> dict[str, Any]:
        """Build the payload; what the record does not have is left out."""
        read = {name: path(record) for name, path in self._flat.items()}
        for name, (path, parts) in self._lists.items():
            rows = path(record)
            if isinstance(rows, list):
                read[name] = [_row(row, parts) for row in rows]
        return {name: value for name, value in read.items() if value is not None}


def _row(row: object, parts: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    found = {part: follow(row, steps) for part, steps in parts.items()}
    return {part: value for part, value in found.items() if value is not None}


FIELDS = (
    "id",
    "type",
    "channel",
    "time",
    "customer_id",
    "session_id",
    "cart_id",
    "order_id",
    "case_id",
    "brand",
    "device",
    "location.venue",
    "location.region",
    "authenticated",
)
"""Fields of the envelope that a source may map, besides `data` and `identifiers`."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_check_json = msgspec.json.Decoder(Raw).decode


class SourceError(ValueError):
    """A source's maps make no sense; the message says which and what to do."""


class EventMap:
    """The maps of one source, compiled. `nested` is for CloudEvents: see `_default_paths`."""

    def __init__(self, source: Source, *, nested: bool = False) -> None:
        try:
            self._fields = {name: _paths(source, name, nested) for name in FIELDS}
            self._data = _paths(source, "data", nested)
            self._given = _paths(source, "identifiers", nested)
            self._identifiers = {k: compile_path(v) for k, v in source.identifiers.items()}
            self._payload = PayloadMap(source.data) if source.data else None
        except ValueError as error:
            raise SourceError(f"source `{source.name}`: {error}") from None
        self._nested = nested and "data" not in source.fields
        self._plain = source.plain and not nested
        self._types, self._channels = source.types, source.channels
        self._defaults, self._ms_per = source.defaults, MS_PER[source.time_unit]
        _check_names(source)

    def event(self, record: SourceRecord) -> Event | Rejected:
        """Read one opened record as an event; the time is not checked yet."""
        try:
            bare = msgspec.convert(self._envelope(record), BareEnvelope)
            data = self._payload_of(record)
        except msgspec.ValidationError as error:
            return no_envelope(error)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError) as error:
            return Rejected("bad_payload", f"`data`: {unreadable(error).message}", "read")
        return normalize(bare, data)

    def _envelope(self, record: SourceRecord) -> dict[str, Any]:
        if self._plain:
            return self._as_it_stands(record.root)
        found: dict[str, Any] = {}
        for name, paths in self._fields.items():
            value = _first(paths, record)
            if value is None:
                value = self._defaults.get(name)
            if value is not None:
                found[name] = value
        self._translate(found)
        found["identifiers"] = self._identifiers_of(record)
        place = {name: found.pop(f"location.{name}", None) for name in ("venue", "region")}
        if any(place.values()):
            found["location"] = place
        return found

    def _as_it_stands(self, root: dict[str, Any]) -> dict[str, Any]:
        time = root.get("time")
        return (
            {**root, "time": _milliseconds(time, 1.0)} if isinstance(time, datetime) else root
        )

    def _translate(self, found: dict[str, Any]) -> None:
        for name, words in (("type", self._types), ("channel", self._channels)):
            word = found.get(name)
            if isinstance(word, str | int):
                found[name] = words.get(str(word), str(word))
        if "time" in found:
            found["time"] = _milliseconds(found["time"], self._ms_per)

    def _identifiers_of(self, record: SourceRecord) -> object:
        if self._identifiers:
            return {name: path(record) for name, path in self._identifiers.items()}
        return _first(self._given, record)

    def _payload_of(self, record: SourceRecord) -> Raw:
        if self._payload is not None:
            return Raw(_encode(self._payload.read(record)))
        data = _first(self._data, record)
        if self._nested and isinstance(data, dict) and isinstance(data.get("data"), dict):
            data = data["data"]
        if data is None:
            return NO_DATA
        return _check_json(data) if isinstance(data, str) else Raw(_encode(data))


def _paths(source: Source, name: str, nested: bool) -> tuple[Path, ...]:
    mapped = source.fields.get(name)
    texts = (mapped,) if mapped is not None else _default_paths(name, nested)
    return tuple(compile_path(text) for text in texts)


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


def _milliseconds(time: object, ms_per: float) -> object:
    if isinstance(time, datetime):
        return round(time.timestamp() * 1000)
    if isinstance(time, str) and time.isdecimal() and time.isascii():
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
