"""Arbitration: of all that may be done, the one thing worth most, and why not the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions.scope import Scope
from legato.core.context.brands import brand_about
from legato.core.context.context import ActionRecord, Context
from legato.core.decisions.action_scope import action_scope
from legato.core.decisions.caps import to_remember
from legato.core.decisions.experiments import NOTHING_DRAWN, Draw, draw, keep_assigned
from legato.core.decisions.fallback import forget_retries, is_last, retry_of
from legato.core.decisions.handoff_text import articles_of, write_handoff
from legato.core.decisions.lessons import Lessons, lessons_for
from legato.core.decisions.policy import (
    DecisionInput,
    Eligible,
    Ineligible,
    PolicyRequest,
    action_id_of,
    applies,
    check_policy,
    scope_of,
    talks_on,
)
from legato.core.decisions.quiet_hours import quiet_spans
from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.references.as_of import VersionsRead, note_anew, united_reads
from legato.core.situations.protocol import REFERENCES
from legato.core.values.ids import derive_id
from legato.core.values.outputs import (
    Action,
    Candidate,
    Decision,
    Factors,
    Output,
    QuietSpan,
    Situation,
)

NOBODY_REFUSED: Mapping[str, tuple[str, str]] = {}


class _ScoredCandidate(Struct, frozen=True, gc=False):
    """A plan for a situation: either a way to carry it out, or why not; what was `read`."""

    situation: Situation
    action: ActionDefinition
    verdict: Eligible | Ineligible
    factors: Factors
    read: VersionsRead = {}

    @property
    def rank(self) -> tuple[float, int, str]:
        """Best first: priority, then the earliest to expire, then by name."""
        expires = self.verdict.expires if isinstance(self.verdict, Eligible) else 0
        return -self.factors.priority, expires, self.action.name


class Weighed(Struct, frozen=True, gc=False):
    """All that may be done about what was found, and the one thing that is worth most."""

    found: list[tuple[Situation, bool]]
    moment: DecisionInput
    bids: list[_ScoredCandidate]
    winner: _ScoredCandidate | None
    drawn: Draw = NOTHING_DRAWN
    explored: bool = False
    segment: str = ""

    @property
    def way(self) -> Eligible | None:
        """How the winner can be carried out, if there is one."""
        verdict = self.winner and self.winner.verdict
        return verdict if isinstance(verdict, Eligible) else None

    @property
    def action_id(self) -> str:
        """The id that the winner's action has; empty without a winner."""
        return _action_id(self.winner) if self.winner else ""


def weigh(
    playbook: Playbook,
    context: Context,
    found: list[tuple[Situation, bool]],
    moment: DecisionInput,
    refused: Mapping[str, tuple[str, str]] = NOBODY_REFUSED,
) -> Weighed:
    """Weigh everything that may be done about the situations found at one moment.

    `found` pairs each situation with whether a later stage of it is due as well; such a one is
    told, and all its candidates lose as `expired`. `refused` are actions that an address would
    not have, with its reasons.
    """
    version = playbook.version
    found = [(replace(each, playbook_version=version), missed) for each, missed in found]
    bids = [
        bid for each, missed in found for bid in _bids(playbook, context, each, moment, missed)
    ]
    if not bids:
        return Weighed(found, moment, bids, None)
    lessons = lessons_for(playbook, context, moment)
    if lessons.learning is not None:
        bids = [_as_learned(bid, lessons) for bid in bids]
    if refused:
        bids = [_refused(bid, refused) for bid in bids]
    winner, explored = _choose(bids, lessons)
    if winner is not None and _talks_on(playbook, context, winner, moment):
        bids = [_held_back(playbook, context, bid, moment) for bid in bids]
        winner, explored = _choose(bids, lessons)
    if winner is None:
        return Weighed(found, moment, bids, None, segment=lessons.segment)
    drawn = draw(playbook, context, winner.action, moment.now)
    return Weighed(found, moment, bids, winner, drawn, explored, lessons.segment)


def conclude(
    playbook: Playbook,
    context: Context,
    weighed: Weighed,
    judges: tuple[str, ...] = (),
    *,
    found_now: bool = False,
) -> list[Output]:
    """Take the decision: tell one for each situation for which there is a plan, and act.

    `judges` allowed the action to go to an address of theirs. What was `found_now` is told in
    front of its decision; else it was told before. Nobody takes the place of who is held out.
    """
    keep_assigned(context, weighed.drawn)
    read = note_anew(weighed.moment.references)
    acts = _acts(playbook, context, weighed, judges)
    outputs: list[Output] = []
    for situation, _ in weighed.found:
        if found_now:
            outputs.append(situation)
        if situation.situation in playbook.actions:
            brand = _brand(context, situation, weighed.moment)
            outputs.append(_decision(situation, weighed, read, brand))
    return [*outputs, *acts]


def _acts(
    playbook: Playbook, context: Context, weighed: Weighed, judges: tuple[str, ...]
) -> tuple[Action, ...]:
    """Do what won, and remember it; nothing if none won, or a hold-out keeps it back."""
    if weighed.winner is None or weighed.way is None or weighed.drawn.held_out:
        return ()
    take_slot(weighed)
    taken = record_of(playbook, context, weighed)
    taken.judges = judges
    forget_retries(context, weighed.moment.now)
    context.actions = to_remember(playbook, (*context.actions, taken))
    act = _act(playbook, context, weighed.winner, weighed.way, weighed.moment)
    return (replace(act, variant=weighed.drawn.variant),)


def take_slot(weighed: Weighed) -> None:
    """Take the winner's slot, unless it was taken when its address was asked."""
    moment = weighed.moment
    if moment.brake is None or weighed.winner is None or weighed.way is None:
        return
    if moment.held is None or moment.held[0] != weighed.action_id:
        moment.brake.take(weighed.winner.action.channel, weighed.way.not_before)


def record_of(playbook: Playbook, context: Context, weighed: Weighed) -> ActionRecord:
    """Return the winner as it is remembered once it is taken; raises ValueError without one."""
    if weighed.winner is None or weighed.way is None:
        raise ValueError("nothing was won")
    taken = _taken(weighed.winner, weighed.way, weighed.action_id, weighed.moment)
    taken.scope = action_scope(context, taken.goals)
    moment = weighed.moment
    taken.brand = _brand(context, weighed.winner.situation, moment) or None
    if not is_last(playbook, taken.situation, taken.channel, moment.fallback):
        taken.retry = retry_of(context, weighed.winner.situation, moment)
    return taken


def _choose(
    bids: list[_ScoredCandidate], lessons: Lessons
) -> tuple[_ScoredCandidate | None, bool]:
    """Return what is worth most, or what is tried in its place; and whether it is tried.

    What is tried is done about the same situation, and has passed as well.
    """
    eligible = [bid for bid in bids if isinstance(bid.verdict, Eligible)]
    if not eligible:
        return None, False
    best = min(eligible, key=_rank)
    if not lessons.explores(best.situation.situation_id):
        return best, False
    rivals = [bid for bid in eligible if bid.situation is best.situation]
    first = min(rivals, key=lambda bid: lessons.place_of(bid.situation, bid.action))
    return first, len(rivals) > 1


def _as_learned(bid: _ScoredCandidate, lessons: Lessons) -> _ScoredCandidate:
    read = note_anew(lessons.references)
    factors = replace(bid.factors, propensity=lessons.propensity_of(bid.action))
    return replace(bid, factors=factors, read=united_reads(bid.read, lessons.read, read))


def _held_back(
    playbook: Playbook, context: Context, bid: _ScoredCandidate, moment: DecisionInput
) -> _ScoredCandidate:
    """Let what would be pushed lose, since they have just begun to talk to somebody."""
    channel = _talks_on(playbook, context, bid, moment)
    if not channel or isinstance(bid.verdict, Ineligible):
        return bid
    return replace(bid, verdict=Ineligible("handled_elsewhere", channel))


def _talks_on(
    playbook: Playbook, context: Context, bid: _ScoredCandidate, moment: DecisionInput
) -> str:
    return talks_on(PolicyRequest(playbook, context, bid.situation, bid.action, moment))


def _rank(bid: _ScoredCandidate) -> tuple[float, int, str]:
    return bid.rank


def _bids(
    playbook: Playbook,
    context: Context,
    situation: Situation,
    moment: DecisionInput,
    superseded: bool,
) -> Iterator[_ScoredCandidate]:
    """Say of each plan for a situation how it could be carried out, and what it is worth."""
    scope: Scope | None = None
    for plan in playbook.actions.get(situation.situation, ()):
        read = note_anew(moment.references)
        request = PolicyRequest(playbook, context, situation, plan, moment, scope)
        way = Ineligible("expired") if superseded else check_policy(request)
        yield _ScoredCandidate(situation, plan, way, _factors(plan, request), read)
        scope = request.scope


def _factors(plan: ActionDefinition, request: PolicyRequest) -> Factors:
    percent = 0.0
    for weight in plan.weights:
        if applies(weight.when, request):
            percent += weight.percent
    return Factors(plan.propensity, 1 + percent / 100, plan.value, plan.lever)


def _refused(bid: _ScoredCandidate, refused: Mapping[str, tuple[str, str]]) -> _ScoredCandidate:
    """Let what an address would not have lose."""
    if isinstance(bid.verdict, Ineligible) or (why := refused.get(_action_id(bid))) is None:
        return bid
    return replace(bid, verdict=Ineligible(*why, by="address"))


def _decision(
    situation: Situation, weighed: Weighed, read: VersionsRead, brand: str
) -> Decision:
    """Tell what became of a situation; `read` is what the action of the winner tells."""
    winner, drawn, moment = weighed.winner, weighed.drawn, weighed.moment
    won = winner if winner and winner.situation is situation else None
    done = None if drawn.held_out else won
    of = moment.fallback.of if moment.fallback else ""
    bids = [bid for bid in weighed.bids if bid.situation is situation]
    return Decision(
        customer_id=situation.customer_id,
        decision_id=derive_id(situation.situation_id, "decision", *((of,) if of else ())),
        situation_id=situation.situation_id,
        situation=situation.situation,
        time=moment.now,
        stage=situation.stage,
        action=done.action.name if done else "",
        action_id=_action_id(done) if done else "",
        candidates=tuple(_told(bid, winner, drawn.held_out) for bid in bids),
        journey_id=situation.journey_id,
        playbook_version=situation.playbook_version,
        fallback_of=of,
        held_out=drawn.held_out if won else "",
        variant=drawn.variant if won else "",
        references=united_reads(
            situation.evidence.get(REFERENCES, {}),
            *(bid.read for bid in bids),
            read if done else {},
        ),
        explored=weighed.explored and won is not None,
        segment=weighed.segment,
        brand=brand,
    )


def _told(bid: _ScoredCandidate, winner: _ScoredCandidate | None, held_out: str) -> Candidate:
    verdict = bid.verdict
    if isinstance(verdict, Ineligible):
        return Candidate(
            bid.action.name,
            bid.action.channel,
            verdict.reason,
            bid.factors,
            verdict.detail,
            verdict.by,
        )
    if bid is not winner:
        reason, detail = "lost_arbitration", winner.action.name if winner else ""
    elif held_out:
        reason, detail = "holdout", held_out
    else:
        reason, detail = "won", ""
    return Candidate(bid.action.name, bid.action.channel, reason, bid.factors, detail)


def _action_id(bid: _ScoredCandidate) -> str:
    return action_id_of(bid.situation, bid.action)


def _act(
    playbook: Playbook,
    context: Context,
    bid: _ScoredCandidate,
    way: Eligible,
    moment: DecisionInput,
) -> Action:
    """Write the action as it goes out."""
    plan, situation, action_id = bid.action, bid.situation, _action_id(bid)
    about, words = (context, situation.goals, moment.now), playbook.vocabulary
    items = articles_of(*about)
    handoff = write_handoff(*about, words, items) if plan.handoff else None
    return Action(
        customer_id=context.customer_id,
        action_id=action_id,
        occurrence_id=situation.occurrence_id,
        journey_id=situation.journey_id,
        situation=situation.situation,
        action=plan.name,
        purpose=plan.purpose,
        channel=plan.channel,
        address=way.address,
        content_ref=plan.content_ref,
        time=moment.now,
        not_before=way.not_before,
        expires_at=way.expires,
        factors=bid.factors,
        params=_params(PolicyRequest(playbook, context, situation, plan, moment)),
        handoff=handoff,
        consent=way.consent,
        offer=plan.offer,
        items=items,
        language=context.profile.language or "",
        brand=_brand(context, situation, moment),
        quiet=_quiet(playbook, context, plan, way),
    )


def _quiet(
    playbook: Playbook, context: Context, plan: ActionDefinition, way: Eligible
) -> tuple[QuietSpan, ...]:
    """When it is quiet while it may go out: what is tried again late must not disturb."""
    quiet = playbook.quiet_hours
    if quiet is None or plan.channel not in quiet.channels:
        return ()
    return quiet_spans(quiet, context.profile.time_zone, way.not_before, way.expires)


def _brand(context: Context, situation: Situation, moment: DecisionInput) -> str:
    """In whose name it happened; where time alone showed it, that of what it is about."""
    return moment.brand or brand_about(context, situation.goals)


def _params(request: PolicyRequest) -> dict[str, str]:
    """What goes along with an action, its templates filled."""
    params, templates = request.action.params, request.action.templates
    if not templates:
        return params
    filled = {name: each.fill(scope_of(request)) for name, each in templates.items()}
    return {**params, **filled}


def _taken(
    bid: _ScoredCandidate, way: Eligible, action_id: str, moment: DecisionInput
) -> ActionRecord:
    plan, situation = bid.action, bid.situation
    return ActionRecord(
        action_id,
        situation.occurrence_id,
        plan.name,
        situation.situation,
        plan.purpose,
        plan.channel,
        moment.now,
        way.not_before,
        way.expires,
        situation.goals,
        plan.handoff,
        address=way.address,
        offer=plan.offer or None,
    )
