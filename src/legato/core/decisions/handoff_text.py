"""Write the handoff: what an associate or agent should know without having to ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from legato.core.context.asked_goals import AskedGoals, asked_goals_among
from legato.core.context.context import ActionRecord, Cart, Case, Context, worth_of
from legato.core.context.goals import goal_named
from legato.core.context.interests import Interest
from legato.core.context.open_orders import OpenOrder
from legato.core.context.reservations import NO_ARTICLE, OpenReservation
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.events.vocabulary import VOCABULARY, Vocabulary
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.time import DAY, Instant, in_words, span_in_words

MOST_BYTES = 4_096
LINK_MOST = 500
"""Characters of a link to an article."""
MOST_ITEMS = 10
MOST_NAME = 80
TOUCHPOINTS = 5
_PHRASES_OF_OTHERS = {"cart.viewed": "looked at the cart"}
"""Types that nobody promises, but that many send."""
_BECAME = {
    "sent": "sent, no answer yet",
    "delivered": "delivered, no answer yet",
    "failed": "did not arrive",
    "clicked": "opened and followed",
    "viewed": "handed over and read",
    "rejected": "declined",
    "converted": "led to an order",
    "revoked_too_late": "delivered, although it was settled by then",
}
_OFFER_IS_OVER = frozenset(("failed", "rejected", "converted", "revoked_too_late"))
_NEVER_OUT = frozenset(("revoked", "expired"))
_ASKED_FOR = {
    "user_id": "account",
    "loyalty_id": "loyalty card",
    "email": "email address",
    "phone": "phone number",
}
_NOT_ASKED_FOR = frozenset(("device_id", "anonymous_id"))

_encode = msgspec.json.Encoder().encode


class _Wanted(Struct, frozen=True):
    """What is left of goals."""

    carts: list[Cart]
    cases: list[Case]
    asked: AskedGoals


def articles_of(
    context: Context, goals: tuple[str, ...], now: Instant
) -> tuple[HandoffItem, ...]:
    """Tell the articles that goals are about, as they stand now."""
    return _items(_wanted(context, goals, now))


def write_handoff(
    context: Context,
    goals: tuple[str, ...],
    now: Instant,
    vocabulary: Vocabulary = VOCABULARY,
    items: tuple[HandoffItem, ...] | None = None,
) -> Handoff:
    """Tell what the customer was trying to do; never longer than 4 KiB as JSON.

    `items` are the articles that goals are about, should they be known already.
    """
    wanted = _open(context, goals, now)
    cases = wanted.cases
    handoff = Handoff(
        goal=_goal(wanted),
        as_of=now,
        items=_items(wanted) if items is None else items,
        **_worth(wanted.carts),
        stopped_at="; ".join(_stops(wanted, context.channel, now)),
        touchpoints=_touchpoints(context, now, vocabulary),
        tried=tuple(_tried(taken, now) for taken in context.actions if _is_out(taken, now)),
        do_not_ask=_do_not_ask(context, cases),
        language=context.profile.language and _cut(context.profile.language),
    )
    return _fitted(handoff)


def _wanted(context: Context, goals: tuple[str, ...], now: Instant) -> _Wanted:
    keys = _keys(goals, "cart", "checkout")
    return _Wanted(
        [context.carts[key] for key in keys if key in context.carts],
        [context.cases[key] for key in _keys(goals, "case") if key in context.cases],
        asked_goals_among(context, goals, now),
    )


def _open(context: Context, goals: tuple[str, ...], now: Instant) -> _Wanted:
    """What is left of the goals; where nothing is, the case that they last spoke of."""
    wanted = _wanted(context, goals, now)
    if not (wanted.carts or wanted.cases or wanted.asked) and context.cases:
        last = max(context.cases.values(), key=lambda case: (case.touched, case.id))
        return replace(wanted, cases=[last])
    return wanted


def _worth(carts: list[Cart]) -> dict[str, Any]:
    """What the carts come to; nothing is said of a sum of several currencies."""
    worth = worth_of(carts)
    if len(worth) > 1:
        return {}
    name, value = next(iter(worth.items()), ("", 0.0))
    return {"value": round(value, 2), "currency": _cut(name) or None}


def _keys(goals: tuple[str, ...], *kinds: str) -> list[str]:
    named = map(goal_named, goals)
    return list(dict.fromkeys(goal.key for goal in named if goal.kind in kinds))


def _goal(wanted: _Wanted) -> str:
    wishes = [f"buy {_articles(cart)}" for cart in wanted.carts if cart.lines]
    wishes += ["finish the checkout" for cart in wanted.carts if not cart.lines]
    wishes += _wishes_asked(wanted.asked)
    wishes += [f"get help{_about(case)}" for case in wanted.cases]
    goal = f"The customer wants to {' and to '.join(wishes) or 'go on where they were'}"
    return goal if goal.endswith((".”", "?”", "!”")) else f"{goal}."


def _wishes_asked(asked: AskedGoals) -> list[str]:
    wishes = []
    if asked.interests:
        wishes.append(f"see {_listed([_named(each.item) for each in asked.interests])}")
    if asked.reservations:
        names = [_named(each.item) for each in asked.reservations]
        wishes.append(f"have {_listed(names)}, which is reserved")
    if asked.orders:
        wishes.append(f"get order {_listed([_cut(each.id) for each in asked.orders])}")
    return wishes


def _listed(names: list[str]) -> str:
    """Name the first two, and count the rest."""
    told = " and ".join(names[:2])
    return f"{told} and {len(names) - 2} more" if len(names) > 2 else told


def _named(item: Item) -> str:
    """How an article is called; where nothing is told of it, what it may be."""
    if not item.name and item.sku == NO_ARTICLE:
        return "something"
    size = f" in size {_cut(item.size)}" if item.size else ""
    return f"{_cut(item.name or item.sku)}{size}"


def _about(case: Case) -> str:
    about = f" with {in_plain(case.reason)}" if case.reason else ""
    return f"{about}: “{case.asked}”" if case.asked else about


def _articles(cart: Cart) -> str:
    lines = (line.item for line in cart.lines.values())
    return _listed([f"{item.quantity:g} × {_named(item)}" for item in lines])


def _items(wanted: _Wanted) -> tuple[HandoffItem, ...]:
    """List each article once: what lies in carts, what is reserved, what they looked at."""
    items = [line.item for cart in wanted.carts for line in cart.lines.values()]
    shown = [each.item for each in wanted.asked.reservations if each.item.sku != NO_ARTICLE]
    shown += (each.item for each in wanted.asked.interests)
    known = {name for item in items for name in (item.sku, *item.other_ids)}
    for item in shown:
        if item.sku not in known:
            items.append(item)
            known.add(item.sku)
    return tuple(
        HandoffItem(
            sku=_cut(item.sku),
            quantity=item.quantity,
            name=item.name and _cut(item.name),
            size=item.size and _cut(item.size),
            price=item.price,
            currency=item.currency and _cut(item.currency),
            image=_link(item.image),
            url=_link(item.url),
        )
        for item in items[:MOST_ITEMS]
    )


def _link(told: object) -> str | None:
    """Pass on where an article is shown, as it was told; nothing too long for a link."""
    return told if isinstance(told, str) and 0 < len(told) <= LINK_MOST else None


def _stops(wanted: _Wanted, here: str, now: Instant) -> list[str]:
    """Say how far they got with each of what they want."""
    stops = [_stopped_contact(case, here, now) for case in wanted.cases]
    stops += [_stopped_shopping(cart) for cart in wanted.carts]
    stops += _stopped_looking(wanted.asked.interests)
    stops += [_stopped_reserving(each) for each in wanted.asked.reservations]
    stops += [_stopped_waiting(each, now) for each in wanted.asked.orders]
    return stops


def _stopped_looking(interests: list[Interest]) -> Iterator[str]:
    """Say what was tried on, and what was looked at, on each channel."""
    did: dict[tuple[bool, str], list[str]] = {}
    for each in interests:
        did.setdefault((each.tried, each.channel), []).append(_named(each.item))
    for (tried, channel), names in did.items():
        yield f"{'tried on' if tried else 'looked at'} {_listed(names)} on {channel}"


def _stopped_reserving(reserved: OpenReservation) -> str:
    where = f" at {_cut(reserved.venue)}" if reserved.venue else ""
    until = f" until {in_words(reserved.until)}" if reserved.until is not None else ""
    return f"{_named(reserved.item)} reserved on {reserved.channel}{where}{until}"


def _stopped_waiting(order: OpenOrder, now: Instant) -> str:
    placed = f"placed on {order.channel} {_ago(now - order.time)}, " if order.channel else ""
    return f"order {_cut(order.id)}: {placed}{order.state}"


def _stopped_shopping(cart: Cart) -> str:
    if cart.checkout is None:
        return f"cart filled on {cart.origin}, checkout not started"
    step = f", step “{in_plain(cart.step)}”" if cart.step not in ("", "started") else ""
    return f"at the checkout on {cart.origin}{step}"


def _stopped_contact(case: Case, here: str, now: Instant) -> str:
    """Say where the question was put before; the channel where they are now comes after."""
    places = [place for place in case.channels if place != here] or case.channels
    first = ", first" if len(places) > 1 else ""
    asked = f"asked on {', then on '.join(places)}{first} {_ago(now - case.opened)}"
    return f"{asked}; a bot could not help" if case.bot else f"{asked}; not resolved"


def _touchpoints(context: Context, now: Instant, vocabulary: Vocabulary) -> tuple[str, ...]:
    told: list[str] = []
    for touch in reversed(context.timeline):
        if touch.time <= now and (phrase := _phrase_of(touch.type, vocabulary)) is not None:
            told.append(_touchpoint(touch, phrase, now))
            if len(told) == TOUCHPOINTS:
                break
    return tuple(reversed(told))


def _touchpoint(touch: Touchpoint, phrase: str, now: Instant) -> str:
    phrase = phrase or in_plain(touch.type)
    if "{}" in phrase:
        told = phrase.format(_cut(touch.note) or "something")
    else:
        told = f"{phrase} ({in_plain(_cut(touch.note))})" if touch.note else phrase
    return f"{_ago(now - touch.time)}, {touch.channel}: {told}"


def _phrase_of(event_type: str, vocabulary: Vocabulary) -> str | None:
    """How a type is told; empty if by its name, None if not at all."""
    known = vocabulary.find(event_type)
    return known.phrase if known else _PHRASES_OF_OTHERS.get(event_type, "")


def _ago(span: int) -> str:
    return "just now" if span < 60_000 else f"{span_in_words(span)} ago"


def _is_out(taken: ActionRecord, now: Instant) -> bool:
    """Tell whether it was tried of late; what waits or was taken back in time was not."""
    recent = now - 7 * DAY < taken.decided < now and taken.status not in _NEVER_OUT
    return recent and not (taken.status == "sent" and taken.not_before > now)


def _tried(taken: ActionRecord, now: Instant) -> str:
    became = _BECAME.get(taken.status, in_plain(taken.status))
    if taken.handoff and taken.status == "sent":
        became = "handed over"
    if taken.offer and taken.expires > now and taken.status not in _OFFER_IS_OVER:
        became += f"; offers {in_plain(taken.offer)} until {in_words(taken.expires)}"
    return f"{_ago(now - taken.decided)}: {in_plain(taken.name)} ({became})"


def _do_not_ask(context: Context, cases: list[Case]) -> tuple[str, ...]:
    known = [
        _ASKED_FOR.get(kind, in_plain(kind.removesuffix("_id")))
        for kind in sorted(context.identifiers)
        if kind not in _NOT_ASKED_FOR
    ]
    reasons = [f"the reason: {in_plain(case.reason)}" for case in cases if case.reason]
    return (*known, *reasons, *(fact for case in cases for fact in case.known))


def _cut(text: str) -> str:
    """Shorten what somebody else named."""
    return text if len(text) <= MOST_NAME else f"{text[: MOST_NAME - 1]}…"


def in_plain(text: str) -> str:
    """Write a code as words: `late_delivery` and `late.delivery` become `late delivery`."""
    return text.replace("_", " ").replace(".", " ")


def _fitted(handoff: Handoff) -> Handoff:
    """Shorten the longest part until it fits: the newest touchpoints and items count most."""
    while len(_encode(handoff)) > MOST_BYTES:
        parts = ("items", "touchpoints", "tried", "do_not_ask", "goal", "stopped_at")
        longest = max(parts, key=lambda part: len(_encode(getattr(handoff, part))))
        handoff = replace(handoff, **{longest: _shorter(longest, getattr(handoff, longest))})
    return handoff


def _shorter(part: str, value: str | tuple[object, ...]) -> str | tuple[object, ...]:
    if isinstance(value, str):
        return f"{value[: len(value) // 2]}…"
    return value[1:] if part in ("touchpoints", "tried") else value[:-1]
