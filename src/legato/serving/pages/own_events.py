"""Events that pages tell themselves: what somebody did at the desk, as any channel tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from legato.core.values.ids import derive_id
from legato.queries.shown import Json
from legato.serving.api.ingest.events import SentEvent
from legato.serving.pages.visit import PageVisit

ONCE_MS = 60_000
"""Told again within a minute, it is the same event."""


class DeskEvent(Struct, frozen=True):
    """What happened, on which channel, to whom; `name` is the same for what is the same.

    Without a name, what is told again within a minute is the same.
    """

    type: str
    channel: str
    identifiers: Mapping[str, str]
    data: Mapping[str, object] = {}
    venue: str = ""
    name: str = ""


async def tell_event(visit: PageVisit, event: DeskEvent) -> None:
    """Have Kafka acknowledge an event of the source `api.source`; raises Problem (422, 503)."""
    told: dict[str, object] = {
        "id": f"desk-{_name_of(visit, event)}",
        "type": event.type,
        "channel": event.channel,
        "time": visit.now,
        "identifiers": event.identifiers,
        "data": event.data,
    }
    if event.venue:
        told["location"] = {"venue": event.venue}
    api = visit.api
    sent = SentEvent(msgspec.json.encode(told), str(told["id"]))
    read = api.sources.intake(api.sources.own).read([sent], visit.now)
    await api.producer.send(read.records)
    api.metrics.events.labels(api.sources.own.name).inc(len(read.records))


def identifier_of(context: Json, ranked: Sequence[str]) -> dict[str, str]:
    """Choose by what an event is to name a customer: the best that they have; or nothing."""
    known: Mapping[str, Sequence[str]] = context.get("identifiers") or {}
    kinds = sorted(
        known, key=lambda kind: (kind not in ranked, kind in ranked and ranked.index(kind))
    )
    return next(({kind: known[kind][0]} for kind in kinds if known[kind]), {})


def _name_of(visit: PageVisit, event: DeskEvent) -> str:
    if event.name:
        return derive_id("desk", event.type, event.name)
    about = visit.user.id, event.type, event.channel, event.venue
    who = (part for pair in sorted(event.identifiers.items()) for part in pair)
    return derive_id("desk", *about, *who, visit.now // ONCE_MS)
