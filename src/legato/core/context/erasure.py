"""That a customer asked to be forgotten, or took it back: kept by event time.

Each word is kept, not the last one alone, since one that comes late lies between others. Here
nothing is removed: it says whether anything may be done about this customer.
"""

from __future__ import annotations

from collections.abc import Iterable

from legato.core.context.context import Context, ErasureRecord
from legato.core.context.retention import MOST_ERASURES, NOTE_MOST
from legato.core.events.event import Event
from legato.core.events.payloads import ErasurePayload
from legato.core.events.vocabulary import ERASURE_REQUESTED
from legato.core.values.time import Instant

Erasures = tuple[ErasureRecord, ...]
REQUESTED = "requested"
"""What is shown of who is to be forgotten."""


def note_erasure(context: Context, event: Event, told: ErasurePayload) -> None:
    """Keep what an event says of it."""
    asked, proof = event.type == ERASURE_REQUESTED, told.named[:NOTE_MOST]
    word = ErasureRecord(event.time, asked, event.source, proof)
    context.erasures = united_erasures(context.erasures, (word,))


def united_erasures(ours: Iterable[ErasureRecord], theirs: Iterable[ErasureRecord]) -> Erasures:
    """Know each word once, in order of time; of two at one time, that they asked counts."""
    return (*sorted({*ours, *theirs})[-MOST_ERASURES:],)


def erasures_before(known: Erasures, until: Instant) -> Erasures:
    """Say what was known of it before an instant."""
    return tuple(each for each in known if each.time < until)


def is_erased(known: Erasures, since: Instant) -> bool:
    """Did they ask to be forgotten by an instant, and not take it back, or did they since?"""
    if not known:
        return False
    by_then = [each.asked for each in known if each.time <= since]
    return any(by_then[-1:]) or any(each.asked for each in known if each.time > since)


def erasure_status(word: ErasureRecord) -> str:
    """Say by one word what a customer said last of it."""
    return REQUESTED if word.asked else "withdrawn"


def standing_request(known: Erasures) -> ErasureRecord | None:
    """Return the word by which they are to be forgotten; None if none stands."""
    return known[-1] if known and known[-1].asked else None
