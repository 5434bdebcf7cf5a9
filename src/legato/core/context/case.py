"""Service cases: opened by a contact, told apart by id or reason, closed when resolved."""

from __future__ import annotations

from legato.core.context.contact import note_contact
from legato.core.context.context import Case, ClosedCase, Context
from legato.core.context.goals import Goal
from legato.core.context.retention import KEEP_CLOSED, KNOWN_FACTS, MOST_CLOSED, TOLD_MOST
from legato.core.context.runs import reset_stages
from legato.core.events.event import Event
from legato.core.events.payloads import ConversationPayload
from legato.core.values.time import LONG_AGO

_OPENS = frozenset(("contact.started", "message.received", "case.opened"))
UNSAID = "reason:"
"""The case of those who say neither what it is about nor which it is."""
_A_HUMAN = frozenset(("contact.answered", "contact.ended"))


def follow_contact(context: Context, event: Event, contact: ConversationPayload) -> list[str]:
    """Open, go on with or close the case of a contact; return the goals that it ended."""
    note_contact(context, event, contact)
    case_id = case_of(context, event, contact)
    case = context.cases.get(case_id)
    closes = contact.resolved is True or event.type == "case.closed"
    says_nothing = event.type == "contact.ended" and case_id == UNSAID and not closes
    if case is None and not closes and (says_nothing or _opens(context, event, case_id)):
        reason = (contact.reason or "")[:TOLD_MOST]
        opened = LONG_AGO if says_nothing else event.time
        named = (case_id, reason, event.time, event.time, event.id)
        case = Case(*named, last_opened=opened, brand=event.brand or "")
        context.cases[case_id] = case
    if case is not None:
        _remember(context, case, event, contact)
        if says_nothing:
            case.ended = max(event.time, case.ended or event.time)
    if contact.asked_again:
        context.asked_again += 1
    settled = ClosedCase(case_id, event.time, contact.resolved is not False)
    return _close_case(context, settled) if closes else []


def _opens(context: Context, event: Event, case_id: str) -> bool:
    """Tell whether the contact opens a case; a late one opens none that was settled since."""
    return event.type in _OPENS and not any(
        settled.case_id == case_id and settled.time > event.time
        for settled in context.closed_cases
    )


def _close_case(context: Context, closing: ClosedCase) -> list[str]:
    """Close a case, unless the customer asked again since; a late question comes to nothing."""
    case_id, time = closing.case_id, closing.time
    recent = [settled for settled in context.closed_cases if settled.time > time - KEEP_CLOSED]
    context.closed_cases = (*recent[1 - MOST_CLOSED :], closing)
    case = context.cases.get(case_id)
    if case is None or case.last_opened > time:
        return []
    del context.cases[case_id]
    if context.runs:
        reset_stages(context, Goal("case", case_id).name)
    return [Goal("case", case_id).name]


def case_of(context: Context, event: Event, contact: ConversationPayload) -> str:
    """Name the case: its id, else its reason, else the one that was last talked about."""
    if event.case_id:
        return event.case_id
    if contact.reason:
        return _of_reason(context, contact.reason)
    if event.type in _OPENS or not context.cases:
        return UNSAID
    on_channel = [case for case in context.cases.values() if event.channel in case.channels]
    return max(on_channel or context.cases.values(), key=lambda case: case.touched).id


def _of_reason(context: Context, reason: str) -> str:
    """Return the open case with this reason, or the name that a new one will have."""
    return next(
        (case.id for case in context.cases.values() if case.reason == reason),
        f"reason:{reason}",
    )


def _remember(context: Context, case: Case, event: Event, contact: ConversationPayload) -> None:
    if event.time > case.touched:
        case.touched, case.touched_by = event.time, event.id
        if context.runs:
            reset_stages(context, Goal("case", case.id).name)
    if event.type in _OPENS:
        if event.time < case.opened:
            case.opened, case.brand = event.time, event.brand or ""
        case.last_opened = max(case.last_opened, event.time)
    if event.channel not in case.channels:
        case.channels.append(event.channel)
    if contact.text and not case.asked:
        case.asked = contact.text[:TOLD_MOST]
    case.bot = contact.bot or (case.bot and event.type not in _A_HUMAN)
    fresh = [fact[:TOLD_MOST] for fact in contact.known or () if fact not in case.known]
    case.known = [*case.known, *fresh][-KNOWN_FACTS:]
