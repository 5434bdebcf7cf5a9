"""The conversation with somebody of ours: what was told of it last, and what is going on.

Each part is kept by event time, and of two the later counts: so whichever is heard of first,
and wherever two customers turn out to be one, the same is known. What of it belongs to the
conversation that goes on is found as it is shown: what was told before the last end does not.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct

from legato.core.context.context import Contact, ContactWord, Context, Presence
from legato.core.context.retention import LONGEST_CONTACT, TOLD_MOST
from legato.core.events.event import Event
from legato.core.events.payloads import ConversationPayload
from legato.core.values.time import LONG_AGO, Instant

_STARTED, _ENDED, _QUEUED = "contact.started", "contact.ended", "contact.queued"
_ANSWERED = "contact.answered"
_TOLD_BY = frozenset((_QUEUED, _ANSWERED, _STARTED, "contact.transferred", _ENDED))
T = TypeVar("T", Presence, ContactWord)


class OngoingContact(Struct, frozen=True, omit_defaults=True, gc=False):
    """A conversation that goes on, or is waited for, unless its end was lost: `until` then.

    `channel` is where it was last, `started` when it began, the wait included. `waiting` is
    since when they wait to get through, None if they do not.
    """

    channel: str
    started: Instant
    until: Instant
    queue: str
    agent: str
    waiting: Instant | None
    case_id: str
    reason: str
    brand: str = ""


def note_contact(context: Context, event: Event, told: ConversationPayload) -> None:
    """Keep what an event tells of a conversation with somebody of ours."""
    if event.type in _TOLD_BY:
        heard, known = _heard(event, told), context.contact
        context.contact = heard if known is None else later_contact(known, heard)


def _heard(event: Event, told: ConversationPayload) -> Contact:
    kind, time = event.type, event.time
    step = Presence(time, event.channel)
    began = kind == _STARTED
    return Contact(
        time if began else LONG_AGO,
        event.channel if began else "",
        time if kind == _ENDED else LONG_AGO,
        queued=step if kind == _QUEUED else None,
        answered=step if kind == _ANSWERED else None,
        queue=_word(time, told.queue),
        agent=_word(time, told.agent),
        case_id=_word(time, event.case_id),
        reason=_word(time, told.reason),
        brand=_word(time, event.brand),
    )


def _word(time: Instant, told: str | None) -> ContactWord | None:
    return ContactWord(time, told[:TOLD_MOST]) if told else None


def later_contact(one: Contact, other: Contact) -> Contact:
    """Put together what was told of conversations: of each part the later word counts."""
    last = max(one, other, key=lambda each: (each.started, each.channel))
    return Contact(
        last.started,
        last.channel,
        max(one.ended, other.ended),
        _later(one.queued, other.queued),
        _later(one.answered, other.answered),
        _later(one.queue, other.queue),
        _later(one.agent, other.agent),
        _later(one.case_id, other.case_id),
        _later(one.reason, other.reason),
        _later(one.brand, other.brand),
    )


def _later(one: T | None, other: T | None) -> T | None:
    return max(one, other) if one and other else one or other


def contact_before(contact: Contact, start: Instant) -> Contact | None:
    """Say what was known of conversations before an instant; None if nothing was."""
    began = contact.started < start
    past = Contact(
        contact.started if began else LONG_AGO,
        contact.channel if began else "",
        contact.ended if contact.ended < start else LONG_AGO,
        _before(contact.queued, start),
        _before(contact.answered, start),
        _before(contact.queue, start),
        _before(contact.agent, start),
        _before(contact.case_id, start),
        _before(contact.reason, start),
        _before(contact.brand, start),
    )
    return None if past == NO_CONTACT else past


NO_CONTACT = Contact(LONG_AGO, "")
"""Nothing was told of any."""


def _before(told: T | None, start: Instant) -> T | None:
    return told if told is not None and told.time < start else None


def ongoing_contact(contact: Contact) -> OngoingContact | None:
    """Tell the conversation that goes on; None if all have ended.

    A part belongs to it that was told after the last end, and not longer before its last step
    than a conversation lasts, since that end may be lost.
    """
    steps = _steps(contact)
    last = max(steps, default=None)
    if last is None or last.time <= contact.ended:
        return None
    since = max(contact.ended + 1, last.time - LONGEST_CONTACT)
    waits = last is contact.queued
    heard = (word.time for word in (contact.queue, contact.agent) if word is not None)
    return OngoingContact(
        last.channel,
        min(step.time for step in steps if step.time >= since),
        max([last.time, *heard]) + LONGEST_CONTACT,
        _since(contact.queue, since),
        _since(contact.agent, last.time if waits else since),
        last.time if waits else None,
        _since(contact.case_id, since),
        _since(contact.reason, since),
        _since(contact.brand, since),
    )


def queue_waited_in(contact: Contact, now: Instant) -> str:
    """Name the queue in which they wait at an instant; empty if in none."""
    ongoing = ongoing_contact(contact)
    if ongoing is None or ongoing.waiting is None or not ongoing.waiting <= now < ongoing.until:
        return ""
    return ongoing.queue


def _steps(contact: Contact) -> list[Presence]:
    """When and where they last came into a queue, began to talk, and got through.

    Who got through at the instant at which they came into a queue waits no more.
    """
    started = Presence(contact.started, contact.channel)
    through = [each for each in (started, contact.answered) if each and each.time != LONG_AGO]
    queued = contact.queued
    if queued is None or any(each.time == queued.time for each in through):
        return through
    return [*through, queued]


def _since(told: ContactWord | None, since: Instant) -> str:
    return told.word if told is not None and told.time >= since else ""
