"""Where a customer was last, and where they are awaited: what a venue may know of them.

Both are kept by event time and united name by name, so whichever is heard of first, and
wherever two customers turn out to be one, the same is known. Of more than are kept the oldest
go, also those that are over: so nothing comes up again behind its end.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.context import Awaited, Context, VenueVisit
from legato.core.context.goals import Goal
from legato.core.context.looked_at import article_of
from legato.core.context.reservations import NO_ARTICLE, until_told
from legato.core.context.retention import MOST_AWAITED, MOST_VENUES, PICKUP_FOR, RESERVED_FOR
from legato.core.events.event import TEXT_MAX, Event
from legato.core.events.types import EventType
from legato.core.events.vocabulary import AWAITED
from legato.core.values.time import LONG_AGO, Instant, is_plausible

Visits = tuple[VenueVisit, ...]
AllAwaited = tuple[Awaited, ...]
ALL_RESERVED = Goal("reservation", "").name
"""What stands for all that was reserved: an end that names no article is the end of that."""


class _ToldOfPlace(Struct, gc=False):
    """What an event may tell of a venue, and until when; it owes us none of it."""

    store: Any = None
    until: Any = None


_decode = msgspec.json.Decoder(_ToldOfPlace).decode
_NOTHING = _ToldOfPlace()


def note_places(context: Context, event: Event, kind: EventType) -> None:
    """Keep what an event says of where the customer is, and where they are awaited."""
    if event.location is not None:
        note_visit(context, event, kind)
    if kind.is_awaiting:
        note_awaited(context, event)


def note_visit(context: Context, event: Event, kind: EventType) -> None:
    """Keep that the customer did something at a venue, if it is one of the last."""
    venue = _venue_of(event)
    if venue and _is_there(kind):
        visit, known = VenueVisit(event.time, venue, event.brand or ""), context.venues
        goes_on = known and known[-1].venue == venue and known[-1] < visit
        context.venues = (*known[:-1], visit) if goes_on else united_visits(known, (visit,))


def _is_there(kind: EventType) -> bool:
    """Does it take the customer to where it happens, as what moves their presence does?

    Of a reservation the venue is where the article lies, wherever the customer is.
    """
    moves = kind.initiated and not kind.is_click
    return moves and not kind.name.startswith("reservation.")


def united_visits(ours: Visits, theirs: Visits) -> Visits:
    """Know of each venue the last visit, and of venues the last ones, in order of time."""
    last = {visit.venue: visit for visit in sorted((*ours, *theirs))}
    return (*sorted(last.values())[-MOST_VENUES:],)


def visits_before(known: Visits, start: Instant) -> Visits:
    """Say what was known of visits before an instant."""
    return tuple(each for each in known if each.time < start)


def note_awaited(context: Context, event: Event) -> None:
    """Keep what an event says of being awaited, if it says of what, and where."""
    word = _opening(event) if event.type in AWAITED else _closing(event)
    if word is not None:
        context.awaited = united_awaited(context.awaited, (word,))


def united_awaited(ours: AllAwaited, theirs: AllAwaited) -> AllAwaited:
    """Know of each the last word on its beginning and on its end, the latest of all last."""
    known: dict[str, Awaited] = {}
    for each in (*ours, *theirs):
        before = known.get(each.what)
        known[each.what] = each if before is None else _joined(before, each)
    return (*sorted(known.values(), key=_by_last)[-MOST_AWAITED:],)


def _joined(one: Awaited, other: Awaited) -> Awaited:
    """Of two at one time the greater by name opens, whichever side it was on."""
    return replace(max(one, other), closed=max(one.closed, other.closed))


def _by_last(each: Awaited) -> tuple[Instant, bool, str]:
    """An end goes after what it may end: that must not outlive it."""
    return max(each.opened, each.closed), each.closed >= each.opened, each.what


def awaited_before(known: AllAwaited, start: Instant) -> AllAwaited:
    """Say what was known of being awaited before an instant."""
    ends = (replace(each, closed=_if_before(each.closed, start)) for each in known)
    words = (
        each if each.opened < start else Awaited(each.what, closed=each.closed) for each in ends
    )
    told = (each for each in words if each.opened != LONG_AGO or each.closed != LONG_AGO)
    return (*sorted(told, key=_by_last),)


def _if_before(time: Instant, start: Instant) -> Instant:
    return time if time < start else LONG_AGO


def still_awaited(known: AllAwaited) -> AllAwaited:
    """List what was not told to be over; until when it holds, each says for itself."""
    over = next((each.closed for each in known if each.what == ALL_RESERVED), LONG_AGO)
    return tuple(each for each in known if each.opened > max(each.closed, _end(each, over)))


def _end(each: Awaited, over: Instant) -> Instant:
    return over if each.what.startswith(ALL_RESERVED) else LONG_AGO


def _opening(event: Event) -> Awaited | None:
    """Read that somebody is awaited; None if it does not say for what, or where."""
    told, what = _read(event), _what(event)
    venue = _venue_of(event)
    if what.startswith(ALL_RESERVED):
        until = until_told(told.until)
        if until is None or not is_plausible(until):
            until = event.time + RESERVED_FOR
    else:
        venue, until = venue or _venue(told.store), event.time + PICKUP_FOR
    if not (what and venue):
        return None
    return Awaited(what, event.time, venue, until, event.brand or "")


def _closing(event: Event) -> Awaited | None:
    what = _what(event)
    return Awaited(what, closed=event.time) if what else None


def _what(event: Event) -> str:
    """Name what an event opens or closes, as a goal; empty for an order that has no id."""
    if event.type.startswith("order."):
        order_id = event.order_id or ""
        return Goal("order", order_id).name if 0 < len(order_id) <= TEXT_MAX else ""
    article, _ = article_of(event)
    if event.type in AWAITED:
        article = article or NO_ARTICLE
    return Goal("reservation", article).name


def _venue_of(event: Event) -> str:
    return "" if event.location is None else _venue(event.location.venue)


def _venue(told: object) -> str:
    """A venue's name; what is no text, or longer than a name, is none."""
    return told if isinstance(told, str) and len(told) <= TEXT_MAX else ""


def _read(event: Event) -> _ToldOfPlace:
    try:
        return _decode(event.data or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _NOTHING
