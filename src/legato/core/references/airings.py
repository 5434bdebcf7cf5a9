"""Airings: advertisements that went out to all of a region, and for how long they bring people.

`airing/REGION` is a reference like any other. It counts for what customers of that region do of
their own accord within its window, from anywhere but a venue.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from legato.core.context.exposure import Exposure
from legato.core.events.event import TEXT_MAX, Event
from legato.core.events.types import EventType
from legato.core.references.table import ReferenceTable
from legato.core.values.ids import derive_id
from legato.core.values.time import DAY, SECOND, Span

AIRING = "airing"
MOST_READ = 1_024
"""What is said of airings is alike again and again, so the last ones are kept as read."""

_Seconds = Annotated[float, Meta(gt=0, le=DAY // SECOND)]
_Channel = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]


class Airing(Struct, frozen=True, gc=False):
    """What a reference says of an airing; its time says when it was, its key where."""

    window_s: _Seconds
    campaign: str = ""
    channel: _Channel = "tv"

    @property
    def window(self) -> Span:
        """For how long it brings people."""
        return round(self.window_s * SECOND)


_decode = msgspec.json.Decoder(Airing).decode


def exposure_before(table: ReferenceTable, event: Event) -> Exposure | None:
    """Find the airing in whose window an event is; None, at little cost, if there is none."""
    place = event.location
    if place is None or AIRING not in table.keys_of or not place.region or place.venue:
        return None
    found = table.valid_at(AIRING, place.region, event.time)
    if found is None or found.time + DAY <= event.time:
        return None
    airing = _read(found.value)
    if airing is None or found.time + airing.window <= event.time:
        return None
    name = derive_id(AIRING, found.key, found.time)
    return Exposure(name, found.time, airing.channel, airing.campaign)


def brings(kind: EventType) -> bool:
    """Can an airing have led to an event of this type? Not to what we did, or wrote."""
    return kind.initiated and not kind.is_click


@lru_cache(MOST_READ)
def _read(value: bytes) -> Airing | None:
    """Read what is said of an airing; None of what says too little."""
    try:
        return _decode(value)
    except msgspec.MsgspecError:
        return None
