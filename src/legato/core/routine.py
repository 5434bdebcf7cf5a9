"""The short way: most events go on where the one before was, and nothing can come of them."""

from __future__ import annotations

from legato.core.apply import JOURNEY_GAP, enter, know, remember_id
from legato.core.context import Context
from legato.core.event import Event
from legato.core.instant import LONG_AGO, Instant
from legato.core.kind import Kind
from legato.core.trail import MOST


def go_on(context: Context, event: Event, kind: Kind, clock: Instant) -> bool:
    """Follow an event without payload if it does what the pipeline would do without a word.

    It must be in time, within the journey, ahead of all that is due, and no change of channel
    or stage. False means that it was left to the pipeline, and that nothing has changed; so
    is a repeated one. The body stands in one piece because nearly every event runs through it.
    """
    time, channel = event.time, event.channel
    if (
        not context.touched <= time <= context.touched + JOURNEY_GAP
        or not time < context.next_due > clock
        or (kind.initiated and context.channel != channel)
        or context.stage in kind.lifts
        or not remember_id(context, event)
    ):
        return False
    context.touched = time
    write, head, tail = kind.stamps[channel]
    trail = context.trail
    trail += write(head, time, tail)
    if context.touches == MOST:
        del trail[: 2 + (trail[0] << 8 | trail[1])]
    else:
        context.touches += 1
    if kind.initiated:
        context.present, context.landing_until = time, LONG_AGO
    session, visit = context.session, event.session_id
    if visit is not None and (session is None or session.id != visit):
        enter(context, event, visit)
    if event.identifiers:
        know(context, event.identifiers)
    return True
