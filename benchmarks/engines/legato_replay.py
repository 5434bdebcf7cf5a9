"""Legato's replay over the log of one partition: RULES-FULL.md in memory, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from benchmarks.engines.legato import PLAYBOOK_FULL, told
from benchmarks.engines.legato_state import journeys_by_name, state_of
from benchmarks.outputs import Output
from benchmarks.states import State
from legato.core.values.outputs import Situation
from legato.harness import Harness, playbook_at
from legato.replay import play, read_log, until_when
from legato.wire.source.source import Source

SOURCE = Source(name="events", topics=("bench.lives",), format="json", trust="customer_id")


def replayed(log: list[dict[str, Any]]) -> tuple[list[Output], list[State]]:
    """Return what Legato tells, and what it knows in the end."""
    harness = Harness(playbook_at(PLAYBOOK_FULL))
    entries = read_log(received(log), "received", SOURCE)
    said = list(play(harness, entries, until_when(None, entries)))
    names = journeys_by_name((each["customer_id"], each["id"]) for each in log)
    outputs = [told(each) for each in said if isinstance(each, Situation)]
    return outputs, [state_of(each, names) for each in harness.contexts.values()]


def received(log: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Write each event with when it was received: when the clock stood so."""
    clock = 0
    for event in log:
        clock = max(clock, event["time"])
        yield msgspec.json.encode({**event, "received": clock})
