"""The short way: most events go on where the one before was, and nothing can come of them."""

from __future__ import annotations

from legato.core.context.apply import (
    append_touchpoint,
    remember_id,
    update_presence,
)
from legato.core.context.bounces import give_addresses
from legato.core.context.brands import note_brand
from legato.core.context.context import Context
from legato.core.context.identifiers import record_identifiers
from legato.core.context.looked_at import note_look
from legato.core.context.places import note_visit
from legato.core.context.retention import JOURNEY_GAP
from legato.core.events.event import Event
from legato.core.events.touchpoint import encode_touchpoint
from legato.core.events.types import EventType
from legato.core.values.time import Instant


def try_fast_path(context: Context, event: Event, kind: EventType, clock: Instant) -> bool:
    """Follow an event that tells nothing if it does what the pipeline would do without a word.

    It must be in time, within the journey, ahead of all that is due, and no change of channel
    or stage. False means that it was left to the pipeline, and that nothing has changed; so
    is a repeated one.
    """
    time, channel = event.time, event.channel
    if (
        not context.touched <= time <= context.touched + JOURNEY_GAP
        or not time < context.next_due > clock
        or (kind.initiated and (context.channel != channel or context.elsewhere))
        or context.stage in kind.lifts
        or not remember_id(context, event)
    ):
        return False
    if event.brand:
        note_brand(context, event.brand)
        touchpoint = encode_touchpoint(time, kind.name, channel, "", event.brand)
    else:
        write, head, tail = kind.encoders[channel]
        touchpoint = write(head, time, tail)
    append_touchpoint(context, time, touchpoint)
    update_presence(context, event, kind)
    if event.location is not None:
        note_visit(context, event, kind)
    if kind.is_look:
        note_look(context, event)
    if event.identifiers:
        record_identifiers(context, event)
        if kind.gives_address:
            give_addresses(context, time, event.identifiers)
    return True
