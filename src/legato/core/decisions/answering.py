"""Whoever an address belongs to allows what others would send there, or does not: the judge.

What was allowed is reserved: it counts in their caps, and is taken back if something is heard
later that makes it wrong. docs/addresses.md has the whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from legato.core.context.consent import consent_for
from legato.core.context.context import Context, Order, Reservation
from legato.core.context.erasure import erasures_before, is_erased
from legato.core.context.orders import COMPLETED
from legato.core.context.retention import MOST_RESERVED
from legato.core.decisions.caps import counted_actions, remembered_for
from legato.core.decisions.rejections import rejected, to_keep
from legato.core.decisions.spacing import SECRET, SPACING, Proposal
from legato.core.events.event import Event
from legato.core.identity.commands import (
    AddressAnswered,
    AskAddress,
    ReservationChanged,
    WithdrawAction,
)
from legato.core.playbook.definition import Playbook
from legato.core.values.time import Instant


def answer_due(
    playbook: Playbook, context: Context, now: Instant
) -> list[AddressAnswered | AskAddress]:
    """Answer the questions whose time has come, or let the next name of the address answer."""
    due = [each for each in context.questions if each.time <= now]
    context.questions = tuple(each for each in context.questions if each.time > now)
    return [_answer(playbook, context, each) for each in due]


def _answer(
    playbook: Playbook, context: Context, ask: AskAddress
) -> AddressAnswered | AskAddress:
    """Reserve on yes; what was sent by then needs no answer but is reserved as well."""
    if not ask.sent and (why := _why_not(playbook, context, ask)):
        return AddressAnswered(ask.asker, ask.action_id, *why)
    since = ask.time - remembered_for(playbook)
    others = [
        each
        for each in context.reserved
        if each.ask.action_id != ask.action_id and each.ask.time > since
    ]
    context.reserved = (*others[1 - MOST_RESERVED :], Reservation(ask))
    if ask.also:
        first, *others_to_ask = ask.also
        return replace(ask, to=first, also=tuple(others_to_ask))
    return AddressAnswered(ask.asker, ask.action_id)


def _why_not(playbook: Playbook, context: Context, ask: AskAddress) -> tuple[str, str] | None:
    """Say by which code it may not go out, and by which rule; None if it may."""
    if is_erased(context.erasures, ask.time):
        return "erased", ""
    if reason := _known_refusal(context, ask):
        return reason, ""
    taken = counted_actions(context, ask.action_id)
    proposal = Proposal(playbook, context, ask, ask.not_before, taken, ask.offer)
    for reason, forbids in SPACING.items():
        if (name := forbids(proposal)) is not None:
            return reason, "" if reason in SECRET else name
    return None


def _known_refusal(context: Context, ask: AskAddress) -> str:
    """Say by which code what is known here forbids it; silence is no refusal."""
    if consent_for(context.consents, ask.purpose, ask.channel, ask.brand) is False:
        return "no_consent"
    if ask.articles and all(
        _is_ordered(context.orders, sku, since) for sku, since in ask.articles.items()
    ):
        return "converted"
    return ""


def _is_ordered(orders: Iterable[Order], sku: str, since: Instant) -> bool:
    return any(
        order.time >= since and sku in order.skus and order.status == COMPLETED
        for order in orders
    )


def withdrawn(context: Context, event: Event) -> list[WithdrawAction]:
    """Take back what others may send here, if an event from before makes it wrong."""
    return [
        WithdrawAction(ask.asker, ask.action_id, why, event.time)
        for ask in (each.ask for each in context.reserved)
        if event.time < ask.not_before and (why := _known_refusal(context, ask))
    ]


def withdrawn_as_forgotten(context: Context, event: Event) -> list[WithdrawAction]:
    """Take back what others may send to whoever asked to be forgotten, as an event tells."""
    return [
        WithdrawAction(each.ask.asker, each.ask.action_id, "erased", event.time)
        for each in context.reserved
        if _is_to_be_forgotten(context, each)
    ]


def _is_to_be_forgotten(context: Context, reserved: Reservation) -> bool:
    """Did they ask to be forgotten before it is over what another sends here?"""
    ask, delivered = reserved.ask, reserved.delivered
    over = ask.expires if delivered is None else min(ask.expires, delivered)
    return is_erased(erasures_before(context.erasures, over), ask.time)


def change_reservation(context: Context, change: ReservationChanged) -> None:
    """Note what became of an action that was allowed here."""
    if change.rejected is not None:
        _reject(context, change.action_id, change.rejected)
    if change.delivered is None:
        context.reserved = tuple(
            each for each in context.reserved if each.ask.action_id != change.action_id
        )
        context.questions = tuple(
            each for each in context.questions if each.action_id != change.action_id
        )
        return
    context.reserved = tuple(
        replace(each, delivered=change.delivered)
        if each.ask.action_id == change.action_id
        else each
        for each in context.reserved
    )


def _reject(context: Context, action_id: str, time: Instant) -> None:
    """Know that what others were allowed to send was rejected."""
    for ask in (*(each.ask for each in context.reserved), *context.questions):
        if ask.action_id == action_id:
            context.rejections = to_keep((*context.rejections, rejected(action_id, ask, time)))
