"""What became of what was tapped, as it lies in Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from legato.core.events.event import Event
from legato.local import wait_until
from legato.queries.outputs import registry_of
from legato.wire.topics.outcomes import read_outcome
from tests.integration.desk_world import DeskWorld
from tests.integration.said import records

SETTLED_S = 8.0
"""Longer than a tap can be undone: what has not come by then was never sent."""
ARRIVES_S = 60.0


class Told(msgspec.Struct, frozen=True):
    """An outcome: what became of an action on a channel, and why."""

    status: str
    channel: str
    reason: str = ""


def outcomes_of(desk: DeskWorld, customer_id: str) -> list[Told]:
    """All outcomes of the actions for a customer: those of one id are one, as for the line."""
    return [*dict(_outcomes(desk, customer_id)).values()]


def _outcomes(desk: DeskWorld, customer_id: str) -> Iterator[tuple[str, Told]]:
    settings = desk.legato.settings
    registry = registry_of(settings)
    for record in records(settings, "action.outcomes"):
        event = read_outcome(record.value, record.headers, record.time, registry)
        assert isinstance(event, Event), event
        if event.customer_id == customer_id:
            data = msgspec.json.decode(event.data) if event.data else {}
            status = event.type.removeprefix("action.")
            yield event.id, Told(status, event.channel, data.get("reason", ""))


def wait_for_one(desk: DeskWorld, customer_id: str) -> Told:
    """Wait until an outcome is there, and then some: there is that one, and no other."""
    began = time.monotonic()

    def settled() -> list[Told]:
        told = outcomes_of(desk, customer_id)
        return told if time.monotonic() - began > SETTLED_S else []

    [outcome] = wait_until(settled, "an outcome", deadline_s=ARRIVES_S)
    return outcome
