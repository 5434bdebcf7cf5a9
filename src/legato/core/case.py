"""Service cases: opened by a contact, told apart by id or reason, closed when resolved."""

from __future__ import annotations

from legato.core.cart import start_anew
from legato.core.context import Case, Context
from legato.core.event import Event
from legato.core.payload import Contact

_OPENS = frozenset(("contact.started", "message.received", "case.opened"))
_TOLD_MOST = 280


def follow_contact(context: Context, event: Event, contact: Contact) -> list[str]:
    """Open, go on with or close the case of a contact; return the goals that it ended."""
    case_id = _case_id(context, event, contact)
    case = context.cases.get(case_id)
    if case is None and event.type in _OPENS and not contact.resolved:
        case = context.cases[case_id] = Case(
            case_id, contact.reason or "", event.time, event.time, event.id
        )
    if case is not None:
        _remember(case, event, contact)
        if context.runs:
            start_anew(context, f"case:{case_id}")
    if contact.asked_again:
        context.asked_again += 1
    if case is not None and (contact.resolved or event.type == "case.closed"):
        del context.cases[case_id]
        return [f"case:{case_id}"]
    return []


def _case_id(context: Context, event: Event, contact: Contact) -> str:
    """Name the case: its id, else its reason, else the one that was last talked about."""
    if event.case_id:
        return event.case_id
    if contact.reason:
        return _of_reason(context, contact.reason)
    if event.type in _OPENS or not context.cases:
        return "reason:"
    on_channel = [case for case in context.cases.values() if event.channel in case.channels]
    return max(on_channel or context.cases.values(), key=lambda case: case.touched).id


def _of_reason(context: Context, reason: str) -> str:
    """Return the open case with this reason, or the name that a new one will have."""
    return next(
        (case.id for case in context.cases.values() if case.reason == reason),
        f"reason:{reason}",
    )


def _remember(case: Case, event: Event, contact: Contact) -> None:
    if event.time >= case.touched:
        case.touched, case.touched_by = event.time, event.id
        case.bot = contact.bot
    if event.channel not in case.channels:
        case.channels.append(event.channel)
    if contact.text and not case.asked:
        case.asked = contact.text[:_TOLD_MOST]
    for fact in contact.known or ():
        if fact not in case.known:
            case.known.append(fact[:_TOLD_MOST])
