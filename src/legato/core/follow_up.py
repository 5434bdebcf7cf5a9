"""What becomes of actions: outcomes are noted, and what a late event made wrong is revoked."""

from __future__ import annotations

from legato.core.context import Context, Taken
from legato.core.event import Event
from legato.core.instant import Instant
from legato.core.output import Revoked
from legato.core.payload import News
from legato.core.playbook import Playbook
from legato.core.policy import consented

_STATUS = {"message.opened": "opened", "message.clicked": "clicked", "handoff.viewed": "viewed"}
_HOW_FAR = {
    "sent": 0,
    "delivered": 1,
    "opened": 2,
    "viewed": 2,
    "clicked": 3,
    "rejected": 4,
    "accepted": 4,
    "converted": 5,
}
_LOST = frozenset(("failed", "expired"))
_TAKEN_BACK = frozenset(("revoked", "revoked_too_late"))


def note_outcome(context: Context, event: Event, news: News) -> None:
    """Write down what became of an action, in whichever order the news of it comes."""
    if news.action_id is None:
        return
    told = _STATUS.get(event.type) or event.type.partition(".")[2]
    for taken in context.actions:
        if taken.action_id == news.action_id:
            taken.status = _becomes(taken.status, told)


def _becomes(status: str, told: str) -> str:
    """Weigh news: what reached the customer after its revocation was revoked too late."""
    if told == "revoked_too_late" or (status in _TAKEN_BACK and _has_reached(told)):
        return "revoked_too_late"
    if status in _TAKEN_BACK:
        return status
    if told in _LOST:
        return told if _HOW_FAR.get(status, 0) <= _HOW_FAR["delivered"] else status
    return told if _HOW_FAR.get(told, -1) >= _HOW_FAR.get(status, 0) else status


def _has_reached(status: str) -> bool:
    return _HOW_FAR.get(status, 0) > 0


def how_far(status: str) -> tuple[int, str]:
    """Order what may have become of an action: the further, the more."""
    return (-1 if status in _LOST else 9 if status in _TAKEN_BACK else _HOW_FAR[status]), status


def revoke(
    playbook: Playbook, context: Context, event: Event, ended: list[str], clock: Instant
) -> tuple[Revoked, ...]:
    """Take back what would not have gone out had this event been known in time.

    That is an action whose goals this event ended, or for which consent is gone with it,
    before it was to go out: the event is late or the action waits. It must still be on its
    way or have been received.
    """
    return tuple(
        _take_back(context, taken, event, reason)
        for taken in context.actions
        if _matters(taken, event, clock)
        and (reason := _wrong(playbook, context, event, ended, taken))
    )


def revoke_addressed(
    context: Context, channels: frozenset[str], addresses: list[str], since: Instant
) -> tuple[Revoked, ...]:
    """Take back what is to reach an address that is somebody else's since then."""
    gone = Event(id="", type="identity.split", channel="", time=since)
    return tuple(
        _take_back(context, taken, gone, "address_gone")
        for taken in context.actions
        if taken.channel in channels
        and taken.address in addresses
        and _matters(taken, gone, since)
    )


def _matters(taken: Taken, event: Event, clock: Instant) -> bool:
    if taken.status in _LOST or taken.status in _TAKEN_BACK:
        return False
    alive = taken.expires > clock or _has_reached(taken.status)
    return event.time < taken.not_before and alive


def _wrong(
    playbook: Playbook, context: Context, event: Event, ended: list[str], taken: Taken
) -> str:
    """Say why an action is wrong now; empty if it is not."""
    if event.type == "consent.updated":
        wanted = consented(playbook, context, taken.purpose, taken.channel)
        return "" if wanted else "no_consent"
    if not taken.goals or not all(_is_ended(goal, ended) for goal in taken.goals):
        return ""
    if event.type.startswith("order."):
        return "converted"
    return "emptied" if event.type.startswith("cart.") else "resolved"


def _is_ended(goal: str, ended: list[str]) -> bool:
    """A cart that is bought takes its checkout along."""
    kind, _, key = goal.partition(":")
    return goal in ended or (kind == "checkout" and f"cart:{key}" in ended)


def _take_back(context: Context, taken: Taken, event: Event, reason: str) -> Revoked:
    too_late = _has_reached(taken.status)
    taken.status = "revoked_too_late" if too_late else "revoked"
    return Revoked(
        customer_id=context.customer_id,
        action_id=taken.action_id,
        channel=taken.channel,
        situation=taken.situation,
        time=event.received or event.time,
        reason=reason,
        too_late=too_late,
    )
