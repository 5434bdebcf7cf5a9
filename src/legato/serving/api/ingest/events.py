"""The body of `POST /v1/events`: events in Legato's envelope, or CloudEvents, as records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from legato.core.events.event import Event
from legato.core.values.results import Rejected, Unreadable
from legato.core.values.time import Instant
from legato.queries.errors import Unclear
from legato.queries.identifier_lookup import IdentifierLookup
from legato.serving.api.bodies import EVENT_MOST, EVENTS_MOST
from legato.serving.api.problems import Problem
from legato.serving.api.producer import OutgoingRecord
from legato.wire.formats.envelope import Misunderstood, Several, SourceReading, each_of
from legato.wire.formats.registry import RegistryDown
from legato.wire.record import BOM
from legato.wire.source.reader import Reader

CLOUD, CLOUD_BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_CLOUD_HEADERS = (("content-type", CLOUD.encode()),)
_PREFIX = "ce-"
ID_BYTES = 16
BAD_MOST = 100
"""So many bad events are named; the count tells of all."""

Headers = tuple[tuple[str, bytes], ...]


class SentEvent(Struct, frozen=True, gc=False):
    """One event of a request: its bytes, the headers that say how to read them, its id."""

    value: bytes
    id: str
    headers: Headers = ()


class BadEvent(Struct, frozen=True, gc=False):
    """What is wrong with one event; `index` is its place in the request, from 0 on."""

    index: int
    id: str
    reason: str
    message: str


class UnsoundEvents(Problem):
    """Events that cannot be read, so that none of their request was taken."""

    def __init__(self, status: HTTPStatus, detail: str, bad: Sequence[BadEvent]) -> None:
        super().__init__(status, detail, errors=bad[:BAD_MOST])
        self.bad = bad


class ReadRequest(Struct, frozen=True):
    """The records of a request, the ids of its events, and what is to be said of some."""

    records: list[OutgoingRecord]
    ids: list[str]
    warnings: list[BadEvent]


class _Wrapped(Struct, gc=False):
    events: list[Raw] | UnsetType = UNSET


class _WithId(Struct, gc=False):
    id: str | int | UnsetType | None = UNSET


_wrapped = msgspec.json.Decoder(_Wrapped).decode
_list = msgspec.json.Decoder(list[Raw]).decode
_with_id_of = msgspec.json.Decoder(_WithId).decode


def split_events(body: bytes, request_key: str) -> list[SentEvent]:
    """Take a body of Legato events apart; raises Problem (400, 422).

    `request_key` is what the client calls the request (`Idempotency-Key`), or empty.
    """
    parts = _split(body.removeprefix(BOM).strip())
    events = []
    for number, part in enumerate(parts, 1):
        value = bytes(part)
        name = _id_of(value)
        if not name and value[:1] == b"{":
            name = f"{request_key}#{number}" if request_key else content_id(value)
            value = _with_id(value, name)
        events.append(SentEvent(value, name))
    return events


def split_cloudevents(
    body: bytes, headers: Mapping[str, str], content_type: str
) -> list[SentEvent]:
    """Take CloudEvents apart: binary, structured, or a batch; raises Problem (400, 422)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == CLOUD_BATCH:
        return [SentEvent(bytes(e), _id_of(bytes(e)), _CLOUD_HEADERS) for e in _listed(body)]
    if kind == CLOUD:
        return [SentEvent(body, _id_of(body), _CLOUD_HEADERS)]
    attributes = tuple(
        (f"ce_{name.removeprefix(_PREFIX)}", unquote(value).encode())
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    )
    told = (("content-type", content_type.encode()),) if content_type else ()
    return [SentEvent(body, unquote(headers.get("ce-id", "")), attributes + told)]


def is_cloudevent(headers: Mapping[str, str]) -> bool:
    """Does a request hold CloudEvents, by the HTTP binding 1.0 of their specification?"""
    kind = headers.get("content-type", "").strip().lower()
    return kind.startswith("application/cloudevents") or "ce-specversion" in headers


class EventIntake:
    """Reads events as the worker will, and makes records for the topic of one source."""

    def __init__(self, reader: Reader, topic: str, lookup: IdentifierLookup) -> None:
        self._reader, self._topic, self._lookup = reader, topic, lookup

    def read(self, events: Sequence[SentEvent], received: Instant) -> ReadRequest:
        """Make records of all, or raise Problem (422) that names each that is bad."""
        records: list[OutgoingRecord] = []
        bad: list[BadEvent] = []
        warnings: list[BadEvent] = []
        for index, event in enumerate(events):
            reading = _fits(event) or self._reading(event, received)
            if isinstance(reading, Unreadable | Rejected):
                bad.append(_bad(index, event, reading))
                continue
            if isinstance(reading, Misunderstood):
                warnings.append(_bad(index, event, reading.why))
            records.append(self._record(event, reading))
        if bad:
            raise _unsound(bad, len(events))
        return ReadRequest(records, [event.id for event in events], warnings)

    def forward(self, events: Sequence[SentEvent], received: Instant) -> list[OutgoingRecord]:
        """Make records of all as they are: what cannot be read is for the worker to say."""
        return [self._record(event, self._reading(event, received)) for event in events]

    def _record(self, event: SentEvent, reading: SourceReading | Several) -> OutgoingRecord:
        return OutgoingRecord(self._topic, self._key(reading), event.value, event.headers)

    def _reading(self, event: SentEvent, received: Instant) -> SourceReading | Several:
        try:
            return self._reader.read(event.value, None, event.headers, received)
        except RegistryDown as error:
            return Rejected("registry_down", str(error))

    def _key(self, reading: SourceReading | Several) -> bytes | None:
        """The name of the best identifier, so that a customer's events stay in order."""
        found = next(_events_of(reading), None)
        if found is None:
            return None
        if found.customer_id:
            return found.customer_id.encode()
        try:
            return self._lookup.key_of(found.identifiers or {}).encode()
        except Unclear:
            return None


def content_id(value: bytes) -> str:
    """Name an event after its bytes: the first 128 bits of their SHA-256, in hexadecimal."""
    return hashlib.sha256(value).digest()[:ID_BYTES].hex()


def _fits(event: SentEvent) -> Rejected | None:
    """Say that an event is too large, if it is."""
    size = len(event.value)
    if size <= EVENT_MOST:
        return None
    return Rejected("too_large", f"{size:,} bytes; an event may have {EVENT_MOST:,}")


def _events_of(reading: SourceReading | Several) -> Iterator[Event]:
    for each in each_of(reading):
        if isinstance(each, Misunderstood):
            yield each.event
        elif isinstance(each, Event):
            yield each


def _split(body: bytes) -> Sequence[Raw | bytes]:
    if body[:1] == b"[":
        return _listed(body)
    try:
        found = _wrapped(body).events
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_events(error) from None
    return [body] if found is UNSET else _few(found)


def _listed(body: bytes) -> list[Raw]:
    try:
        return _few(_list(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_events(error) from None


def _few(events: list[Raw]) -> list[Raw]:
    if len(events) > EVENTS_MOST:
        detail = f"{len(events):,} events; send at most {EVENTS_MOST:,} in one request"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return events


def _no_events(error: Exception) -> Problem:
    detail = f'the body is no event, no list of them and no `{{"events": […]}}`: {error}'
    return Problem(HTTPStatus.BAD_REQUEST, detail)


def _id_of(value: bytes) -> str:
    """Read the id that an event has; empty if it has none, or one that no event can have."""
    try:
        found = _with_id_of(value).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return "" if found is UNSET or found is None else str(found).strip()


def _with_id(value: bytes, name: str) -> bytes:
    """Write an id into an event that has none, or a blank one, and leave all else as it is."""
    inner = value[1:].lstrip()
    comma = b"" if inner[:1] == b"}" else b","
    # The last of two members of one name counts for every reader of ours, so that a blank
    # `id` of the client would win: then the event is written anew.
    told = b'"id":' + msgspec.json.encode(name)
    if b'"id"' not in value:
        return b"{" + told + comma + inner
    try:
        found = msgspec.json.decode(value)
    except (msgspec.MsgspecError, RecursionError):
        return value
    return msgspec.json.encode({**found, "id": name})


def _bad(index: int, event: SentEvent, why: Unreadable | Rejected) -> BadEvent:
    return BadEvent(index, event.id, why.reason, why.message)


def _unsound(bad: list[BadEvent], count: int) -> UnsoundEvents:
    detail = f"{len(bad)} of {count} events cannot be read, so none was taken; mend them"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if count == 1 and bad[0].reason == "too_large":
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return UnsoundEvents(status, detail, bad)
