"""What may have brought a customer, though no event tells of it: an advertisement on the air.

It is a touchpoint like those of events, in its place by time. Nothing else comes of it but that
the customer's first stage begins with it.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.apply import has_seen, remember_id
from legato.core.context.context import Context
from legato.core.context.retention import MOST_TOUCHPOINTS, NOTE_MOST, SAME_VISIT
from legato.core.context.timeline import insert, touches
from legato.core.events.event import Event
from legato.core.events.touchpoint import Touchpoint, encode_touchpoint
from legato.core.events.vocabulary import EXPOSED, STAGES
from legato.core.values.time import Instant


class Exposure(Struct, frozen=True, gc=False):
    """An advertisement that could be seen or heard; `id` is the same for all customers."""

    id: str
    time: Instant
    channel: str
    campaign: str = ""


def expose(context: Context, event: Event, exposure: Exposure) -> bool:
    """Note what came before an event that was applied, once.

    False if it is noted already, or if the customer had been there before it.
    """
    noted = replace(event, id=exposure.id)
    if has_seen(context, noted) or _was_there(context, event.channel, exposure.time):
        return False
    remember_id(context, noted)
    campaign = exposure.campaign[:NOTE_MOST]
    _keep(context, Touchpoint(exposure.time, EXPOSED, exposure.channel, campaign))
    since = context.stage_since
    if context.stage == STAGES[0] and since is not None and exposure.time < since:
        context.stage_since = exposure.time
    return True


def _was_there(context: Context, channel: str, aired: Instant) -> bool:
    """Did a visit on a channel go on as it was aired? So it did if too much happened since."""
    trail = touches(context.touchpoints)
    if len(trail) == MOST_TOUCHPOINTS and trail[0].time >= aired:
        return True
    return any(
        each.channel == channel and aired - SAME_VISIT < each.time < aired for each in trail
    )


def _keep(context: Context, touch: Touchpoint) -> None:
    """Put it in front of what happened at the same time, and drop the oldest."""
    trail = context.touchpoints
    packed = encode_touchpoint(touch.time, touch.type, touch.channel, touch.note)
    insert(trail, touch.time - 1, packed)
    if context.touches == MOST_TOUCHPOINTS:
        del trail[: 2 + (trail[0] << 8 | trail[1])]
    else:
        context.touches += 1
