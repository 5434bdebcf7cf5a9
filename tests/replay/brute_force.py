"""The rules of `cart_abandoned` and `channel_switched`, told over with no care for speed.

Each question folds the customer's whole story again, so that nothing is remembered between
two answers and nothing can be forgotten too late. It shares no line with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

STAGES = {1: HOUR, 2: 24 * HOUR, 3: 72 * HOUR}
CART_FORGOTTEN = 10 * DAY
CASE_FORGOTTEN = 7 * DAY
LANDING = 30 * MINUTE
WITHIN = {"cart": 24 * HOUR, "checkout": 24 * HOUR, "case": 7 * DAY}
RANKS = ("user_id", "loyalty_id", "email", "phone")
LAST_RANKS = ("device_id", "anonymous_id")
NOT_BY_THE_CUSTOMER = {
    "message.sent", "message.opened", "ad.exposed", "consent.updated", "contact.transferred",
    "contact.ended", "payment.failed", "order.cancelled", "order.returned",
    "order.ready_for_pickup", "survey.sent", "message.bounced", "message.complained",
    "message.unsubscribed", "account.logged_out", "customer.merged", "card.replaced",
}  # fmt: skip
CASE_OPENERS = {"contact.started", "message.received", "case.opened"}

Event = Mapping[str, Any]
Goal = tuple[str, str]


@dataclass(frozen=True, order=True)
class Finding:
    """One situation that must be found."""

    time: int
    customer: tuple[str, str]
    situation: str
    stage: int = 0
    cart_id: str = ""
    from_channel: str = ""
    to_channel: str = ""
    gap: int = 0
    goals: tuple[Goal, ...] = ()


@dataclass
class Cart:
    """What is left of a cart at some moment."""

    items: dict[str, float] = field(default_factory=dict)
    checkout: bool = False
    touched: int = 0
    changed: int = 0


def find_all(events: Iterable[Event], until: int | None = None) -> list[Finding]:
    """Find every situation in events given in order of time, up to `until`."""
    log = list(events)
    if until is None:
        until = max((when(event) for event in log), default=0)
    findings: list[Finding] = []
    for customer, story in stories(log, until).items():
        findings += abandonments(customer, story, until)
        findings += switches(customer, story)
    return sorted(findings)


def stories(log: Iterable[Event], until: int) -> dict[tuple[str, str], list[Event]]:
    """Part the log by customer, without repeated ids, dead letters and what comes later."""
    parts: dict[tuple[str, str], dict[str, Event]] = defaultdict(dict)
    for event in log:
        if when(event) <= until and not is_dead_letter(event):
            parts[customer_of(event)].setdefault(event["id"], event)
    return {customer: list(part.values()) for customer, part in parts.items()}


def abandonments(
    customer: tuple[str, str], story: list[Event], until: int
) -> Iterator[Finding]:
    """A touch leaves goods in the cart, and that cart sees nothing more for a while."""
    for i, event in enumerate(story):
        if not is_touch(event):
            continue
        cart_id, touched = cart_id_of(event), when(event)
        cart = cart_at(story[: i + 1], cart_id, touched)
        if not cart.items:
            continue
        ends = [
            when(e) for e in story[i + 1 :] if touches(e, cart_id) or closes(e, cart_id, cart)
        ]
        for stage, wait in STAGES.items():
            if touched + wait <= min([*ends, until]):
                yield Finding(touched + wait, customer, "cart_abandoned", stage, cart_id)


def switches(customer: tuple[str, str], story: list[Event]) -> Iterator[Finding]:
    """The customer comes on another channel while something was open just before."""
    for i, event in enumerate(story):
        before = [e for e in story[:i] if is_by_the_customer(e)]
        if not before or not is_by_the_customer(event) or is_landing(story[:i], when(event)):
            continue
        came_from, to = before[-1]["channel"], event["channel"]
        gap = when(event) - when(before[-1])
        goals = tuple(g for g in open_goals(story[:i], when(event)) if gap <= WITHIN[g[0]])
        if came_from != to and goals:
            yield Finding(
                when(event), customer, "channel_switched", 0, "", came_from, to, gap, goals
            )


def is_landing(before: list[Event], now: int) -> bool:
    """Tell whether the customer comes by a click on our own message, nothing between."""
    moves = [e for e in before if is_click(e) or is_by_the_customer(e)]
    return bool(moves) and is_click(moves[-1]) and now <= when(moves[-1]) + LANDING


def open_goals(story: list[Event], now: int) -> list[Goal]:
    """Name what the customer has not finished yet."""
    goals: list[Goal] = [("case", case) for case in open_cases(story, now)]
    for cart_id in {cart_id_of(event) for event in story if is_touch(event)}:
        cart = cart_at(story, cart_id, now)
        goals += [("cart", cart_id)] if cart.items else []
        goals += [("checkout", cart_id)] if cart.checkout else []
    return sorted(goals)


def cart_at(story: list[Event], cart_id: str, now: int) -> Cart:
    """Fold the story of one cart."""
    cart = Cart()
    for event in story:
        if when(event) >= cart.touched + CART_FORGOTTEN or closes(event, cart_id, cart):
            cart = Cart()
        if touches(event, cart_id):
            touch(cart, event)
    return Cart() if now >= cart.touched + CART_FORGOTTEN else cart


def touch(cart: Cart, event: Event) -> None:
    """Apply one `cart.*` or `checkout.*` event to its cart; a snapshot must be newer."""
    kind, cart.touched = event["type"], when(event)
    cart.checkout = cart.checkout or kind == "checkout.started"
    if kind == "cart.updated" and when(event) > cart.changed:
        cart.items = {}
        for item in items_of(event):
            cart.items[item["sku"]] = cart.items.get(item["sku"], 0) + quantity_of(item)
    if kind in ("cart.item_added", "cart.item_removed"):
        sku, sign = event["data"]["sku"], 1 if kind == "cart.item_added" else -1
        cart.items[sku] = cart.items.get(sku, 0) + sign * quantity_of(event["data"])
    if kind in ("cart.updated", "cart.item_added", "cart.item_removed"):
        cart.changed = when(event)
    cart.items = {sku: quantity for sku, quantity in cart.items.items() if quantity > 0}


def closes(event: Event, cart_id: str, cart: Cart) -> bool:
    """Tell whether this is an order that buys this cart."""
    if event["type"] != "order.completed":
        return False
    if event.get("cart_id"):
        return cart_id == cart_id_of(event)
    skus = {item.get("sku") for item in items_of(event)}
    return not skus or bool(skus & set(cart.items)) or cart.checkout


def open_cases(story: list[Event], now: int) -> list[str]:
    """Fold the story of the service cases: those still open, by their keys."""
    contacted: dict[str, int] = {}
    for event in story:
        contacted = {c: at for c, at in contacted.items() if when(event) <= at + CASE_FORGOTTEN}
        case = case_of(event)
        if event["type"] in CASE_OPENERS or (is_contact(event) and case in contacted):
            contacted[case] = when(event)
        if event["type"] == "case.closed" or (is_contact(event) and is_resolved(event)):
            contacted.pop(case, None)
    return [case for case, at in contacted.items() if now <= at + CASE_FORGOTTEN]


def when(event: Event) -> int:
    """Read the time of an event as milliseconds since the epoch."""
    time = event["time"]
    if isinstance(time, str):
        return round(datetime.fromisoformat(time).timestamp() * 1000)
    return int(time)


def customer_of(event: Event) -> tuple[str, str]:
    """Name the customer by the best-ranked identifier."""
    known = event["identifiers"]
    others = sorted(set(known) - {*RANKS, *LAST_RANKS})
    best = next(kind for kind in (*RANKS, *others, *LAST_RANKS) if kind in known)
    return best, str(known[best])


def cart_id_of(event: Event) -> str:
    """Name the cart that the event speaks of."""
    return str(event.get("cart_id") or "-")


def case_of(event: Event) -> str:
    """Name the case that the event speaks of: by id, else one for each reason."""
    return str(event.get("case_id") or f"reason:{(event.get('data') or {}).get('reason', '')}")


def items_of(event: Event) -> list[Event]:
    """List the items of a snapshot or an order; absent, null and [] list none."""
    return (event.get("data") or {}).get("items") or []


def quantity_of(item: Event) -> float:
    """Read how many."""
    return float(item.get("quantity", 1))


def is_dead_letter(event: Event) -> bool:
    """A cart item must have a sku and a quantity above nought, a snapshot its items."""
    named: list[Event] = []
    if event["type"] in ("cart.item_added", "cart.item_removed"):
        named = [event.get("data") or {}]
    if event["type"] == "cart.updated":
        if (event.get("data") or {}).get("items") is None:
            return True
        named = items_of(event)
    return any(not item.get("sku") or quantity_of(item) <= 0 for item in named)


def is_touch(event: Event) -> bool:
    """Tell whether the event is one of a cart."""
    return str(event["type"]).startswith(("cart.", "checkout."))


def touches(event: Event, cart_id: str) -> bool:
    """Tell whether the event is one of this cart."""
    return is_touch(event) and cart_id_of(event) == cart_id


def is_contact(event: Event) -> bool:
    """Tell whether customer and service met."""
    return event["type"] in CASE_OPENERS or str(event["type"]).startswith("contact.")


def is_resolved(event: Event) -> bool:
    """Tell whether the contact settled its case."""
    return (event.get("data") or {}).get("resolved") is True


def is_click(event: Event) -> bool:
    """Tell whether the event is a click on a message of ours: it belongs to the action."""
    return str(event["type"]) == "message.clicked"


def is_by_the_customer(event: Event) -> bool:
    """Tell whether the customer came by themselves; an unknown type counts as theirs."""
    kind = str(event["type"])
    ours = kind in NOT_BY_THE_CUSTOMER or kind.startswith("delivery.")
    return not ours and not is_click(event)
