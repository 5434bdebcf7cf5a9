"""Two contexts of one customer become one, as if all of their events had come to one.

Every part is united by what it says of itself (its id, its time), never by which side it was
on, so the order of merges does not matter. What one side knows is then applied to the other:
orders close carts, what settled a case closes it, wishes end actions. Timers are derived then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from legato.core.context.bounces import unite_bounces
from legato.core.context.brands import united_brands
from legato.core.context.consent import stricter, told_unclearly
from legato.core.context.contact import later_contact
from legato.core.context.context import (
    SEEN_ENTRY,
    ActionRecord,
    Case,
    ClosedCase,
    ConsentRecord,
    Contact,
    Context,
    Presence,
    Session,
)
from legato.core.context.erasure import united_erasures
from legato.core.context.identifiers import unite_identifiers
from legato.core.context.lifecycle import united_since
from legato.core.context.looked_at import last_looked_at, united_looks
from legato.core.context.orders import lift, united_orders
from legato.core.context.past import PAST, merge_pasts
from legato.core.context.places import united_awaited, united_visits
from legato.core.context.profile import unite_profiles
from legato.core.context.retention import (
    KEEP_CLOSED,
    KNOWN_FACTS,
    KNOWN_MOST,
    LANDING,
    MOST_CLOSED,
    MOST_RESERVED,
    MOST_TOUCHPOINTS,
    SEEN_ALWAYS,
    SEEN_MOST,
)
from legato.core.context.timeline import touches, write_timeline
from legato.core.decisions.attribution import convert, remark, unite_conversions
from legato.core.decisions.caps import to_remember
from legato.core.decisions.experiments import newest_assigned
from legato.core.decisions.rejections import to_keep
from legato.core.decisions.resolution import merge_trails
from legato.core.decisions.revocation import later_of, outcome_rank
from legato.core.decisions.touches import unite_touches
from legato.core.events.touchpoint import Touchpoint
from legato.core.events.vocabulary import STAGES
from legato.core.merge.cart import merge_carts
from legato.core.merge.revocations import take_back
from legato.core.playbook.definition import Playbook
from legato.core.situations.entry_policy import LAST_ENTRIES, merge_entries
from legato.core.values.outputs import Conversion, Resolution, Revoked
from legato.core.values.time import DAY, LONG_AGO, NEVER, Instant

V = TypeVar("V")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Context).decode


def merge(
    playbook: Playbook, ours: Context, theirs: Context, since: Instant = LONG_AGO
) -> tuple[Context, tuple[Revoked | Conversion | Resolution, ...]]:
    """Unite two contexts under the name of the first; tell what is wrong now, or is known now.

    Neither is changed. `since` is when they turned out to be one: nothing is taken back before
    then. What they say of identity is left to whoever merges.
    """
    united = _united(*_bare(copy_of(ours), copy_of(theirs)))
    united.actions = to_remember(playbook, united.actions)
    united.runs = _runs(playbook, ours, theirs, since)
    revoked = take_back(united, (ours, theirs), since, playbook.pulls)
    remark(united)
    converted = convert(playbook.attribution, united)
    resolutions = merge_trails(united, *map(copy_of, (ours, theirs)))
    united.next_due = playbook.next_due(united)
    return united, (*revoked, *converted, *resolutions)


def copy_of(context: Context) -> Context:
    """Copy a context with all that is in it."""
    return _unpack(_pack(context))


def _bare(ours: Context, theirs: Context) -> tuple[Context, Context]:
    """Give both all orders, and lift them off their carts: whoever unites them lays them on."""
    told = (*ours.orders, *theirs.orders)
    orders = united_orders(replace(order, own=None) for order in told)
    for side in (ours, theirs):
        lift(side, orders)
    return ours, theirs


def _united(ours: Context, theirs: Context) -> Context:
    older, newer = sorted((ours, theirs), key=_recency)
    here = max(older, newer, key=lambda context: (context.present, context.channel))
    trail = _touchpoints(ours, theirs)
    visits = _visits(ours, theirs)
    journeys = dict.fromkeys(reversed((*older.journeys, *newer.journeys)))
    united = Context(
        ours.customer_id,
        max(ours.revision, theirs.revision),
        NEVER,
        here.channel,
        here.present,
        _landing(ours, theirs, here.present),
        newer.touched,
        STAGES[max(STAGES.index(ours.stage), STAGES.index(theirs.stage))],
        _seen(ours.seen, theirs.seen),
        write_timeline(trail),
        len(trail),
        session=visits[-1] if visits else None,
        sessions=tuple(visits[-KNOWN_MOST:-1]),
        journeys=(*reversed([*journeys][:KNOWN_MOST]),),
        carts=_by_key(ours.carts, theirs.carts, merge_carts),
        cases=_by_key(ours.cases, theirs.cases, _case),
        orders=ours.orders,
        actions=_actions((*ours.actions, *theirs.actions)),
        waiting=tuple(
            sorted({*ours.waiting, *theirs.waiting}, key=lambda each: (each.time, each.event))
        ),
        consents=_consents(ours, theirs),
        profile=unite_profiles(older.profile, newer.profile),
        asked_again=ours.asked_again + theirs.asked_again,
        ids_dropped=ours.ids_dropped + theirs.ids_dropped,
        closed_cases=_closed_cases((*ours.closed_cases, *theirs.closed_cases)),
        identity=ours.identity,
        elsewhere=_elsewhere(ours, theirs, here.channel),
        contact=_contact(ours.contact, theirs.contact),
        looked_at=last_looked_at(_by_key(ours.looked_at, theirs.looked_at, united_looks)),
    )
    united.stage_since = united_since(ours, theirs, united.stage)
    united.brands = united_brands(ours.brands, theirs.brands)
    united.erasures = united_erasures(ours.erasures, theirs.erasures)
    united.venues = united_visits(ours.venues, theirs.venues)
    united.awaited = united_awaited(ours.awaited, theirs.awaited)
    unite_bounces(united, ours, theirs)
    unite_identifiers(united, older, newer)
    united.rejections = to_keep((*ours.rejections, *theirs.rejections))
    united.assigned = newest_assigned(_by_key(ours.assigned, theirs.assigned, min))
    united.conversions = unite_conversions(ours, theirs)
    united.asks = _once((*ours.asks, *theirs.asks), lambda ask: ask.action.action_id)
    united.questions = _once((*ours.questions, *theirs.questions), lambda ask: ask.action_id)
    reserved = _once((*ours.reserved, *theirs.reserved), lambda each: each.ask.action_id)
    united.reserved = reserved[-MOST_RESERVED:]
    return united


def _once(told: Iterable[V], name_of: Callable[[V], str]) -> tuple[V, ...]:
    """Keep each once, in the order of their names."""
    known = {name_of(each): each for each in told}
    return tuple(known[name] for name in sorted(known))


def _recency(context: Context) -> tuple[object, ...]:
    return context.touched, context.present, context.seen, context.customer_id


def _by_key(
    ours: dict[str, V], theirs: dict[str, V], join: Callable[[V, V], V]
) -> dict[str, V]:
    """Unite two maps; what both have is joined."""
    both = {key: join(ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}
    return {**ours, **theirs, **both}


def _consents(ours: Context, theirs: Context) -> dict[str, ConsentRecord]:
    """Unite wishes; what one side did not understand, the other may have heard clearly."""
    both = _by_key(ours.consents, theirs.consents, stricter)
    if not any(map(told_unclearly, both)):
        return both
    heard = {each.hex() for each in (*ours.digests, *theirs.digests)}
    return {key: wish for key, wish in both.items() if told_unclearly(key) not in heard}


def _elsewhere(ours: Context, theirs: Context, channel: str) -> Presence | None:
    """Where either was last but on `channel`, where the last of all was."""
    known = [
        Presence(ours.present, ours.channel),
        Presence(theirs.present, theirs.channel),
        *(each for each in (ours.elsewhere, theirs.elsewhere) if each is not None),
    ]
    return max((each for each in known if each.channel not in ("", channel)), default=None)


def _contact(ours: Contact | None, theirs: Contact | None) -> Contact | None:
    return later_contact(ours, theirs) if ours and theirs else ours or theirs


def _landing(ours: Context, theirs: Context, present: Instant) -> Instant:
    """A click on a message of ours counts until the customer acts by themselves."""
    until = max(ours.landing_until, theirs.landing_until)
    return until if until != LONG_AGO and until - LANDING >= present else LONG_AGO


def _visits(ours: Context, theirs: Context) -> list[Session]:
    """The last visit on each channel, the one that began last at the end."""
    visits = [*ours.sessions, *theirs.sessions, ours.session, theirs.session]
    known = sorted(
        (visit for visit in visits if visit is not None),
        key=lambda visit: (visit.started, visit.channel, visit.id),
    )
    return sorted({visit.channel: visit for visit in known}.values(), key=_began)


def _began(visit: Session) -> tuple[Instant, str]:
    return visit.started, visit.channel


def _seen(ours: bytearray, theirs: bytearray) -> bytearray:
    """Unite what was seen: each id once, since when it was first seen, oldest first."""
    if not theirs or not ours:
        return ours + theirs
    entries: dict[bytes, bytes] = {}
    for seen in (bytes(ours), bytes(theirs)):
        for at in range(0, len(seen), SEEN_ENTRY):
            stamp, digest = seen[at : at + 4][::-1], seen[at + 4 : at + SEEN_ENTRY]
            entries[digest] = min(stamp, entries.get(digest, stamp))
    order = sorted((stamp, digest) for digest, stamp in entries.items())
    newest = int.from_bytes(order[-1][0], "big")
    keep_from = (max(newest - DAY // 1000, 0)).to_bytes(4, "big")
    spare = len(order) - SEEN_ALWAYS
    kept = [entry for n, entry in enumerate(order) if n >= spare or entry[0] >= keep_from]
    return bytearray().join(stamp[::-1] + digest for stamp, digest in kept[-SEEN_MOST:])


def _touchpoints(ours: Context, theirs: Context) -> list[Touchpoint]:
    """The last touchpoints of both; what is alike in all on both sides counts once."""
    both = Counter(touches(ours.touchpoints)) | Counter(touches(theirs.touchpoints))
    told = sorted(
        both.elements(),
        key=lambda each: (each.time, each.type, each.channel, each.note, each.brand),
    )
    return told[-MOST_TOUCHPOINTS:]


def _case(ours: Case, theirs: Case) -> Case:
    first, second = sorted((ours, theirs), key=_beginning)
    last = max(ours, theirs, key=lambda case: (case.touched, case.touched_by))
    return Case(
        first.id,
        first.reason or second.reason,
        first.opened,
        last.touched,
        last.touched_by,
        [*dict.fromkeys((*first.channels, *second.channels))],
        first.asked or second.asked,
        [*dict.fromkeys((*first.known, *second.known))][-KNOWN_FACTS:],
        last.bot,
        max(ours.last_opened, theirs.last_opened),
        max((each.ended for each in (ours, theirs) if each.ended is not None), default=None),
        first.brand,
    )


def _beginning(case: Case) -> tuple[Instant, str, str]:
    return case.opened, case.touched_by, case.brand


def _runs(playbook: Playbook, ours: Context, theirs: Context, since: Instant) -> dict[str, Any]:
    """Let each primitive unite what it keeps; what none of them knows stays as it is."""
    known = {primitive.word for primitive in playbook.primitives}
    runs = {
        key: run
        for key, run in {**theirs.runs, **ours.runs}.items()
        if "|" not in key and key not in known
    }
    runs.pop(PAST, None)
    if past := merge_pasts(playbook.past, ours, theirs):
        runs[PAST] = past
    if entries := merge_entries(ours, theirs):
        runs[LAST_ENTRIES] = entries
    for primitive in playbook.primitives:
        situations = {
            each.name: each for each in playbook.situations if isinstance(each, primitive)
        }
        runs |= primitive.merge(situations, ours, theirs, since)
    return runs


def _closed_cases(told: Iterable[ClosedCase]) -> tuple[ClosedCase, ...]:
    known = sorted({*told}, key=lambda each: (each.time, each.case_id))
    recent = [each for each in known if each.time > known[-1].time - KEEP_CLOSED]
    return tuple(recent[-MOST_CLOSED:])


def _actions(told: Iterable[ActionRecord]) -> tuple[ActionRecord, ...]:
    """Actions go with the customer, and so do the caps that they use up."""
    known: dict[str, ActionRecord] = {}
    for taken in told:
        before = known.get(taken.action_id, taken)
        delivered = later_of(before.delivered, taken.delivered)
        last = max(before, taken, key=lambda each: outcome_rank(each.became))
        last = unite_touches(last, before, taken)
        retry = before.retry and taken.retry
        known[taken.action_id] = replace(last, delivered=delivered, retry=retry)
    return tuple(sorted(known.values(), key=lambda each: (each.decided, each.action_id)))
