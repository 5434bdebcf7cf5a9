"""What becomes of actions: outcomes are noted, and what a late event made wrong is revoked."""

from __future__ import annotations

from legato.core.context import Context, Taken
from legato.core.event import Event
from legato.core.instant import Instant
from legato.core.output import Revoked
from legato.core.payload import News

_OVER = frozenset(("revoked", "revoked_too_late", "failed", "expired"))
_REACHED = frozenset(("delivered", "opened", "clicked", "viewed", "accepted", "rejected"))
_STATUS = {"message.opened": "opened", "message.clicked": "clicked", "handoff.viewed": "viewed"}


def note_outcome(context: Context, event: Event, news: News) -> None:
    """Write down what became of an action; one delivered after its revocation came too late."""
    if news.action_id is None:
        return
    status = _STATUS.get(event.type) or event.type.partition(".")[2]
    for taken in context.actions:
        if taken.action_id == news.action_id:
            if taken.status in _OVER:
                status = "revoked_too_late" if status in _REACHED else taken.status
            taken.status = status


def revoke(
    context: Context, ended: list[str], event: Event, clock: Instant
) -> tuple[Revoked, ...]:
    """Take back what would not have been decided had this event been known in time.

    That is an action whose goals this event ended, either before it was decided (the event is
    late), or while it still waits to go out.
    """
    return tuple(
        _take_back(context, taken, event)
        for taken in context.actions
        if _is_wrong(taken, ended, event, clock)
    )


def _is_wrong(taken: Taken, ended: list[str], event: Event, clock: Instant) -> bool:
    if taken.status in _OVER or not taken.goals:
        return False
    if not all(_is_ended(goal, ended) for goal in taken.goals):
        return False
    late, waiting = event.time < taken.decided, event.time < taken.not_before
    return waiting or (late and (taken.expires > clock or taken.status in _REACHED))


def _is_ended(goal: str, ended: list[str]) -> bool:
    """A cart that is bought takes its checkout along."""
    kind, _, key = goal.partition(":")
    return goal in ended or (kind == "checkout" and f"cart:{key}" in ended)


def _take_back(context: Context, taken: Taken, event: Event) -> Revoked:
    too_late = taken.status in _REACHED
    taken.status = "revoked_too_late" if too_late else "revoked"
    return Revoked(
        customer_id=context.customer_id,
        action_id=taken.action_id,
        channel=taken.channel,
        situation=taken.situation,
        time=event.received or event.time,
        reason="converted" if event.type.startswith("order.") else "resolved",
        too_late=too_late,
    )
