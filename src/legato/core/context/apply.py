"""Fold one event into its context: the only place, with cart and case, that writes history."""

from __future__ import annotations

import struct
from typing import TypeAlias

from msgspec.structs import replace
from xxhash import xxh3_64_digest

from legato.core.context.bounces import give_addresses, note_bounce
from legato.core.context.brands import note_brand
from legato.core.context.cart_log import digest_of
from legato.core.context.case import follow_contact
from legato.core.context.consent import (
    MOST_UNCLEAR,
    UNCLEAR_REST,
    key_of,
    stricter,
    told_unclearly,
    unclear_key,
)
from legato.core.context.context import (
    SEEN_ENTRY,
    ConsentRecord,
    Context,
    Session,
)
from legato.core.context.erasure import note_erasure
from legato.core.context.goals import open_goals
from legato.core.context.identifiers import record_identifiers, stamp_of
from legato.core.context.interests import bought_interests
from legato.core.context.looked_at import note_look
from legato.core.context.orders import follow_order, follow_payment, follow_shopping
from legato.core.context.places import note_places
from legato.core.context.profile import profile_with
from legato.core.context.retention import (
    JOURNEY_GAP,
    KNOWN_MOST,
    LANDING,
    MOST_TOUCHPOINTS,
    NOTE_MOST,
    SEEN_ALWAYS,
    SEEN_MOST,
)
from legato.core.context.timeline import insert
from legato.core.events.event import Event
from legato.core.events.payloads import (
    ActionFeedback,
    ArticlePayload,
    BouncePayload,
    CartPayload,
    ConsentsPayload,
    ConversationPayload,
    ErasurePayload,
    Item,
    OrderPayload,
    PaymentPayload,
    PointsPayload,
    SuccessionPayload,
    SurveyPayload,
    TraitsPayload,
)
from legato.core.events.touchpoint import encode_touchpoint
from legato.core.events.types import EventType
from legato.core.events.vocabulary import STAGES
from legato.core.events.wishes import Told, Wishes
from legato.core.values.ids import derive_id
from legato.core.values.time import DAY, LONG_AGO, Instant

NONE: list[str] = []
Personal: TypeAlias = (
    Wishes
    | TraitsPayload
    | BouncePayload
    | ActionFeedback
    | SuccessionPayload
    | SurveyPayload
    | PointsPayload
    | ArticlePayload
    | ConsentsPayload
    | ErasurePayload
)
"""What is said of the customer, rather than of what is bought or asked for."""


def unclear_id(event_id: str) -> str:
    """Name an event that was followed only as far as it is understood."""
    return derive_id("unknown_word", event_id)


_entry = struct.Struct("<I8s").pack
_stamp_of = struct.Struct("<I").unpack_from


def remember_id(context: Context, event: Event) -> bool:
    """Note the event's id; False if it was seen before."""
    digest, seen = xxh3_64_digest(event.id.encode()), context.seen
    if seen.find(digest) >= 0:  # `in` would try the digest as a number first, and fail
        return False
    seconds = (event.received or event.time) // 1000
    seen += _entry(seconds & 0xFFFFFFFF, digest)
    if len(seen) > SEEN_ALWAYS * SEEN_ENTRY:
        _forget_ids(context, seconds)
    return True


def remember_unclear(context: Context, event: Event) -> bool:
    """Note that an event was followed as far as it is understood; False if it was before.

    It may come once more, in words that are known, and must be followed then: so it is noted
    under another name.
    """
    if has_seen(context, event):
        return False
    return remember_id(context, replace(event, id=unclear_id(event.id)))


def has_seen(context: Context, event: Event) -> bool:
    """Was this event followed, or does it wait?"""
    return context.seen.find(xxh3_64_digest(event.id.encode())) >= 0


def forget_id(context: Context, event: Event) -> None:
    """Let an event be followed that comes once more."""
    at = context.seen.find(xxh3_64_digest(event.id.encode()))
    if at >= 0:
        del context.seen[at - 4 : at - 4 + SEEN_ENTRY]


def _forget_ids(context: Context, seconds: int) -> None:
    """Let ids go that are older than a day and not among the last thousand."""
    seen, keep_from = context.seen, seconds - DAY // 1000
    spare = len(seen) - SEEN_ALWAYS * SEEN_ENTRY
    gone = 0
    while gone < spare and _stamp_of(seen, gone)[0] < keep_from:
        gone += SEEN_ENTRY
    overflow = len(seen) - SEEN_MOST * SEEN_ENTRY
    if overflow > gone:
        context.ids_dropped += (overflow - gone) // SEEN_ENTRY
        gone = overflow
    del seen[:gone]


def apply(context: Context, event: Event, kind: EventType, payload: Told | None) -> list[str]:
    """Fold an event that was checked before; return the goals that it took from or ended."""
    time, ended, note = event.time, NONE, ""
    if time - context.touched > JOURNEY_GAP and not open_goals(context):
        _start_journey(context, event)
    if payload is not None:
        ended, note = _apply_payload(context, event, payload)
    elif kind.is_look:
        note_look(context, event)
    append_touchpoint(context, time, _touchpoint(event, kind, note))
    if event.brand:
        note_brand(context, event.brand)
    if event.location is not None or kind.is_awaiting:
        note_places(context, event, kind)
    if time >= context.present:
        update_presence(context, event, kind)
    if event.identifiers and type(payload) is not BouncePayload:
        _record_identifiers(context, event, kind)
    _reach(context, kind, time)
    return ended


def _touchpoint(event: Event, kind: EventType, note: str) -> bytes:
    """Pack what is remembered of an event; where only its time is new, the rest is packed."""
    if note or event.brand:
        brand = event.brand or ""
        return encode_touchpoint(event.time, kind.name, event.channel, note, brand)
    write, head, tail = kind.encoders[event.channel]
    return write(head, event.time, tail)


def _record_identifiers(context: Context, event: Event, kind: EventType) -> None:
    record_identifiers(context, event)
    if kind.gives_address and event.identifiers:
        give_addresses(context, event.time, event.identifiers)


def _reach(context: Context, kind: EventType, time: Instant) -> None:
    """Note how far the customer got, and since when, in whichever order events come."""
    since = context.stage_since
    if context.stage in kind.lifts:
        context.stage, context.stage_since = STAGES[kind.reach], time
    elif context.touches == 1 or (
        since is not None and time < since and STAGES[kind.reach] == context.stage
    ):
        context.stage_since = time


def append_touchpoint(context: Context, time: Instant, touchpoint: bytes) -> None:
    """Keep a touchpoint in order of time, and drop the oldest."""
    trail = context.touchpoints
    if time >= context.touched:
        context.touched = time
        trail += touchpoint
    else:
        insert(trail, time, touchpoint)
    if context.touches == MOST_TOUCHPOINTS:
        del trail[: 2 + (trail[0] << 8 | trail[1])]
    else:
        context.touches += 1


def _apply_payload(context: Context, event: Event, payload: Told) -> tuple[list[str], str]:
    """Let the part of the context change that the payload is about; tell it in a note."""
    match payload:
        case Item():
            note = payload.name or payload.sku
            return follow_shopping(context, event, payload), note[:NOTE_MOST]
        case CartPayload():
            note = payload.step or ""
            return follow_shopping(context, event, payload), note[:NOTE_MOST]
        case OrderPayload():
            return _follow_order(context, event, payload), ""
        case PaymentPayload():
            return follow_payment(context, event), ""
        case ConversationPayload():
            return follow_contact(context, event, payload), (payload.reason or "")[:NOTE_MOST]
        case _:
            return NONE, _apply_person(context, event, payload)


def _follow_order(context: Context, event: Event, payload: OrderPayload) -> list[str]:
    """Follow an order; what it took from carts comes last, as the touchpoint tells it."""
    ended = follow_order(context, event, payload)
    if event.type != "order.completed":
        return ended
    return [*bought_interests(context, event.order_id or event.id), *ended]


def _apply_person(context: Context, event: Event, payload: Personal) -> str:
    """Follow what is said of the customer, and nothing of what became of our own actions."""
    match payload:
        case ArticlePayload():
            return payload.note[:NOTE_MOST]
        case Wishes():
            apply_wishes(context, event, payload)
        case TraitsPayload():
            context.profile = profile_with(context.profile, payload, stamp_of(event))
        case PointsPayload(balance=float()):
            context.profile = profile_with(context.profile, payload.traits, stamp_of(event))
        case BouncePayload(hard=True):
            note_bounce(context, event, payload)
        case ErasurePayload():
            note_erasure(context, event, payload)
        case (
            ActionFeedback()
            | BouncePayload()
            | SuccessionPayload()
            | SurveyPayload()
            | PointsPayload()
            | ConsentsPayload()
        ):
            """Nothing that the context keeps."""
    return ""


def _start_journey(context: Context, event: Event) -> None:
    """Begin a journey."""
    journey = derive_id(context.customer_id, "journey", event.id)
    context.journeys = (*context.journeys, journey)[-KNOWN_MOST:]


def update_presence(context: Context, event: Event, kind: EventType) -> None:
    """Move presence and visit; not asked for a late event."""
    if kind.is_click:
        context.landing_until = event.time + LANDING
    elif kind.initiated:
        context.channel, context.present = event.channel, event.time
        context.landing_until, context.elsewhere = LONG_AGO, None
    session, visit = context.session, event.session_id
    if visit and (session is None or session.id != visit):
        _start_session(context, event, visit)


def _start_session(context: Context, event: Event, visit: str) -> None:
    """Begin a visit, and keep the last one of each channel that the customer went on from."""
    left = context.session
    context.session = Session(event.channel, visit, event.time)
    if left is not None and left.channel != event.channel:
        others = [other for other in context.sessions if other.channel != left.channel]
        context.sessions = (*others[1 - KNOWN_MOST :], left)


def apply_wishes(context: Context, event: Event, wishes: Wishes) -> None:
    """The newer wish counts; of two at the same time, the stricter.

    What is unclear lies apart until its event comes once more, in words that are known.
    """
    name = digest_of(event.id).hex()
    if not wishes.faults:
        _forget_unclear(context, name)
    for told in wishes.followed:
        brand = told.brand or event.brand or ""
        key = key_of(told.purpose, told.channel, brand)
        if told.unclear:
            key = _room_for(context, unclear_key(told, brand, name))
        wish = ConsentRecord(
            told.status,
            event.time,
            told.basis[:NOTE_MOST],
            event.source,
            told.proof[:NOTE_MOST],
        )
        context.consents[key] = stricter(context.consents.get(key, wish), wish)


def _forget_unclear(context: Context, name: str) -> None:
    """What an event said unclearly, it says clearly now."""
    for key in [key for key in context.consents if told_unclearly(key) == name]:
        del context.consents[key]


def _room_for(context: Context, key: str) -> str:
    """Whoever says a lot that nobody understands is taken to refuse all of it."""
    unclear = [each for each in context.consents if told_unclearly(each) is not None]
    return key if key in unclear or len(unclear) < MOST_UNCLEAR else UNCLEAR_REST
