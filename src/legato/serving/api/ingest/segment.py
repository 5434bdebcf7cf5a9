"""Calls of Segment's clients, as records for the source whose `map` is `segment`.

The shapes are those of Segment's HTTP Tracking API: one call, or `batch` with several. What
stands beside a batch (`context`, `sentAt`) is of each call in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from legato.core.events.event import FUTURE
from legato.core.values.time import EARLIEST, SECOND, Instant, read_instant
from legato.serving.api.bodies import EVENT_MOST, EVENTS_MOST
from legato.serving.api.ingest.events import SentEvent, content_id
from legato.serving.api.problems import Problem

CALLS: Mapping[str, str] = {
    "track": "track",
    "t": "track",
    "identify": "identify",
    "i": "identify",
    "page": "page",
    "p": "page",
    "screen": "screen",
    "s": "screen",
    "group": "group",
    "g": "group",
    "alias": "alias",
    "a": "alias",
    "batch": "",
    "b": "",
    "import": "",
}
"""The last part of a path -> the type of the call; empty where the body holds several."""

CALL_MOST = EVENT_MOST + 1_024
"""Bytes of a call as it is written: what its client counted, and what is added to it here."""

Call = dict[str, Any]
_object = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_OF_BATCH = ("batch", "writeKey", "integrations", "messageId", "type")


def read_call(body: bytes) -> Call:
    """Read a body; raises Problem (400)."""
    try:
        return _object(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = f"the body is no call of Segment's: {error}"
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from None


def write_key_of(call: Call) -> str:
    """Read the key that a browser sends in the body; empty if there is none."""
    key = call.get("writeKey")
    return key if isinstance(key, str) else ""


def split_calls(call: Call, kind: str, received: Instant) -> list[SentEvent]:
    """Take a body apart into calls of their own; raises Problem (400, 413, 422).

    `kind` is the type of the call by its path; empty where the body holds several.
    """
    if kind or "batch" not in call:
        return [_sent({**call, "type": kind or call.get("type")}, received)]
    found = call["batch"]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Problem(HTTPStatus.BAD_REQUEST, "`batch` is no list of calls; send one")
    if len(found) > EVENTS_MOST:
        detail = f"{len(found):,} calls; send at most {EVENTS_MOST:,} in one batch"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    around = {name: value for name, value in call.items() if name not in _OF_BATCH}
    return [_sent(_within(around, each), received) for each in found]


def _within(around: Call, call: Call) -> Call:
    """Lay a call over what stands beside the batch; contexts are joined."""
    outer, inner = around.get("context"), call.get("context")
    joined = {**around, **call}
    if isinstance(outer, dict) and isinstance(inner, dict):
        joined["context"] = {**outer, **inner}
    return joined


def _sent(call: Call, received: Instant) -> SentEvent:
    told = {name: value for name, value in call.items() if name != "writeKey"}
    name = told.get("messageId")
    if not isinstance(name, str) or not name.strip():
        name = told["messageId"] = content_id(_encode(told))
    _correct(told, received)
    told["receivedAt"] = _written(received)
    value = _encode(told)
    if len(value) > CALL_MOST:
        detail = f"the call `{name[:80]}` has {len(value)} bytes; send at most {EVENT_MOST}"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return SentEvent(value, name)


def _correct(call: Call, received: Instant) -> None:
    """Tell when it happened by our clock: the client's may be hours off, but runs as ours does.

    `received - (sentAt - originalTimestamp)`, as Segment does it; a `timestamp` alone counts as
    the original. Without `sentAt` it stays; so does what cannot be read, for the worker to say.
    """
    original = call.get("originalTimestamp", call.get("timestamp"))
    if original is None:
        call["timestamp"] = _written(received)
        return
    told, sent = _instant(original), _instant(call.get("sentAt"))
    if told is None:
        return
    happened = told if sent is None else received - (sent - told)
    if EARLIEST <= happened <= received + FUTURE:
        call["timestamp"] = _written(happened)


def _instant(told: object) -> Instant | None:
    try:
        return read_instant(told) if isinstance(told, str) else None
    except (ValueError, OverflowError):
        return None


def _written(instant: Instant) -> str:
    told = datetime.fromtimestamp(instant / SECOND, UTC)
    return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")
