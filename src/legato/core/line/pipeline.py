"""The line, read top to bottom: know the event, let time pass, judge, remember, decide."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter

from msgspec import Struct

from legato.core.conditions.past import keep_event
from legato.core.conditions.scope import Scope, renewed
from legato.core.context.apply import (
    apply,
    apply_wishes,
    has_seen,
    remember_id,
    remember_unclear,
    unclear_id,
)
from legato.core.context.bounces import bounce_of, bounced_address, note_bounce
from legato.core.context.codec import Codec
from legato.core.context.context import ActionRecord, Context, Waiting
from legato.core.context.exposure import expose
from legato.core.context.goals import done
from legato.core.context.past import KeptPast, align, let_past_go
from legato.core.decisions.address_news import erasure_told, refusals_told
from legato.core.decisions.answering import answer_due, withdrawn
from legato.core.decisions.asking import Asking, statuses
from legato.core.decisions.attribution import convert
from legato.core.decisions.policy import DecisionInput
from legato.core.decisions.reports import Report, reports_of
from legato.core.decisions.resolution import follow_trail, resolve_due
from legato.core.decisions.revocation import (
    note_outcome,
    revoke,
    revoke_addressed,
    revoke_erased,
    revoke_woken,
    why_no_outcome,
)
from legato.core.events.event import Event
from legato.core.events.payloads import (
    ActionFeedback,
    BouncePayload,
    ConsentsPayload,
    ErasurePayload,
    TraitsPayload,
)
from legato.core.events.types import EventType
from legato.core.events.vocabulary import ERASURE_REQUESTED
from legato.core.events.wishes import Told, Wishes, read_wishes
from legato.core.identity.state import HELD
from legato.core.line.endings import EndedSituation, end, ended_by, retract, sort_out
from legato.core.line.judging import judge, judge_again, time_shows
from legato.core.line.touchpoints import touchpoint_of, touchpoint_of_airing
from legato.core.playbook.definition import EventRules, Playbook
from legato.core.references.airings import brings, exposure_before
from legato.core.references.as_of import references_at
from legato.core.references.table import ReferenceTable
from legato.core.situations.protocol import Found, News, RunDropped
from legato.core.values.outputs import JourneyTouchpoint, Output, Resolution
from legato.core.values.results import DUPLICATE, WAITING, Ignored, Rejected
from legato.core.values.time import Instant

Outputs = tuple[Output, ...]
_time_of = attrgetter("time")
NOTHING: list[News] = []
SAID_FIRST = frozenset((ActionFeedback, BouncePayload, Wishes, ErasurePayload))
"""What actions and addresses must know before it is applied."""


class LineParts(Struct, frozen=True):
    """What following takes besides a context: what is looked for, and how events are kept.

    `touchpoints` takes one for each event that is followed, `reports` one for each that says
    what became of an action, and for each run that is dropped; None if nobody wants them.
    """

    playbook: Playbook
    codec: Codec
    asking: Asking
    references: ReferenceTable
    touchpoints: list[JourneyTouchpoint] | None = None
    reports: list[Report] | None = None


def on_event(
    line: LineParts, context: Context, event: Event, clock: Instant
) -> Outputs | Rejected | Ignored:
    """Take one event all the way to actions. `clock` is how far the partition's time is known.

    Whatever is due up to min(event.time, clock) must have fired. A rejected or repeated event
    changes nothing; one that would overtake a due time waits in the context.
    """
    rules = line.playbook.rules_of(event)
    told = _read(line.playbook, rules.kind, event)
    if type(told) is Rejected:
        return told
    if type(told) is ActionFeedback and rules.kind.is_outcome and context.next_due != HELD:
        return _on_outcome(line, context, event, told)
    unclear = type(told) is Wishes and told.faults
    if not (remember_unclear if unclear else remember_id)(context, event):
        return DUPLICATE
    align(context, line.playbook.past)
    if context.next_due <= event.time:
        _wait(line.codec, context, event)
        return WAITING
    outputs = _follow(line, context, event, rules, told)
    if context.waiting or context.next_due <= clock:
        outputs += _catch_up(line, context, clock)
    return outputs


def on_tick(line: LineParts, context: Context, clock: Instant) -> Outputs:
    """Let time pass up to the clock without an event."""
    return _catch_up(line, context, clock)


def _follow(
    line: LineParts,
    context: Context,
    event: Event,
    rules: EventRules,
    told: Told | None,
) -> Outputs:
    """Judge what the event shows, apply it, then decide on what was found."""
    if type(told) is Wishes and told.faults:
        return _follow_refusals(line, context, event, told)
    asked = rules.elsewhere if context.was_elsewhere(event.channel) else rules.always
    if not (asked or _has_dealings(context) or type(told) in SAID_FIRST):
        _, resolutions = _take_in(line, context, event, rules, told)
        if not rules.brief:
            context.next_due = line.playbook.next_due(context)
        return resolutions
    references = references_at(line.references, event.time)
    scope = Scope(event.time, context, event, None, references)
    news = judge(asked, scope, event) if asked else NOTHING
    over = _ended(line, scope, rules) if rules.ended else []
    before = statuses(context) if context.actions else {}
    failed = _say_first(line, context, event, told) if type(told) in SAID_FIRST else None
    ended, resolutions = _take_in(line, context, event, rules, told)
    if rules.watching:
        news = [*news, *judge_again(rules.watching, renewed(scope), event)]
    if not rules.brief:
        context.next_due = line.playbook.next_due(context)
    outputs = _take_back(line, context, event, told, ended) if context.actions else ()
    outputs += end(line.asking, context, event, over) if over else ()
    if before or context.reserved or context.asks:
        outputs += _tell_others(line, context, event, before, ended)
    outputs += _led_to(line, context, told) + resolutions
    if failed is not None:
        outputs += tuple(line.asking.fall_back(context, failed, event, _known_at(event)))
    return outputs + _tell_of(line, scope, told, ended, news) if news else outputs


def _has_dealings(context: Context) -> bool:
    """Was something done, or is something asked for, that an event may change?"""
    return bool(context.actions or context.asks or context.reserved)


def _take_in(
    line: LineParts, context: Context, event: Event, rules: EventRules, told: Told | None
) -> tuple[list[str], tuple[Resolution, ...]]:
    """Make an event part of the context; return what it took from, and how cases came out."""
    resolutions = follow_trail(context, event, told)
    ended = [] if rules.kind.is_reference else _applied(line, context, event, rules, told)
    if rules.kept:
        keep_event(context, rules.kept, event)
    return ended, resolutions


def _tell_of(
    line: LineParts, scope: Scope, told: Told | None, ended: list[str], news: list[News]
) -> Outputs:
    """Tell what an event showed, and decide on it."""
    event, context = scope.event, scope.context
    known = _known_at(event) if event is not None else scope.now
    over, references = done(context, ended), scope.references
    moment = DecisionInput(scope.now, known, event, told, over, references=references)
    return _tell(line, context, [(each, False) for each in news], moment)


def _ended(line: LineParts, scope: Scope, rules: EventRules) -> list[EndedSituation]:
    """Name what an event ends, if there is anything to be done that it could undo."""
    undone = scope.context.actions or scope.context.asks
    return ended_by(line.playbook, scope, rules) if undone else []


def _tell(
    line: LineParts, context: Context, news: list[Found], moment: DecisionInput
) -> Outputs:
    """Take back what turned out to be none, and decide on what was found."""
    if line.reports is not None:
        line.reports.extend(each for each, _ in news if isinstance(each, RunDropped))
    found, retracted = sort_out(line.playbook, context, news)
    outputs = retract(line.asking, context, retracted, moment.clock)
    if found:
        outputs += tuple(line.asking.decide(context, found, moment))
    return outputs


def _applied(
    line: LineParts,
    context: Context,
    event: Event,
    rules: EventRules,
    told: Told | None,
) -> list[str]:
    """Apply an event, and leave its touchpoint; return the goals that it took from."""
    ended = apply(context, event, rules.kind, told)
    if event.location is not None and brings(rules.kind):
        _expose(line, context, event)
    if line.touchpoints is not None:
        line.touchpoints.append(touchpoint_of(context, event, told, ended))
    return ended


def _expose(line: LineParts, context: Context, event: Event) -> None:
    """Let a visit begin with what was aired before it; its touchpoint comes first."""
    exposure = exposure_before(line.references, event)
    if exposure is None or not expose(context, event, exposure):
        return
    if line.touchpoints is not None:
        line.touchpoints.append(touchpoint_of_airing(context, exposure))


def _known_at(event: Event) -> Instant:
    """How late it became known: read off the event, so that a replay knows it too."""
    return max(event.received, event.time)


def _say_first(
    line: LineParts, context: Context, event: Event, told: Told | None
) -> ActionRecord | None:
    """Note what became of an action; let an address know of a refusal that names it.

    Return the action that has come to nothing.
    """
    if isinstance(told, ActionFeedback | BouncePayload):
        if line.reports is not None:
            line.reports.extend(reports_of(context, event, told))
        return note_outcome(context, event, told)
    asking = line.asking
    if type(told) is Wishes and event.identifiers:
        asking.commands += refusals_told(line.playbook, asking.judges, context, event, told)
    if type(told) is ErasurePayload and event.type == ERASURE_REQUESTED:
        asking.commands += erasure_told(line.playbook, asking.judges, context, event, told)
    return None


def _led_to(line: LineParts, context: Context, told: Told | None) -> Outputs:
    """Tell which action led to what is known now; most events say nothing of that."""
    if told is None or not context.actions:
        return ()
    return convert(line.playbook.attribution, context)


def _moved(line: LineParts, context: Context, event: Event) -> Outputs:
    """Decide again on another channel what would go out at night where the customer is now."""
    known, quiet = _known_at(event), line.playbook.quiet_hours
    outputs: Outputs = ()
    for taken, revoked in revoke_woken(context, quiet, event, known):
        outputs += (revoked, *line.asking.fall_back(context, taken, event, known))
    return outputs


def _tell_others(
    line: LineParts, context: Context, event: Event, before: dict[str, str], ended: list[str]
) -> Outputs:
    """Tell those who allowed an action, or were allowed one, what an event means for it."""
    if before:
        line.asking.settle(context, before, event)
    if event.type == ERASURE_REQUESTED:
        return tuple(line.asking.forget(context, event))
    if context.reserved:
        line.asking.commands += withdrawn(context, event)
    if not (context.asks and ended):
        return ()
    return tuple(line.asking.end(context, ended))


def _take_back(
    line: LineParts, context: Context, event: Event, told: Told | None, ended: list[str]
) -> Outputs:
    """Take back what this event made wrong, or what waits to go where nothing arrives."""
    known = _known_at(event)
    if ended or type(told) is Wishes:
        return revoke(context, event, ended, known)
    if event.type == ERASURE_REQUESTED:
        return revoke_erased(context, line.playbook.pulls, event, known)
    if type(told) is TraitsPayload and told.time_zone:
        return _moved(line, context, event)
    if type(told) is not BouncePayload or not told.hard:
        return ()
    address = bounced_address(context, event, told)
    if address not in context.bounced:
        return ()
    channels = frozenset(taken.channel for taken in context.actions)
    return revoke_addressed(context, channels, [address], known)


def _read(playbook: Playbook, kind: EventType, event: Event) -> Told | Rejected | None:
    """Read what an event tells; of a consent, what its words mean."""
    payload = kind.read_payload(event)
    if kind.is_consent and type(payload) is ConsentsPayload:
        return read_wishes(payload, playbook.consent_channels)
    return payload


def _follow_refusals(
    line: LineParts, context: Context, event: Event, wishes: Wishes
) -> Outputs:
    """Follow what must not be lost of an event whose words are not all known, and no more.

    It leaves no touchpoint: it is a dead letter, and is followed when it comes again.
    """
    if has_seen(context, event):
        return ()
    before = statuses(context)
    _say_first(line, context, event, wishes)
    apply_wishes(context, event, wishes)
    outputs: Outputs = revoke(context, event, [], _known_at(event))
    return outputs + _tell_others(line, context, event, before, [])


def followed_id(playbook: Playbook, event: Event) -> str:
    """Say by which id it is remembered that an event was followed."""
    kind = playbook.rules_of(event).kind
    if not kind.is_consent:
        return event.id
    told = _read(playbook, kind, event)
    return unclear_id(event.id) if isinstance(told, Wishes) and told.faults else event.id


def kept_by_line(playbook: Playbook, event: Event) -> tuple[KeptPast, ...]:
    """Say which stores keep an event, once it is followed."""
    rules = playbook.rules_of(event)
    if not rules.kept:
        return ()
    told = _read(playbook, rules.kind, event)
    unclear = isinstance(told, Wishes) and told.faults
    outcome = isinstance(told, ActionFeedback) and rules.kind.is_outcome
    return () if unclear or outcome or isinstance(told, Rejected) else rules.kept


def _on_outcome(
    line: LineParts, context: Context, event: Event, news: ActionFeedback
) -> Outputs | Rejected | Ignored:
    """Note what became of an action; one that is not known here leaves no trace."""
    if has_seen(context, event):
        return DUPLICATE
    if why := why_no_outcome(context, news):
        return why
    remember_id(context, event)
    before = statuses(context)
    failed = note_outcome(context, event, news)
    outputs: Outputs = ()
    if (gone := bounce_of(event, news)) is not None:
        note_bounce(context, event, gone)
        outputs = _take_back(line, context, event, gone, [])
    line.asking.settle(context, before, event)
    if line.reports is not None:
        line.reports.extend(reports_of(context, event, news))
    outputs += convert(line.playbook.attribution, context)
    if failed is not None:
        outputs += tuple(line.asking.fall_back(context, failed, event, _known_at(event)))
    return outputs


def _wait(codec: Codec, context: Context, event: Event) -> None:
    """Keep an event until the clock has reached what is due before it."""
    waiting = [*context.waiting]
    insort(waiting, Waiting(event.time, codec.write_event(event)), key=_time_of)
    context.waiting = tuple(waiting)


def _catch_up(line: LineParts, context: Context, clock: Instant) -> Outputs:
    """Fire all that is due, and follow the events that waited for it, until both are done."""
    outputs: Outputs = ()
    while True:
        if context.waiting and context.waiting[0].time < context.next_due:
            first, *others = context.waiting
            context.waiting = tuple(others)
            event = line.codec.read_event(first.event)
            rules = line.playbook.rules_of(event)
            told = _read(line.playbook, rules.kind, event)
            if type(told) is not Rejected:
                align(context, line.playbook.past)
                outputs += _follow(line, context, event, rules, told)
        elif context.next_due <= clock:
            outputs += _fire(line, context, clock)
        else:
            return outputs


def _fire(line: LineParts, context: Context, clock: Instant) -> Outputs:
    """Fire the earliest due instant: what situations show, then what is to be forgotten."""
    playbook, now = line.playbook, context.next_due
    references = references_at(line.references, now)
    scope = Scope(now, context, references=references)
    news = time_shows(playbook.shown_by_time(context, now), scope, clock)
    outputs: Outputs = ()
    if news:
        moment = DecisionInput(now, clock, references=references)
        outputs = _tell(line, context, news, moment)
    if context.questions:
        line.asking.commands += answer_due(playbook, context, now)
    if context.trails:
        outputs += resolve_due(context, now)
    playbook.forget.forget(context, now)
    if playbook.past:
        let_past_go(context, playbook.past, now)
    context.next_due = playbook.next_due(context)
    return outputs
