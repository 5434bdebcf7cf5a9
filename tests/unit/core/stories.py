"""Tell what customers do, in minutes since noon, and see what the line makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Decision
from legato.core.values.time import MINUTE, Instant
from legato.harness import Harness, default_playbook
from legato.wire.blobs import TODAY

T = TypeVar("T")
NOON: Instant = 1_772_452_800_000
"""2 March 2026, 12:00 UTC, a Monday."""
HOURS = 60
DAYS = 24 * HOURS
ENVELOPE = frozenset(Event.__struct_fields__) - {*("type", "channel", "time", "data")}


def at(minute: float) -> Instant:
    """Return the instant so many minutes after noon."""
    return NOON + round(minute * MINUTE)


def event(minute: float, kind: str, channel: str = "web", /, **told: object) -> Event:
    """Say that something happened; what the envelope does not know goes into `data`."""
    data = {name: value for name, value in told.items() if name not in ENVELOPE}
    place = {name: data.pop(name) for name in ("venue", "region") if name in data}
    envelope: dict[str, object] = {
        "id": derive_id(kind, channel, minute, sorted(told.items())),
        "type": kind,
        "channel": channel,
        "time": at(minute),
        "customer_id": "ada",
        **{name: value for name, value in told.items() if name in ENVELOPE},
        "data": data,
    }
    if place:
        envelope["location"] = place
    received = told.get("received")
    if isinstance(received, int | float):
        envelope["received"] = at(received)
    return msgspec.json.decode(msgspec.json.encode(envelope), type=Event)


def added(minute: float, sku: str = "SHOE", channel: str = "web", /, **told: object) -> Event:
    """Put an article into the cart."""
    return event(minute, "cart.item_added", channel, **{"sku": sku, "price": 60.0, **told})


def removed(minute: float, sku: str = "SHOE", channel: str = "web", /, **told: object) -> Event:
    """Take an article out of the cart."""
    return event(minute, "cart.item_removed", channel, **{"sku": sku, **told})


def ordered(minute: float, *skus: str, channel: str = "store", **told: object) -> Event:
    """Order these articles, or without naming any."""
    items = [{"sku": sku} for sku in skus]
    return event(minute, "order.completed", channel, **{"items": items, **told})


def looked(minute: float, channel: str = "web", /, **told: object) -> Event:
    """Look at a page."""
    return event(minute, "page.viewed", channel, **told)


def may(minute: float, status: str = "granted", /, **told: object) -> Event:
    """Grant or deny promotions, on all channels unless one is named in `on`."""
    wish = {"purpose": "promotion", "status": status, "channel": told.pop("on", "*")}
    return event(minute, "consent.updated", "web", **told, consents=[wish])


def stages(harness: Harness) -> list[tuple[float, int | None]]:
    """List the abandonments: minute of the deadline, and stage."""
    return [
        ((found.time - NOON) / MINUTE, found.stage)
        for found in harness.situations
        if found.situation == "cart_abandoned"
    ]


def switches(harness: Harness) -> list[tuple[str, str]]:
    """List the switches: from which channel to which."""
    return [
        (found.evidence["from"], found.evidence["to"])
        for found in harness.situations
        if found.situation == "channel_switched"
    ]


def losers(decision: Decision) -> dict[str, str]:
    """Map each candidate that lost to its reason."""
    return {each.action: each.reason for each in decision.candidates if each.reason != "won"}


def only(found: Sequence[T]) -> T:
    """Return the one that there must be."""
    assert len(found) == 1, found
    return found[0]


def playbook(text: str) -> Playbook:
    """Read a playbook written in a test."""
    return read_playbook(text.encode())


def partition(*, continuous: bool = False) -> Partition:
    """Make a partition of the default playbook that keeps its contexts in `dirty`."""
    return Partition(default_playbook(), TODAY, continuous=continuous)
