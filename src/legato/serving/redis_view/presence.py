"""Where a context says that its customer may be seen: at venues, and in queues."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.context.contact import ongoing_contact
from legato.core.context.context import Contact, Context
from legato.core.context.places import still_awaited
from legato.core.context.retention import LONGEST_CONTACT, STAYS_VISIBLE
from legato.core.values.time import Instant
from legato.serving.redis_view.keys import CONTACTS, EXPECTED, HERE

GONE: Instant = 0
"""Until when somebody stands in a set who is to leave it."""


class Placing(Struct, array_like=True, frozen=True, gc=False):
    """Until when a customer stands in a set, as the script takes it: at a venue, in a queue."""

    kind: str
    place: str
    until: Instant


def placings_in(context: Context, now: Instant) -> list[Placing] | None:
    """Name the sets that a customer stands in, or leaves before their time; None if none."""
    if not (context.venues or context.awaited or context.contact):
        return None
    found = [*_here(context, now), *_expected(context, now)]
    if context.contact is not None:
        found += _contact(context.contact, now)
    return found or None


def _here(context: Context, now: Instant) -> Iterator[Placing]:
    for visit in context.venues:
        if (until := visit.time + STAYS_VISIBLE) > now:
            yield Placing(HERE, visit.venue, until)


def _expected(context: Context, now: Instant) -> Iterator[Placing]:
    """Say until when they are expected at each venue: until the last that it is for."""
    until: dict[str, Instant] = {}
    still = still_awaited(context.awaited)
    for each in context.awaited:
        if each.venue and each.until + STAYS_VISIBLE > now:
            ends = each.until + STAYS_VISIBLE if each in still else GONE
            until[each.venue] = max(ends, until.get(each.venue, GONE))
    for venue, ends in until.items():
        yield Placing(EXPECTED, venue, ends)


def _contact(contact: Contact, now: Instant) -> Iterator[Placing]:
    """Name the queue of the contact that goes on, or of one that ended not long ago."""
    ongoing = ongoing_contact(contact)
    if ongoing is not None:
        if ongoing.queue and ongoing.until > now:
            yield Placing(CONTACTS, ongoing.queue, ongoing.until)
    elif contact.queue is not None and contact.ended + LONGEST_CONTACT > now:
        yield Placing(CONTACTS, contact.queue.word, GONE)
