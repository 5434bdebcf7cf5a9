"""Outcomes come under the name that an action said, but the action went where its customer did.

One is judged only by whoever is nothing but a customer. So what waited while that was not
known comes as a record of its own again, and is turned away, if it must be, like any other.
"""

from __future__ import annotations

from msgspec.structs import replace

from legato.core.context.apply import forget_id
from legato.core.context.codec import Codec
from legato.core.context.context import Context, Waiting
from legato.core.events.event import Event
from legato.core.events.types import EVENT_TYPES
from legato.core.events.vocabulary import OUTCOME
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.time import LONG_AGO, Instant

_OUTCOME = OUTCOME.encode()
"""What the JSON of an outcome holds, and that of hardly another event."""


def is_outcome(event: Event) -> bool:
    """Does it tell what became of an action?"""
    return EVENT_TYPES[event.type].is_outcome


def when_it_counts(event: Event) -> Instant:
    """Say at which time a device's event belongs to whom; its actions went with the first."""
    return LONG_AGO if is_outcome(event) else event.time


def take_outcomes(codec: Codec, context: Context) -> list[Event]:
    """Take the outcomes that wait out of a context, so that they can come once more."""
    if not any(_OUTCOME in each.event for each in context.waiting):
        return []
    events = [(each, codec.read_event(each.event)) for each in context.waiting]
    taken = [event for _, event in events if is_outcome(event)]
    others: list[Waiting] = [each for each, event in events if not is_outcome(event)]
    context.waiting = tuple(others)
    for event in taken:
        event.customer_id = context.customer_id
        forget_id(context, event)
    return taken


def for_the_former(context: Context, outcome: Event) -> Event | None:
    """Address an outcome to whom this name parted from, who kept the actions."""
    former = (context.identity or NO_IDENTITY).split_from
    # Names only ever join better ones, so it ends wherever it may go from there.
    if not former or former > context.customer_id:
        return None
    return replace(outcome, customer_id=former)
