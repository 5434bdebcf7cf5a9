"""The line, read top to bottom: know the event, let time pass, judge, remember, decide."""

from __future__ import annotations

from legato.core.context.apply import apply, has_seen, remember_id
from legato.core.context.cart import reset_occurrences
from legato.core.context.codec import Codec
from legato.core.context.context import Context, Waiting
from legato.core.context.goals import done
from legato.core.decisions.arbitration import decide
from legato.core.decisions.policy import DecisionInput
from legato.core.decisions.revocation import note_outcome, revoke, why_no_outcome
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback, Payload, read_with
from legato.core.events.types import EVENT_TYPES, EventType
from legato.core.events.vocabulary import read_payload
from legato.core.identity.state import HELD
from legato.core.playbook.definition import Playbook
from legato.core.situations.absence import due_at, expire, fire, next_due, subjects_of
from legato.core.situations.switch import is_on_another_channel, judge
from legato.core.values.outputs import Output, Situation
from legato.core.values.results import DUPLICATE, WAITING, Ignored, Rejected
from legato.core.values.time import NEVER, Instant

Outputs = tuple[Output, ...]
NOTHING: list[Situation] = []


def on_event(
    playbook: Playbook, codec: Codec, context: Context, event: Event, clock: Instant
) -> Outputs | Rejected | Ignored:
    """Take one event all the way to actions. `clock` is how far the partition's time is known.

    Whatever is due up to min(event.time, clock) must have fired. A rejected or repeated event
    changes nothing; one that would overtake a due time waits in the context.
    """
    kind = EVENT_TYPES[event.type]
    payload = None if kind.read is None else read_with(kind.read, event)
    if isinstance(payload, Rejected):
        return payload
    if type(payload) is ActionFeedback and kind.is_outcome and context.next_due != HELD:
        return _on_outcome(context, event, payload)
    if not remember_id(context, event):
        return DUPLICATE
    if context.next_due <= event.time:
        _wait(codec, context, event)
        return WAITING
    outputs = _follow(playbook, context, event, kind, payload)
    if context.waiting or context.next_due <= clock:
        outputs += _catch_up(playbook, codec, context, clock)
    return outputs


def on_tick(playbook: Playbook, codec: Codec, context: Context, clock: Instant) -> Outputs:
    """Let time pass up to the clock without an event."""
    return _catch_up(playbook, codec, context, clock)


def _follow(
    playbook: Playbook, context: Context, event: Event, kind: EventType, payload: Payload | None
) -> Outputs:
    """Judge what the event shows, apply it, then decide on what was found."""
    found = NOTHING
    if kind.initiated and is_on_another_channel(context, event):
        found = judge(playbook, context, event)
    if type(payload) is ActionFeedback:
        note_outcome(context, event, payload)
    ended = apply(context, event, kind, payload)
    watched = playbook.soonest_customer != NEVER
    if watched and kind.initiated and event.time == context.present:
        reset_occurrences(context, "customer:")
    if payload is not None or watched:
        context.next_due = next_due(playbook, context)
    # How late it became known is read off the event, so that a replay knows it too.
    known = event.received if event.received > event.time else event.time
    outputs: Outputs = ()
    if context.actions and (ended or kind.is_consent):
        outputs = revoke(context, event, ended, known)
    if found:
        moment = DecisionInput(event.time, known, event, payload, done(context, ended))
        outputs += tuple(decide(playbook, context, [(each, False) for each in found], moment))
    return outputs


def _on_outcome(
    context: Context, event: Event, news: ActionFeedback
) -> Outputs | Rejected | Ignored:
    """Note what became of an action; one that is not known here leaves no trace."""
    if has_seen(context, event):
        return DUPLICATE
    if why := why_no_outcome(context, news):
        return why
    remember_id(context, event)
    note_outcome(context, event, news)
    return ()


def _wait(codec: Codec, context: Context, event: Event) -> None:
    """Keep an event until the clock has reached what is due before it."""
    waiting = (*context.waiting, Waiting(event.time, codec.write_event(event)))
    context.waiting = tuple(sorted(waiting, key=lambda each: each.time))


def _catch_up(playbook: Playbook, codec: Codec, context: Context, clock: Instant) -> Outputs:
    """Fire all that is due, and follow the events that waited for it, until both are done."""
    outputs: Outputs = ()
    while True:
        if context.waiting and context.waiting[0].time < context.next_due:
            first, *others = context.waiting
            context.waiting = tuple(others)
            event = codec.read_event(first.event)
            kind, payload = EVENT_TYPES[event.type], read_payload(event)
            if not isinstance(payload, Rejected):
                outputs += _follow(playbook, context, event, kind, payload)
        elif context.next_due <= clock:
            outputs += _fire(playbook, context, clock)
        else:
            return outputs


def _fire(playbook: Playbook, context: Context, clock: Instant) -> Outputs:
    """Fire the earliest due instant: the stages of absences, then what is to be forgotten."""
    now = context.next_due
    subjects = subjects_of(playbook, context)
    due = due_at(context, subjects, now)
    found = [(fire(context, each), each.superseded(clock)) for each in due]
    outputs = (
        tuple(decide(playbook, context, found, DecisionInput(now, clock))) if found else ()
    )
    expire(context, subjects, now)
    context.next_due = next_due(playbook, context)
    return outputs
