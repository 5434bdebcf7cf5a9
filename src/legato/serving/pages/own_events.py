"""Events that pages tell themselves: what somebody did at the desk, as any channel tells it."""

from __future__ import annotations

import msgspec

from legato.core.values.ids import derive_id
from legato.serving.api.ingest.events import SentEvent
from legato.serving.pages.visit import PageVisit

ONCE_MS = 60_000
"""Told again within a minute, it is the same event."""


async def tell_event(
    visit: PageVisit, kind: str, channel: str, identifiers: dict[str, str], **more: object
) -> None:
    """Have Kafka acknowledge an event of the source `api.source`; raises Problem (422, 503)."""
    told: dict[str, object] = {
        "type": kind,
        "channel": channel,
        "time": visit.now,
        "identifiers": identifiers,
        **more,
    }
    about = visit.user.id, kind, channel, repr(sorted(identifiers.items())), repr(more)
    name = f"desk-{derive_id('desk', *about, visit.now // ONCE_MS)}"
    event = SentEvent(msgspec.json.encode({"id": name, **told}), name)
    api = visit.api
    read = api.sources.intake(api.sources.own).read([event], visit.now)
    await api.producer.send(read.records)
    api.metrics.events.labels(api.sources.own.name).inc(len(read.records))
