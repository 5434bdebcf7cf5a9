"""What becomes of actions: outcomes are noted, and what a late event made wrong is revoked."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from msgspec.structs import replace

from legato.core.context.consent import consent_for
from legato.core.context.context import ActionRecord, Context
from legato.core.context.erasure import erasures_before, is_erased
from legato.core.context.goals import Goal, goal_named
from legato.core.context.interests import is_bought
from legato.core.context.retention import REMEMBER, REMEMBER_MOST
from legato.core.decisions.action_scope import still_relevant
from legato.core.decisions.quiet_hours import release
from legato.core.decisions.rejections import rejected, to_keep
from legato.core.decisions.touches import note_touch
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback, BouncePayload
from legato.core.events.vocabulary import CONSENTS
from legato.core.playbook.definition import QuietHours
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Revoked
from legato.core.values.results import Rejected
from legato.core.values.time import DAY, Instant

_STATUS = {
    "message.opened": "opened",
    "message.clicked": "clicked",
    "message.bounced": "failed",
    "handoff.viewed": "viewed",
}
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
_ATTENDED = frozenset(("sent", "delivered", "opened", "viewed", "clicked"))
"""What somebody of ours may still have to see to, where the customer is."""
_TAKEN_BACK = frozenset(("revoked", "revoked_too_late"))

NO_ACTION = Rejected("bad_outcome", "no `action_id`; report it as the action said")
UNKNOWN_CUSTOMER = Rejected(
    "bad_outcome", "`customer_id` names nobody who is known; report it as the action said"
)
UNKNOWN_ACTION = Rejected(
    "bad_outcome",
    "`action_id` names no action of this customer, or none that is still known (their last "
    f"{REMEMBER_MOST}, for {REMEMBER // DAY} days); report it as the action said, and sooner",
)


def why_no_outcome(context: Context, news: ActionFeedback) -> Rejected | None:
    """Say why this cannot be what became of an action; None if the context knows that one."""
    if not news.action_id:
        return NO_ACTION
    if any(taken.action_id == news.action_id for taken in context.actions):
        return None
    return UNKNOWN_ACTION if context.revision else UNKNOWN_CUSTOMER


def note_outcome(
    context: Context, event: Event, news: ActionFeedback | BouncePayload
) -> ActionRecord | None:
    """Write down what became of an action, in whichever order the news of it comes.

    Return the action if by this it has come to nothing, though it stood until now.
    """
    taken = next((each for each in context.actions if each.action_id == news.action_id), None)
    if taken is None or (type(news) is BouncePayload and event.time < taken.not_before):
        return None  # what is not out yet cannot have come back: its address is gone
    told = _STATUS.get(event.type) or event.type.partition(".")[2]
    before, taken.status = taken.status, _becomes(taken.status, told)
    taken.reported = taken.reported and _becomes(taken.reported, told)
    note_touch(taken, told, event.time)
    if told == "delivered":
        taken.delivered = later_of(taken.delivered, event.time)
    if told == "rejected":
        no = rejected(taken.action_id, taken, event.time)
        context.rejections = to_keep((*context.rejections, no))
    stood = before not in _LOST and before not in _TAKEN_BACK
    return taken if stood and taken.status == "failed" else None


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


def later_of(one: Instant | None, other: Instant | None) -> Instant | None:
    """Of two reports of a delivery, take the later; news of it may come twice."""
    return max((each for each in (one, other) if each is not None), default=None)


def outcome_rank(status: str) -> tuple[int, str]:
    """Order what may have become of an action: the further, the more."""
    return (-1 if status in _LOST else 9 if status in _TAKEN_BACK else _HOW_FAR[status]), status


def revoke(
    context: Context, event: Event, reduced_goals: list[str], clock: Instant
) -> tuple[Revoked, ...]:
    """Take back what would not have gone out had this event been known in time.

    That is an action of whose goals nothing is left after this event, or for which consent is
    gone with it, before it was to go out: the event is late or the action waits. It must still
    be on its way or have been received.
    """
    return tuple(
        _take_back(context, taken, event, reason)
        for taken in context.actions
        if _matters(taken, event, clock)
        and (reason := _wrong(context, event, reduced_goals, taken))
    )


def revoke_all(
    context: Context, wrong: list[ActionRecord], reason: str, since: Instant
) -> tuple[Revoked, ...]:
    """Take back what turned out to be wrong as two customers met, if it is not too late."""
    met = Event(id="", type="identity.merged", channel="", time=since)
    return tuple(
        _take_back(context, taken, met, reason) for taken in wrong if _is_alive(taken, since)
    )


def withdraw(
    context: Context, action_id: str, reason: str, event: Event, clock: Instant
) -> tuple[Revoked, ...]:
    """Take back an action to which an address does not agree any more, if not too late."""
    return tuple(
        replace(_take_back(context, taken, event, reason), by="address")
        for taken in context.actions
        if taken.action_id == action_id and _is_alive(taken, clock)
    )


def revoke_retracted(
    context: Context, situation_id: str, names: Iterable[str], clock: Instant
) -> tuple[Revoked, ...]:
    """Take back the actions, by their `names`, of a situation that turned out to be none."""
    wrong = {derive_id(situation_id, name) for name in names}
    met = Event(id="", type="situation.retracted", channel="", time=clock)
    return tuple(
        _take_back(context, taken, met, "superseded")
        for taken in context.actions
        if taken.action_id in wrong and _is_alive(taken, clock)
    )


def revoke_ended(
    context: Context, wrong: Callable[[ActionRecord], bool], reason: str, event: Event
) -> tuple[Revoked, ...]:
    """Take back what was to be done about a situation that ended, and reached nobody yet.

    Should the rest come back, nothing is decided again.
    """
    known, ended = max(event.received, event.time), [*filter(wrong, context.actions)]
    for taken in ended:
        taken.retry = None
    return tuple(
        _take_back(context, taken, event, reason)
        for taken in ended
        if _is_alive(taken, known) and not _has_reached(taken.status)
    )


def is_withdrawn(taken: ActionRecord, names: Container[str], since: Instant) -> bool:
    """Is an action still to be done whose name the playbook lacks since then?"""
    return (
        taken.name not in names and _is_alive(taken, since) and not _has_reached(taken.status)
    )


def revoke_withdrawn(
    context: Context, names: Container[str], since: Instant
) -> tuple[Revoked, ...]:
    """Take back what is still to be done, but not among the actions of these names."""
    gone = Event(id="", type="playbook.published", channel="", time=since)
    wrong = [taken for taken in context.actions if is_withdrawn(taken, names, since)]
    for taken in wrong:
        taken.retry = None
    return tuple(_take_back(context, taken, gone, "withdrawn") for taken in wrong)


def revoke_erased(
    context: Context, pulls: Container[str], event: Event, clock: Instant
) -> tuple[Revoked, ...]:
    """Take back what is open though they asked to be forgotten; `pulls` are where they come."""
    wrong = [
        taken
        for taken in context.actions
        if _is_alive(taken, clock) and _is_to_be_forgotten(context, taken, pulls)
    ]
    for taken in wrong:
        taken.retry = None
    return tuple(_take_back(context, taken, event, "erased") for taken in wrong)


def _is_to_be_forgotten(context: Context, taken: ActionRecord, pulls: Container[str]) -> bool:
    """Did they ask to be forgotten by its decision, or while it was open after that?"""
    closed = taken.expires
    attended = taken.channel in pulls and taken.status in _ATTENDED
    if _has_reached(taken.status) and not attended:
        known = (taken.reached, taken.delivered)
        reached = next((at for at in known if at is not None), taken.not_before)
        closed = min(closed, reached)
    return is_erased(erasures_before(context.erasures, closed), taken.decided)


def revoke_addressed(
    context: Context, channels: frozenset[str], addresses: list[str], since: Instant
) -> tuple[Revoked, ...]:
    """Take back what is to reach an address that is lost since then, or somebody else's.

    A loss of the very instant at which an action goes out counts, though its deadline fired
    before: it goes out then at the earliest, so it would reach whoever has the address by then.
    """
    gone = Event(id="", type="identity.split", channel="", time=since)
    return tuple(
        _take_back(context, taken, gone, "address_gone")
        for taken in context.actions
        if taken.channel in channels
        and taken.address in addresses
        and since <= taken.not_before
        and _is_alive(taken, since)
    )


def revoke_woken(
    context: Context, quiet: QuietHours | None, event: Event, clock: Instant
) -> list[tuple[ActionRecord, Revoked]]:
    """Take back what waits for a morning that is night in the zone that is known now.

    What could go out sooner by the new zone waits as it was told.
    """
    zone = context.profile.time_zone
    wrong = [
        taken
        for taken in context.actions
        if quiet is not None
        and taken.channel in quiet.channels
        and taken.not_before > clock
        and _is_alive(taken, clock)
        and release(quiet, zone, taken.not_before) != taken.not_before
    ]
    return [(taken, _take_back(context, taken, event, "quiet_hours")) for taken in wrong]


def _matters(taken: ActionRecord, event: Event, clock: Instant) -> bool:
    return event.time < taken.not_before and _is_alive(taken, clock)


def _is_alive(taken: ActionRecord, clock: Instant) -> bool:
    if taken.status in _LOST or taken.status in _TAKEN_BACK:
        return False
    return taken.expires > clock or _has_reached(taken.status)


def _wrong(
    context: Context, event: Event, reduced_goals: list[str], taken: ActionRecord
) -> str:
    """Say why an action is wrong now; empty if it is not."""
    if event.type in CONSENTS:
        return "no_consent" if unwanted(context, taken) else ""
    if not is_over(context, taken, reduced_goals):
        return ""
    if event.type.startswith("order."):
        return "converted"
    return "emptied" if event.type.startswith("cart.") else "resolved"


def is_over(context: Context, taken: ActionRecord, reduced_goals: list[str]) -> bool:
    """Is nothing left of what an action was about, now that its goals were taken from?"""
    return (
        any(_is_among(reduced_goals, goal) for goal in taken.goals)
        and all(_is_settled(context, reduced_goals, goal, taken) for goal in taken.goals)
        and not any(still_relevant(context, goal, taken) for goal in taken.goals)
    )


def _is_settled(
    context: Context, reduced_goals: list[str], goal: str, taken: ActionRecord
) -> bool:
    """Was a goal taken from? An interest is settled once, by whichever order."""
    wanted = goal_named(goal)
    if wanted.kind == "interest":
        return is_bought(context, wanted.key, taken.decided, taken.not_before)
    return _is_among(reduced_goals, goal)


def _is_among(reduced_goals: list[str], goal: str) -> bool:
    """A cart that is bought takes its checkout along."""
    wanted = goal_named(goal)
    with_cart = wanted.kind == "checkout" and Goal("cart", wanted.key).name in reduced_goals
    return goal in reduced_goals or with_cart


def unwanted(context: Context, taken: ActionRecord) -> bool:
    """Was it refused before it went out, by the newest word that is known of that time?"""
    wishes = {
        key: wish for key, wish in context.consents.items() if wish.time < taken.not_before
    }
    return consent_for(wishes, taken.purpose, taken.channel) is False


def _take_back(context: Context, taken: ActionRecord, event: Event, reason: str) -> Revoked:
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
