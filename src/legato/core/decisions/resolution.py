"""How cases come out, told while contacts end, and finally when nobody gets in touch again.

Provisional at the end of each contact; final 7 d after the last contact about it, on whichever
channel. A contact within that time goes on with the case, and is judged with it at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from legato.core.context.case import UNSAID, case_of
from legato.core.context.context import CaseFact, CaseTrail, Context, ToldGrade
from legato.core.context.goals import goal_named
from legato.core.context.retention import GRADED_KEPT, MOST_TRAILS, TOLD_MOST
from legato.core.context.trail import CaseOutcome, outcome_of, united_facts
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback, ConversationPayload
from legato.core.events.vocabulary import REPLY, VIEWED
from legato.core.events.wishes import Told
from legato.core.values.outputs import Resolution
from legato.core.values.time import Instant

_SAYS = {
    "contact.started": "started",
    "message.received": "wrote",
    "case.opened": "wrote",
    "contact.transferred": "passed",
    "contact.answered": "answered",
    "contact.ended": "ended",
}
"""What an event says of a case by its type."""


def follow_trail(context: Context, event: Event, told: Told | None) -> tuple[Resolution, ...]:
    """Note what an event says of the contacts about a case; tell how it came out by that.

    To be asked before the event is applied, which may close the case.
    """
    if type(told) is ConversationPayload:
        facts = [CaseFact(event.time, what, event.channel) for what in _facts(event, told)]
        if not facts:
            return ()
        key = _key(context, event, told, case_of(context, event, told))
        return _note(context, key, facts, told)
    if type(told) is ActionFeedback and event.type == VIEWED:
        viewed = CaseFact(event.time, "viewed", event.channel)
        cases = sorted(_cases_of(context, event, told))
        return tuple(chain(*(_note(context, case, [viewed]) for case in cases)))
    if event.type == REPLY and (key := event.case_id or _spoken_last(context, event)):
        return _note(context, key, [CaseFact(event.time, "sent", event.channel)])
    return ()


def resolve_due(context: Context, now: Instant) -> tuple[Resolution, ...]:
    """Tell what is final now, and forget what was so long ago that nothing comes any more."""
    told: list[Resolution] = []
    for key in [key for key, trail in context.trails.items() if trail.due <= now]:
        trail = context.trails[key]
        found = outcome_of(trail)
        if found is not None and not _is_final(trail, found):
            told += _tell(context.customer_id, key, trail, found, final=True)
        if found is None or trail.due <= now:
            del context.trails[key]
    return tuple(told)


def merge_trails(united: Context, ours: Context, theirs: Context) -> tuple[Resolution, ...]:
    """Unite what two contexts know of cases; tell what that comes to, where both knew some."""
    told: list[Resolution] = []
    for key, trail in sorted({**ours.trails, **theirs.trails}.items()):
        united.trails[key] = trail
        if key in ours.trails and key in theirs.trails:
            united.trails[key] = _united(ours.trails[key], theirs.trails[key])
            told += _judge(united, key)
    _forget(united)
    return tuple(told)


def trails_before(context: Context, start: Instant) -> dict[str, CaseTrail]:
    """Return what was known of cases before an instant, but not what was told of them."""
    trails = {
        key: replace(
            trail, facts=tuple(fact for fact in trail.facts if fact.time < start), told=()
        )
        for key, trail in context.trails.items()
    }
    return {key: trail for key, trail in trails.items() if trail.facts}


def keep_told(context: Context, before: Context) -> None:
    """Let count what was told of cases, where they were made anew in silence."""
    for key, trail in context.trails.items():
        known, found = before.trails.get(key), outcome_of(trail)
        trail.told = () if known is None else known.told
        if found is not None:
            trail.due = _due(trail, found)


def _united(one: CaseTrail, other: CaseTrail) -> CaseTrail:
    return CaseTrail(
        max(one.reason, other.reason),
        one.said or other.said,
        united_facts((*one.facts, *other.facts)),
        _told_of_both(one, other),
    )


def _told_of_both(one: CaseTrail, other: CaseTrail) -> tuple[ToldGrade, ...]:
    """Return what was told by whoever knew all; else neither told what is right."""
    for knows, less in ((one, other), (other, one)):
        if {*knows.facts} > {*less.facts}:
            return knows.told
    return tuple(sorted({*one.told, *other.told}))


def _facts(event: Event, told: ConversationPayload) -> Iterator[str]:
    if what := _SAYS.get(event.type):
        yield what
    if told.asked_again:
        yield "asked"
    if told.resolved:
        yield "settled"
    elif event.type == "case.closed":
        yield "settled" if told.resolved is None else "unsettled"


def _key(context: Context, event: Event, told: ConversationPayload, case_id: str) -> str:
    """Name the case: who comes back for the same reason within the time goes on with it."""
    if event.case_id or case_id in context.trails or not told.reason:
        return case_id
    same = (
        (trail.facts[-1].time, key)
        for key, trail in context.trails.items()
        if trail.reason == told.reason[:TOLD_MOST] and event.time < trail.due
    )
    return max(same, default=(0, case_id))[1]


def _cases_of(context: Context, event: Event, told: ActionFeedback) -> set[str]:
    """Which cases the handoff is about that somebody read."""
    about = (taken.goals for taken in context.actions if taken.action_id == told.action_id)
    goals = (goal_named(name) for goals in about for name in goals)
    named = {goal.key for goal in goals if goal.kind == "case"}
    return named | ({event.case_id} if event.case_id else set())


def _spoken_last(context: Context, event: Event) -> str:
    """Name the case about which they spoke last on this channel by then."""
    spoken = (
        (fact.time, key)
        for key, trail in context.trails.items()
        for fact in trail.facts
        if fact.channel == event.channel and fact.time <= event.time
    )
    return max(spoken, default=(0, ""))[1]


def _note(
    context: Context,
    key: str,
    facts: Iterable[CaseFact],
    told: ConversationPayload | None = None,
) -> tuple[Resolution, ...]:
    trail = context.trails.get(key)
    if trail is None:
        trail = context.trails[key] = CaseTrail(said=key != UNSAID)
    if told is not None:
        trail.reason = trail.reason or (told.reason or "")[:TOLD_MOST]
        trail.said = trail.said or bool(told.text)
    trail.facts = united_facts((*trail.facts, *facts))
    found = _judge(context, key)
    _forget(context)
    return tuple(found)


def _forget(context: Context) -> None:
    """Keep the cases about which something was heard last."""
    if len(context.trails) > MOST_TRAILS:
        known = sorted((trail.facts[-1].time, key) for key, trail in context.trails.items())
        for _, key in known[: len(known) - MOST_TRAILS]:
            del context.trails[key]


def _judge(context: Context, key: str) -> list[Resolution]:
    """Tell how a case came out, unless a contact goes on, or nothing is new."""
    trail = context.trails[key]
    found = outcome_of(trail)
    if found is None:
        trail.due = trail.facts[-1].time + GRADED_KEPT
        return []
    final = _is_final(trail, found)
    grade = _grade_of(found, final=final)
    if (not final and found.running) or (trail.told and _is_same(trail.told, grade)):
        trail.due = _due(trail, found)
        return []
    return _tell(context.customer_id, key, trail, found, final=final)


def _is_same(told: Iterable[ToldGrade], grade: ToldGrade) -> bool:
    """Was nothing else told, whenever that will be final?"""
    return all(replace(each, deadline=grade.deadline) == grade for each in told)


def _is_final(trail: CaseTrail, found: CaseOutcome) -> bool:
    """Was its grade told as final, and did nobody get in touch since?"""
    return any(each.final and each.deadline == found.deadline for each in trail.told)


def _grade_of(found: CaseOutcome, *, final: bool) -> ToldGrade:
    deadline = found.deadline if final else 0
    return ToldGrade(deadline, found.began, found.contacts, found.grade, final)


def _due(trail: CaseTrail, found: CaseOutcome) -> Instant:
    return found.deadline + (GRADED_KEPT if _is_final(trail, found) else 0)


def _tell(
    customer_id: str, key: str, trail: CaseTrail, found: CaseOutcome, *, final: bool
) -> list[Resolution]:
    """Note what is told; of what nobody knows what it is about, nothing is."""
    trail.told = (_grade_of(found, final=final),)
    trail.due = _due(trail, found)
    if not trail.said:
        return []
    time = found.deadline if final else found.last
    told = found.grade, final, time, found.contacts, found.channels
    return [Resolution(customer_id, key, *told)]
