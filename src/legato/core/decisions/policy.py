"""Contact policy: why an action may not be taken, whatever it is worth."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.consent import consent_for, latest
from legato.core.context.context import ActionRecord, Context
from legato.core.decisions.quiet_hours import release
from legato.core.events.event import Event
from legato.core.events.payloads import ConversationPayload, Payload
from legato.core.playbook.definition import ActionDefinition, Condition, Playbook
from legato.core.values.outputs import Consent, Situation
from legato.core.values.time import NEVER, Instant

RELEASED = frozenset(("failed", "expired", "revoked"))
"""What an action may have become so that it no longer counts against a cap."""


class DecisionInput(Struct, frozen=True):
    """What a decision looks at besides the context: what happened, and when.

    `now` is the time of the situation, `clock` how late it is found out; `cause` is the event
    that showed it (None for a timer) and `ended` the goals that this same event finished.
    """

    now: Instant
    clock: Instant
    cause: Event | None = None
    payload: Payload | None = None
    ended: tuple[str, ...] = ()


class Eligible(Struct, frozen=True):
    """A plan that may be taken: to which address, and from when until when."""

    address: str
    not_before: Instant
    expires: Instant
    consent: Consent | None = None


class Ineligible(Struct, frozen=True):
    """Why a plan may not be taken: a reason code, and the name of what forbids it."""

    reason: str
    detail: str = ""


def check_policy(
    playbook: Playbook,
    context: Context,
    situation: Situation,
    plan: ActionDefinition,
    moment: DecisionInput,
) -> Eligible | Ineligible:
    """Say how a plan can be carried out, or the first reason why it cannot."""
    if not matches(plan.when, context, situation):
        return Ineligible("not_eligible")
    if situation.goals and all(goal in moment.ended for goal in situation.goals):
        return Ineligible("converted")
    brand = (moment.cause.brand if moment.cause else "") or ""
    if not consented(playbook, context, plan.purpose, plan.channel, brand):
        return Ineligible("no_consent")
    address = _address(playbook, context, plan, moment)
    if address is None:
        return Ineligible("unreachable")
    way = _policy(playbook, context, situation, plan) or _timed(
        playbook, context, plan, moment, address
    )
    if isinstance(way, Eligible) and context.consents:
        return replace(way, consent=latest(context.consents, plan.purpose, plan.channel, brand))
    return way


def matches(when: Condition, context: Context, situation: Situation) -> bool:
    """Tell whether everything that `when` asks is so."""
    evidence = situation.evidence
    return (
        (not when.to or evidence.get("to") in when.to)
        and (
            not when.come_from or evidence.get("from", evidence.get("origin")) in when.come_from
        )
        and (
            not when.goal
            or any(goal.partition(":")[0] in when.goal for goal in situation.goals)
        )
        and (not when.stage or situation.stage in when.stage)
        and (not when.value_at_least or _value(context, situation) >= when.value_at_least)
    )


def _value(context: Context, situation: Situation) -> float:
    carts = {goal.partition(":")[2] for goal in situation.goals if not goal.startswith("case:")}
    return sum(context.carts[cart].value for cart in carts if cart in context.carts)


def consented(
    playbook: Playbook, context: Context, purpose: str, channel: str, brand: str = ""
) -> bool:
    """Does the customer want this? Where they never said, only if the purpose is implied."""
    wanted = (
        consent_for(context.consents, purpose, channel, brand) if context.consents else None
    )
    return purpose in playbook.implied if wanted is None else wanted


def _address(
    playbook: Playbook, context: Context, plan: ActionDefinition, moment: DecisionInput
) -> str | None:
    channel = playbook.channels[plan.channel]
    if channel.pull:
        return None if moment.cause is None else _place(moment.cause, moment.payload)
    kin = context.identity
    return next(
        (
            value
            for kind in channel.identifiers
            for value in reversed(context.identifiers.get(kind, ()))
            if kin is None or not kin.has_released(kind, value)
        ),
        None,
    )


def _place(cause: Event, payload: Payload | None) -> str:
    """Where the customer is: the shop, the queue, the case or visit, at least the event."""
    if cause.location is not None and cause.location.venue:
        return cause.location.venue
    if isinstance(payload, ConversationPayload) and payload.queue:
        return payload.queue
    return cause.case_id or cause.session_id or cause.id


def _policy(
    playbook: Playbook, context: Context, situation: Situation, plan: ActionDefinition
) -> Ineligible | None:
    if context.cases and plan.purpose in playbook.muted_by_case:
        return Ineligible("muted_by_case", next(iter(context.cases)))
    held = None if plan.handoff else _held(context, situation)
    if held is not None:
        return Ineligible("handled_elsewhere", held.channel)
    for cap in playbook.caps:
        if cap.counts(plan.purpose, plan.channel, situation.situation):
            since = situation.time - cap.per
            used = sum(
                taken.decided > since
                and taken.status not in RELEASED
                and cap.counts(taken.purpose, taken.channel, taken.situation)
                for taken in context.actions
            )
            if used >= cap.most:
                return Ineligible("frequency_cap", cap.name)
    return None


def _held(context: Context, situation: Situation) -> ActionRecord | None:
    """Find a handoff in somebody's hands for one of these goals."""
    for taken in context.actions:
        open_still = taken.expires > situation.time and taken.status not in RELEASED
        if taken.handoff and open_still and set(taken.goals) & set(situation.goals):
            return taken
    return None


def _timed(
    playbook: Playbook,
    context: Context,
    plan: ActionDefinition,
    moment: DecisionInput,
    address: str,
) -> Eligible | Ineligible:
    """Hold service until the quiet hours end; drop a promotion that would be stale by then."""
    expires = moment.now + plan.expires
    if expires <= moment.clock:
        return Ineligible("expired")
    not_before = _not_before(playbook, context, plan, moment)
    if expires <= not_before:
        if plan.purpose == "promotion" or not_before == NEVER:
            return Ineligible("quiet_hours")
        expires = not_before + plan.expires
    return Eligible(address, not_before, expires)


def _not_before(
    playbook: Playbook, context: Context, plan: ActionDefinition, moment: DecisionInput
) -> Instant:
    """Return when it may go out; what is found out late must not fall into the quiet hours."""
    quiet = playbook.quiet_hours
    if quiet is None or plan.channel not in quiet.channels:
        return moment.now
    awake = release(quiet, context.profile.time_zone, moment.clock)
    return awake if awake > moment.clock else moment.now
