"""Contact policy: why an action may not be taken, whatever it is worth.

A check is a reason code and what forbids; they are asked in the order of `CHECKS`, and the
first that forbids is the reason. A new one is a function and a line of this list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from msgspec import Struct

from legato.core.conditions.compile import Condition
from legato.core.conditions.scope import Scope
from legato.core.context.consent import consent_for, latest
from legato.core.context.context import Context, Fallback, worth_of
from legato.core.context.erasure import is_erased
from legato.core.context.goals import goal_named
from legato.core.decisions.brake import Brake
from legato.core.decisions.capacity import lacks
from legato.core.decisions.caps import RELEASED, counted_actions
from legato.core.decisions.history import HISTORY
from legato.core.decisions.quiet_hours import release
from legato.core.decisions.spacing import (
    Proposal,
    cools_down,
    excludes,
    offers_another,
    suppresses,
    uses_up,
)
from legato.core.events.event import Event
from legato.core.events.payloads import ConversationPayload
from legato.core.events.wishes import Told
from legato.core.identity.normalize import is_address
from legato.core.playbook.definition import ActionDefinition, Playbook, Requirement, When
from legato.core.references.as_of import ReferencesAsOf
from legato.core.situations.kept_event import event_of
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Consent, Situation
from legato.core.values.time import LONG_AGO, NEVER, Instant

RATE = "rate"
"""What the detail of `expired` says if a slot came too late."""


class DecisionInput(Struct, frozen=True, gc=False):
    """What a decision looks at besides the context: what happened, and when.

    `now` is the time of the situation, `clock` how late it is found out; `cause` is the event
    that showed it (None for a timer) and `ended` the goals that this same event finished.
    `fallback` is there when it is decided again, `references` are as they were at `now`.
    `brake` knows the free slots of channels that have a rate; `held` is an action whose address
    was asked, by its id, and the slot that it has taken. `is_past` is it while history is read.
    """

    now: Instant
    clock: Instant
    cause: Event | None = None
    told: Told | None = None
    ended: tuple[str, ...] = ()
    fallback: Fallback | None = None
    references: ReferencesAsOf | None = None
    brake: Brake | None = None
    held: tuple[str, Instant] | None = None
    is_past: bool = False

    @property
    def brand(self) -> str:
        """The brand in whose name it happened; empty for all."""
        if self.fallback is not None:
            return self.fallback.brand
        return (self.cause.brand if self.cause else "") or ""


class Eligible(Struct, frozen=True, gc=False):
    """A plan that may be taken: to which address, and from when until when."""

    address: str
    not_before: Instant
    expires: Instant
    consent: Consent | None = None
    address_type: str = ""


class Ineligible(Struct, frozen=True, gc=False):
    """Why a plan may not be taken: a reason code, and the name of what forbids it."""

    reason: str
    detail: str = ""
    by: str = ""


class PolicyRequest(Struct, gc=False):
    """May this action be taken about this situation? Checks fill in where to, and when.

    All requests about one situation may share a `scope`, which keeps what conditions read.
    """

    playbook: Playbook
    context: Context
    situation: Situation
    action: ActionDefinition
    moment: DecisionInput
    scope: Scope | None = None
    address: str = ""
    address_type: str = ""
    not_before: Instant = 0
    expires: Instant = 0
    proposal: Proposal | None = None
    slot: Instant | None = None


class PolicyCheck(Struct, frozen=True):
    """A reason code, and what forbids: by name, or not; None if nothing does."""

    reason: str
    forbids: Callable[[PolicyRequest], str | None]


def check_policy(
    request: PolicyRequest, checks: Sequence[PolicyCheck] | None = None
) -> Eligible | Ineligible:
    """Say how an action can be carried out, or the first reason why it cannot."""
    for check in CHECKS if checks is None else checks:
        detail = check.forbids(request)
        if detail is not None:
            return Ineligible(check.reason, detail)
    if _slot(request) > request.not_before:
        request.not_before = _slot(request)
        if request.expires <= request.not_before:
            return Ineligible("expired", RATE)
    action, consents = request.action, request.context.consents
    consent = (
        latest(consents, action.purpose, action.channel, request.moment.brand)
        if consents
        else None
    )
    return Eligible(
        request.address, request.not_before, request.expires, consent, request.address_type
    )


def action_id_of(situation: Situation, plan: ActionDefinition) -> str:
    """Name the action that a plan becomes about a situation: the same on every replay."""
    return derive_id(situation.situation_id, plan.name)


def applies(when: When, request: PolicyRequest) -> bool:
    """Tell whether everything that `when` asks is so; not where it cannot be answered."""
    if isinstance(when, Condition):
        return when.holds(scope_of(request))
    return _matches(when, request.context, request.situation)


def scope_of(request: PolicyRequest) -> Scope:
    """What conditions and templates of an action look at: the event that completed it.

    For what time alone showed, that is the event that time counted from, as far as it was kept.
    """
    if request.scope is None:
        situation, event = request.situation, request.moment.cause
        if (kept := situation.evidence.get("event")) is not None:
            event = event_of(kept)
        moment = request.moment
        request.scope = Scope(moment.now, request.context, event, situation, moment.references)
    return request.scope


def _matches(when: Requirement, context: Context, situation: Situation) -> bool:
    evidence = situation.evidence
    return (
        (not when.to or evidence.get("to") in when.to)
        and (
            not when.come_from or evidence.get("from", evidence.get("origin")) in when.come_from
        )
        and (
            not when.goal or any(goal_named(goal).kind in when.goal for goal in situation.goals)
        )
        and (not when.stage or situation.stage in when.stage)
        and (not when.value_at_least or _is_worth(when.value_at_least, context, situation))
    )


def _is_worth(
    at_least: float | dict[str, float], context: Context, situation: Situation
) -> bool:
    """Do the carts come to so much, in the only currency or in one of those that are named?"""
    goals = map(goal_named, situation.goals)
    keys = dict.fromkeys(goal.key for goal in goals if goal.kind in ("cart", "checkout"))
    worth = worth_of(context.carts[key] for key in keys if key in context.carts)
    if isinstance(at_least, dict):
        return any(worth.get(name, 0.0) >= value for name, value in at_least.items())
    return len(worth) == 1 and next(iter(worth.values())) >= at_least


def consented(
    playbook: Playbook, context: Context, purpose: str, channel: str, brand: str = ""
) -> bool:
    """Does the customer want this? Where they never said, only if the purpose is implied."""
    wanted = (
        consent_for(context.consents, purpose, channel, brand) if context.consents else None
    )
    return purpose in playbook.implied if wanted is None else wanted


def _is_paused(request: PolicyRequest) -> str | None:
    return "" if request.action.paused else None


def _is_not_asked_for(request: PolicyRequest) -> str | None:
    return None if applies(request.action.when, request) else ""


def _is_erased(request: PolicyRequest) -> str | None:
    """Did they ask to be forgotten? What was found before that stays undone for good."""
    erasures = request.context.erasures
    return "" if erasures and is_erased(erasures, request.situation.time) else None


def _is_done(request: PolicyRequest) -> str | None:
    goals, ended = request.situation.goals, request.moment.ended
    return "" if ended and goals and all(goal in ended for goal in goals) else None


def _is_taken(request: PolicyRequest) -> str | None:
    """Was the very same done already, whatever became of it, or does it wait for a word?"""
    context, situation, plan = request.context, request.situation, request.action
    if not (context.actions or context.asks):
        return None
    known = (*context.actions, *(ask.action for ask in context.asks))
    alike = [
        taken.action_id
        for taken in known
        if taken.occurrence_id == situation.occurrence_id and taken.name == plan.name
    ]
    return "" if alike and action_id_of(situation, plan) in alike else None


def _is_unwanted(request: PolicyRequest) -> str | None:
    action = request.action
    about = action.purpose, action.channel, request.moment.brand
    return None if consented(request.playbook, request.context, *about) else ""


def _leads_nowhere(request: PolicyRequest) -> str | None:
    fallback = request.moment.fallback
    if fallback is not None and request.action.channel in fallback.failed:
        return "failed"
    found = _address(request)
    if found is None:
        return "bounced" if request.context.bounced and _has_bounced(request) else ""
    request.address_type, request.address = found
    return None


def _has_bounced(request: PolicyRequest) -> bool:
    """Did messages come back from an address of this channel?"""
    kinds = request.playbook.channels[request.action.channel].identifiers
    known = request.context.identifiers
    return any(
        value in request.context.bounced for kind in kinds for value in known.get(kind, ())
    )


def _address(request: PolicyRequest) -> tuple[str, str] | None:
    """Find where it goes: the type of an identifier (none for a place) and its value."""
    context, moment = request.context, request.moment
    channel = request.playbook.channels[request.action.channel]
    if channel.pull:
        place = moment.cause and _place(moment.cause, moment.told)
        return ("", place) if place else None
    identity = context.identity
    return next(
        (
            (kind, value)
            for kind in channel.identifiers
            for value in _alive(context, kind)
            if (identity is None or not identity.has_released(kind, value))
            and is_address(kind, value)
        ),
        None,
    )


def _alive(context: Context, kind: str) -> Iterator[str]:
    """Tell the values of a type, the newest first; none older than one that is dead."""
    values = reversed(context.identifiers.get(kind, ()))
    return takewhile(lambda value: value not in context.bounced, values)


def _place(cause: Event, told: Told | None) -> str:
    """Where the customer is: the shop, the queue, the case or visit, at least the event."""
    if cause.location is not None and cause.location.venue:
        return cause.location.venue
    if isinstance(told, ConversationPayload) and told.queue:
        return told.queue
    return cause.case_id or cause.session_id or cause.id


def _is_muted(request: PolicyRequest) -> str | None:
    cases = request.context.cases
    muted = request.action.purpose in request.playbook.muted_by_case
    return next(iter(cases)) if cases and muted else None


def _is_in_somebodys_hands(request: PolicyRequest) -> str | None:
    """Name the channel of a handoff that somebody has for one of these goals, or of a talk."""
    situation = request.situation
    if not _starts_talk(request.moment) and (channel := talks_on(request)):
        return channel
    for taken in () if request.action.handoff else request.context.actions:
        open_still = taken.expires > situation.time and taken.status not in RELEASED
        if taken.handoff and open_still and set(taken.goals) & set(situation.goals):
            return taken.channel
    return None


def talks_on(request: PolicyRequest) -> str:
    """Name the channel on which they talk to somebody while this would be pushed; else none."""
    contact, channel = request.context.contact, request.playbook.channels
    if contact is None or channel[request.action.channel].pull:
        return ""
    return contact.channel if contact.is_running(request.situation.time) else ""


def _starts_talk(moment: DecisionInput) -> bool:
    """Is it the beginning of a talk, at which a handoff may still be better than a push?"""
    return moment.cause is not None and moment.cause.type == "contact.started"


def _is_offered_another(request: PolicyRequest) -> str | None:
    return offers_another(_proposal(request)) if request.action.offer else None


def _is_excluded(request: PolicyRequest) -> str | None:
    return excludes(_proposal(request)) if request.playbook.rules.exclusions else None


def _cools_down(request: PolicyRequest) -> str | None:
    return cools_down(_proposal(request)) if request.playbook.rules.cooldowns else None


def _is_suppressed(request: PolicyRequest) -> str | None:
    return suppresses(_proposal(request)) if request.context.rejections else None


def _has_no_room(request: PolicyRequest) -> str | None:
    capacity = request.playbook.rules.capacity_of(request.action.channel)
    return None if capacity is None else lacks(capacity, request.moment.references)


def _is_used_up(request: PolicyRequest) -> str | None:
    action, situation = request.action, request.situation
    if not any(
        cap.counts(action.purpose, action.channel, situation.situation)
        for cap in request.playbook.caps
    ):
        return None
    return uses_up(_proposal(request))


def _proposal(request: PolicyRequest) -> Proposal:
    """Lay out what rules look at, once for all of them."""
    if request.proposal is None:
        context, held = request.context, request.moment.held
        request.proposal = Proposal(
            request.playbook,
            context,
            request.action,
            _slot(request),
            counted_actions(context, held[0] if held else ""),
            request.action.offer,
        )
    return request.proposal


def _is_too_late(request: PolicyRequest) -> str | None:
    request.expires = request.moment.now + request.action.expires
    if request.moment.is_past:
        return HISTORY
    return None if request.expires > request.moment.clock else ""


def _is_night(request: PolicyRequest) -> str | None:
    """Hold service until the quiet hours end; drop a promotion that would be stale by then."""
    action = request.action
    request.not_before = _wanted(request)
    if request.expires <= request.not_before:
        if action.purpose == "promotion" or request.not_before == NEVER:
            return ""
        request.expires = request.not_before + action.expires
    return None


def _wanted(request: PolicyRequest) -> Instant:
    """Return when it may go out; what is found out late must not fall into the quiet hours."""
    moment = request.moment
    awake = _awake(request, moment.clock)
    return awake if awake > moment.clock else moment.now


def _awake(request: PolicyRequest, at: Instant) -> Instant:
    """Return the first instant from `at` on that is not quiet on its channel."""
    quiet = request.playbook.quiet_hours
    if quiet is None or request.action.channel not in quiet.channels:
        return at
    return release(quiet, request.context.profile.time_zone, at)


def _slot(request: PolicyRequest) -> Instant:
    """Return when it may go out, and there is a free slot as well."""
    if request.slot is None:
        request.slot = _found_slot(request, _wanted(request))
    return request.slot


def _found_slot(request: PolicyRequest, wanted: Instant) -> Instant:
    """Find a slot that is not quiet, or one that is too late."""
    brake, held, channel = request.moment.brake, request.moment.held, request.action.channel
    if brake is None or not brake.holds(channel) or wanted == NEVER:
        return wanted
    if held is not None and held[0] == action_id_of(request.situation, request.action):
        return held[1]
    at, slot = max(wanted, request.moment.clock), LONG_AGO
    while slot < at <= wanted + request.action.expires:
        slot = brake.slot(channel, at)
        at = _awake(request, slot)
    return at


CHECKS: tuple[PolicyCheck, ...] = (
    PolicyCheck("paused", _is_paused),
    PolicyCheck("not_eligible", _is_not_asked_for),
    PolicyCheck("erased", _is_erased),
    PolicyCheck("converted", _is_done),
    PolicyCheck("duplicate", _is_taken),
    PolicyCheck("no_consent", _is_unwanted),
    PolicyCheck("unreachable", _leads_nowhere),
    PolicyCheck("muted_by_case", _is_muted),
    PolicyCheck("handled_elsewhere", _is_in_somebodys_hands),
    PolicyCheck("existing_offer", _is_offered_another),
    PolicyCheck("mutual_exclusion", _is_excluded),
    PolicyCheck("cooldown", _cools_down),
    PolicyCheck("suppressed_after_rejections", _is_suppressed),
    PolicyCheck("no_capacity", _has_no_room),
    PolicyCheck("frequency_cap", _is_used_up),
    PolicyCheck("expired", _is_too_late),
    PolicyCheck("quiet_hours", _is_night),
)
"""In the order in which they are asked."""
