"""Where a context says that its customer may be seen: at venues, and in queues."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from legato.core.context.contact import ongoing_contact
from legato.core.context.context import Contact, Context
from legato.core.context.erasure import standing_request
from legato.core.context.places import still_awaited
from legato.core.context.retention import STAYS_VISIBLE
from legato.core.values.time import Instant
from legato.serving.redis_view.keys import CONTACTS, EXPECTED, HERE


class Placing(Struct, array_like=True, frozen=True, gc=False):
    """Until when a customer stands in a set, as the script takes it: at a venue, in a queue."""

    kind: str
    place: str
    until: Instant


def placings_in(context: Context, now: Instant, default_queue: str) -> list[Placing] | None:
    """Name the sets that a customer stands in; None if none.

    A contact that names no queue is one of `default_queue`.
    """
    if not (context.venues or context.awaited or context.contact):
        return None
    if standing_request(context.erasures):
        return None
    found = [*_here(context, now), *_expected(context, now)]
    if context.contact is not None:
        found += _contact(context.contact, now, default_queue)
    return found or None


def _here(context: Context, now: Instant) -> Iterator[Placing]:
    for visit in context.venues:
        if (until := visit.time + STAYS_VISIBLE) > now:
            yield Placing(HERE, visit.venue, until)


def _expected(context: Context, now: Instant) -> Iterator[Placing]:
    """Say until when they are expected at each venue: until the last that it is for."""
    until: dict[str, Instant] = {}
    for each in still_awaited(context.awaited):
        ends = each.until + STAYS_VISIBLE
        if each.venue and ends > now:
            until[each.venue] = max(ends, until.get(each.venue, ends))
    for venue, ends in until.items():
        yield Placing(EXPECTED, venue, ends)


def _contact(contact: Contact, now: Instant, default_queue: str) -> Iterator[Placing]:
    """Name the queue of the contact that goes on."""
    ongoing = ongoing_contact(contact)
    if ongoing is not None and ongoing.until > now:
        yield Placing(CONTACTS, ongoing.queue or default_queue, ongoing.until)
