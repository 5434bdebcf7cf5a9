"""Write the handoff: what an associate or agent should know without having to ask."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from legato.core.context import Cart, Case, Context, Taken, Touch
from legato.core.handoff import Handoff, HandoffItem
from legato.core.instant import DAY, Instant, span_in_words

MOST_BYTES = 4_096
MOST_ITEMS = 10
TOUCHPOINTS = 5
_PHRASES = {
    "page.viewed": "looked at a page",
    "product.viewed": "looked at {}",
    "search.performed": "searched for {}",
    "cart.item_added": "put {} into the cart",
    "cart.item_removed": "took {} out of the cart",
    "cart.updated": "changed the cart",
    "checkout.started": "went to the checkout",
    "checkout.step_completed": "got through the checkout step {}",
    "payment.failed": "could not pay",
    "order.completed": "bought",
    "store.visited": "came into the shop",
    "contact.queued": "waited for an agent",
    "contact.answered": "was answered",
    "contact.started": "asked for help about {}",
    "contact.transferred": "was passed on",
    "contact.ended": "ended the conversation about {}",
    "message.received": "wrote to us about {}",
    "message.sent": "was written to",
    "message.opened": "opened a message",
    "message.clicked": "followed a link in a message",
    "article.viewed": "read an article",
    "loyalty.card_scanned": "showed the loyalty card",
    "account.logged_in": "logged in",
}
_OUTCOMES = {"sent": "sent", "delivered": "delivered, no answer yet"}

_encode = msgspec.json.Encoder().encode


def write_handoff(context: Context, goals: tuple[str, ...], now: Instant) -> Handoff:
    """Tell what the customer was trying to do; never longer than 4 KiB as JSON."""
    carts = [
        context.carts[key] for key in _keys(goals, "cart", "checkout") if key in context.carts
    ]
    cases = [context.cases[key] for key in _keys(goals, "case") if key in context.cases]
    handoff = Handoff(
        goal=_goal(carts, cases),
        as_of=now,
        items=_items(carts),
        value=round(sum(cart.value for cart in carts), 2),
        currency=next((cart.currency for cart in carts if cart.currency), None),
        stopped_at=_stopped_at(carts, cases),
        touchpoints=tuple(
            _touchpoint(touch, now)
            for touch in context.timeline[-TOUCHPOINTS:]
            if touch.time <= now
        ),
        tried=tuple(_tried(taken, now) for taken in context.actions if _is_recent(taken, now)),
        do_not_ask=_do_not_ask(context, cases),
        language=context.profile.language,
    )
    return _fitted(handoff)


def _keys(goals: tuple[str, ...], *kinds: str) -> list[str]:
    parts = [goal.partition(":") for goal in goals]
    return list(dict.fromkeys(key for kind, _, key in parts if kind in kinds))


def _goal(carts: list[Cart], cases: list[Case]) -> str:
    wishes = [f"get help{_about(case)}" for case in cases]
    wishes += [f"buy {_articles(cart)}" for cart in carts if cart.lines]
    wishes += ["finish the checkout" for cart in carts if not cart.lines]
    return f"The customer wants to {' and to '.join(wishes) or 'go on where they were'}."


def _about(case: Case) -> str:
    about = f" with {in_plain(case.reason)}" if case.reason else ""
    return f"{about}: “{case.asked}”" if case.asked else about


def _articles(cart: Cart) -> str:
    lines = list(cart.lines.values())
    told = " and ".join(
        f"{line.item.quantity:g} × {line.item.name or line.item.sku}"
        + (f" in size {line.item.size}" if line.item.size else "")
        for line in lines[:2]
    )
    more = f" and {len(lines) - 2} more" if len(lines) > 2 else ""
    return told + more


def _items(carts: list[Cart]) -> tuple[HandoffItem, ...]:
    items = [line.item for cart in carts for line in cart.lines.values()]
    return tuple(
        HandoffItem(item.sku, item.quantity, item.name, item.size, item.price, item.currency)
        for item in items[:MOST_ITEMS]
    )


def _stopped_at(carts: list[Cart], cases: list[Case]) -> str:
    for case in cases:
        where = f"on {case.channels[-1]}" if case.channels else "so far"
        return f"talked to a bot {where}" if case.bot else f"contacted us {where}"
    for cart in carts:
        if cart.checkout is not None:
            return f"checkout, step “{in_plain(cart.step)}”, on {cart.origin}"
        return f"cart filled on {cart.origin}, checkout not started"
    return ""


def _touchpoint(touch: Touch, now: Instant) -> str:
    phrase = _PHRASES.get(touch.type, in_plain(touch.type))
    told = phrase.format(in_plain(touch.note) or "something") if "{}" in phrase else phrase
    return f"{_ago(now - touch.time)} on {touch.channel}: {told}"


def _ago(span: int) -> str:
    return "just now" if span < 60_000 else f"{span_in_words(span)} ago"


def _is_recent(taken: Taken, now: Instant) -> bool:
    return now - 7 * DAY < taken.decided < now


def _tried(taken: Taken, now: Instant) -> str:
    became = _OUTCOMES.get(taken.status, in_plain(taken.status))
    return f"{in_plain(taken.name)}, {_ago(now - taken.decided)}: {became}"


def _do_not_ask(context: Context, cases: list[Case]) -> tuple[str, ...]:
    known = [in_plain(kind.removesuffix("_id")) for kind in sorted(context.identifiers)]
    facts = [fact for case in cases for fact in case.known]
    reasons = [f"the reason: {in_plain(case.reason)}" for case in cases if case.reason]
    return (*known, *reasons, *facts)


def in_plain(text: str) -> str:
    """Write a code as words: `late_delivery` and `late.delivery` become `late delivery`."""
    return text.replace("_", " ").replace(".", " ")


def _fitted(handoff: Handoff) -> Handoff:
    """Shorten what can be spared, longest list first, until it fits."""
    while len(_encode(handoff)) > MOST_BYTES:
        name = max(
            ("items", "touchpoints", "tried", "do_not_ask"), key=lambda n: _size(handoff, n)
        )
        shorter = getattr(handoff, name)[:-1]
        handoff = replace(handoff, **{name: shorter})
    return handoff


def _size(handoff: Handoff, name: str) -> int:
    return len(_encode(getattr(handoff, name)))
