"""What Segment's clients sent, as it lies in Kafka and as the worker reads it."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from legato.core.events.event import Event
from legato.local import wait_until
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.integration.api_process import ApiProcess
from tests.integration.said import records

Call = dict[str, Any]
WAIT_S = 60.0
_reader = Reader(Source(name="segment", topics=("t",), map="segment"))


def calls_of(api: ApiProcess, user: str) -> list[Call]:
    """All calls about a user that are in Kafka."""
    found = records(api.legato.settings, "site.calls")
    calls = [msgspec.json.decode(record.value or b"") for record in found]
    return [call for call in calls if call.get("userId") == user]


def wait_for_calls(api: ApiProcess, user: str, count: int) -> list[Call]:
    """Wait until so many calls about a user are there, and return all."""

    def enough() -> list[Call]:
        calls = calls_of(api, user)
        return calls if len(calls) >= count else []

    return wait_until(enough, f"{count} calls", deadline_s=WAIT_S)


def read(call: Call) -> Event:
    """Read a call as the worker does."""
    now = time.time_ns() // 1_000_000
    event = _reader.read(msgspec.json.encode(call), None, (), now)
    assert isinstance(event, Event), event
    return event


def before_received_ms(call: Call) -> int:
    """How long before it was received it happened, by its corrected time."""
    return read({**call, "timestamp": call["receivedAt"]}).time - read(call).time
