"""What happens in the line, as one would tell it to a visitor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from legato.core.context.goals import goal_named
from legato.core.decisions.handoff_text import in_plain
from legato.core.values.handoff import Handoff
from legato.core.values.outputs import Action, Candidate, Decision, Revoked, Situation
from legato.core.values.time import HOUR, Instant

PLACES = {
    "web": "web",
    "mobile": "app",
    "store": "shop",
    "call": "phone",
    "chat": "chat",
    "email": "e-mail",
    "sms": "text",
}
STORIES = {
    "browsing": "looks around",
    "cart_left_behind": "leaves a cart behind",
    "bought_at_once": "buys in one go",
    "bought_by_phone": "fills a cart, orders by phone",
    "carried_to_the_store": "fills a cart, comes into the shop",
    "bought_at_an_offline_till": "buys at a till whose line is down",
    "question_carried_along": "asks by e-mail, then in the chat",
    "bot_gives_up": "asks a chatbot that gives up",
    "asked_twice": "asks in the chat, has to call",
    "payment_refused": "cannot pay",
}
KNOWN = {
    "user_id": "account",
    "loyalty_id": "card",
    "email": "e-mail",
    "phone": "phone",
    "anonymous_id": "browser",
    "device_id": "app",
}
DONE = {
    "brief_store": "shop briefed",
    "brief_call_agent": "phone agent briefed",
    "brief_chat_agent": "chat agent briefed",
    "continue_on_web": "web goes on with cart",
    "continue_on_mobile": "app goes on with cart",
    "follow_up_by_email": "e-mail sent after them",
    "remind_by_email": "reminder by e-mail",
    "remind_on_mobile": "reminder in the app",
    "remind_by_sms": "reminder by text",
    "finish_checkout_by_email": "reminder by e-mail",
    "finish_checkout_on_mobile": "reminder in the app",
    "show_again_by_email": "shown again by e-mail",
    "show_again_on_mobile": "shown again in the app",
    "offer_help_on_web": "help offered on the web",
    "offer_help_on_mobile": "help offered in the app",
    "brief_senior_on_chat": "senior agent briefed",
    "brief_senior_on_call": "senior agent briefed",
    "brief_chat_on_articles": "chat agent briefed",
    "brief_call_on_articles": "phone agent briefed",
    "brief_chat_after_bot": "chat agent briefed",
    "brief_call_after_bot": "phone agent briefed",
    "brief_chat_on_notice": "chat agent briefed",
    "brief_call_on_notice": "phone agent briefed",
    "offer_call_back_by_sms": "call back by text",
    "offer_call_back_on_mobile": "call back in the app",
    "answer_detractor_by_email": "answered in person",
    "answer_detractor_by_sms": "answered in person",
    "welcome_by_email": "welcome by e-mail",
    "welcome_on_mobile": "welcome in the app",
    "welcome_offer_by_sms": "offer by text",
    "welcome_offer_by_email": "offer by e-mail",
    "show_how_by_email": "tip by e-mail",
    "show_how_on_mobile": "tip in the app",
    "tell_ready_on_mobile": "told in the app",
    "tell_ready_by_email": "told by e-mail",
    "remind_of_pickup_on_mobile": "reminder in the app",
    "remind_of_pickup_by_sms": "reminder by text",
    "remind_of_reservation_on_mobile": "reminder in the app",
    "remind_of_reservation_by_email": "reminder by e-mail",
    "tell_delay_by_email": "told by e-mail",
    "tell_delay_by_sms": "told by text",
    "tell_price_by_email": "told by email",
    "tell_price_on_mobile": "told in the app",
    "tell_stock_by_email": "told by email",
    "tell_stock_on_mobile": "told in the app",
}
FOUND = {
    "checkout_abandoned": "left the checkout",
    "browse_abandoned": "looked, and left it",
    "payment_trouble": "cannot pay",
    "repeated_contact": "has to ask again",
    "deflection_failed": "read, and asks anyway",
    "bot_fallback": "the bot gave up",
    "long_wait": "waits for an answer",
    "detractor": "is not happy",
    "welcome": "is new",
    "onboarding_stalled": "has not begun",
    "pickup_ready": "order is in the shop",
    "pickup_waiting": "order is not collected",
    "reservation_expiring": "reservation runs out",
    "delivery_delayed": "parcel is late",
    "price_drop_on_interest": "costs less now",
    "back_in_stock": "can be had again",
    "contact_after_notice": "asks after our message",
}
REASONS = {
    "paused": "is paused",
    "not_eligible": "does not apply",
    "erased": "to be forgotten",
    "converted": "done already",
    "duplicate": "was done",
    "no_consent": "no consent",
    "unreachable": "no address",
    "muted_by_case": "open question",
    "handled_elsewhere": "in good hands",
    "existing_offer": "has an offer",
    "mutual_exclusion": "one voice",
    "cooldown": "too soon again",
    "suppressed_after_rejections": "wants no more",
    "no_capacity": "all are busy",
    "frequency_cap": "enough for now",
    "quiet_hours": "asleep",
    "expired": "too late",
    "holdout": "held out",
    "lost_arbitration": "better idea",
}


class TickerMoment(NamedTuple):
    """A situation, what was decided about it, and the action if one came of it."""

    situation: Situation
    decision: Decision
    action: Action | None


class TickerText(NamedTuple):
    """A line of the ticker: when, who, what happened, what is done; `mood` gives its colour.

    `handoff` is what the one who takes over gets to read.
    """

    time: Instant
    who: str
    what: str
    done: str
    mood: str
    handoff: Handoff | None = None


def tell_moment(moment: TickerMoment, who: str) -> TickerText:
    """Tell what was found and what is done about it."""
    situation = moment.situation
    what = _found(situation)
    if moment.action is None:
        return TickerText(
            situation.time, who, what, f"nothing: {_why_nothing(moment)}", "quiet"
        )
    handoff = moment.action.handoff
    mood = "briefed" if handoff else "reached"
    done = DONE.get(moment.action.action, in_plain(moment.action.action))
    return TickerText(situation.time, who, what, done, mood, handoff)


def tell_revoked(revoked: Revoked, who: str) -> TickerText:
    """Tell that an action was wrong, and whether that was found out in time."""
    what = "bought after all" if revoked.reason == "converted" else in_plain(revoked.reason)
    late = "too late" if revoked.too_late else "in time"
    done = f"{place(revoked.channel)} stopped {late}"
    return TickerText(revoked.time, who, what, done, "taken back")


def place(channel: str) -> str:
    """Call a channel as a customer would."""
    return PLACES.get(channel, in_plain(channel))


def bought(channel: str) -> str:
    """Say where somebody bought."""
    return {"store": "bought in the shop", "call": "bought by phone"}.get(
        channel, f"bought on {place(channel)}"
    )


def amount(value: float, currency: str | None = None) -> str:
    """Write a sum of money, short."""
    return f"{value:,.0f} {currency or 'EUR'}"


def o_clock(at: Instant) -> str:
    """Say what time it is in town, which lives by UTC."""
    return _utc(at).strftime("%H:%M")


def weekday(at: Instant) -> str:
    """Say which day it is in town."""
    return _utc(at).strftime("%A")


def _utc(at: Instant) -> datetime:
    return datetime.fromtimestamp(at / 1_000, UTC)


def _found(situation: Situation) -> str:
    if "to" in situation.evidence:
        return _switched(situation)
    if "cart_id" in situation.evidence:
        return _left(situation)
    return FOUND.get(situation.situation, in_plain(situation.situation))


_OPEN = {
    "case": "question",
    "cart": "cart",
    "checkout": "checkout",
    "interest": "what they looked at",
    "reservation": "reservation",
    "order": "order",
}
"""What the customer goes on with, the weightiest first."""


def _switched(situation: Situation) -> str:
    evidence = situation.evidence
    kinds = {goal_named(goal).kind for goal in situation.goals}
    goal = next((word for kind, word in _OPEN.items() if kind in kinds), "checkout")
    return f"{place(str(evidence.get('from')))} → {place(str(evidence['to']))}: {goal}"


def _left(situation: Situation) -> str:
    evidence = situation.evidence
    hours = round(evidence.get("waited_ms", 0) / HOUR)
    return f"{amount(evidence.get('value', 0))} left for {hours} h"


def _why_nothing(moment: TickerMoment) -> str:
    told = (each for each in moment.decision.candidates if each.reason != "not_eligible")
    best = max(told, key=_weight, default=None)
    return reason("not_eligible" if best is None else best.reason)


def reason(code: str) -> str:
    """Say a reason code in a word or two."""
    return REASONS.get(code, in_plain(code))


def _weight(candidate: Candidate) -> float:
    return candidate.factors.priority if candidate.factors else 0.0
