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
NEVER = -1
ECHO = 30 * MINUTE
CALLED_OFF = {"order.cancelled", "order.returned"}
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
    """What is left of a cart at some moment.

    `known` has what ever lay in it, and since when; `place` is where it was last touched.
    Nothing is `alive` of what an order `closed` until it is filled anew; `ordered` is when that
    was an `order` of its own.
    """

    items: dict[str, float] = field(default_factory=dict)
    checkout: bool = False
    touched: int = 0
    changed: int = 0
    place: str = ""
    known: dict[str, int] = field(default_factory=dict)
    put_in: int = 0
    closed: int = NEVER
    alive: bool = True
    ordered: int = NEVER
    order: list[Event] = field(default_factory=list)


@dataclass
class Order:
    """All that was told of an order: its events, and when its payment failed."""

    placed: list[Event] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    failed: list[Event] = field(default_factory=list)


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
    after = [carts_at(story[: i + 1], when(event)) for i, event in enumerate(story)]
    touches: dict[tuple[str, int], int] = {}
    for i, event in enumerate(story):
        for cart_id, cart in after[i].items():
            if cart.items and cart.touched == when(event):
                touches[cart_id, cart.touched] = i
    for (cart_id, touched), i in touches.items():
        for stage, wait in STAGES.items():
            due = touched + wait
            last = max((j for j in range(i, len(story)) if when(story[j]) < due), default=i)
            if due <= until and not has_ended(after[last].get(cart_id), touched):
                yield Finding(due, customer, "cart_abandoned", stage, cart_id)


def has_ended(cart: Cart | None, touched: int) -> bool:
    """Tell whether nothing is left of a cart, or it was touched since."""
    return cart is None or not cart.items or cart.touched > touched


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
    for cart_id, cart in carts_at(story, now).items():
        goals += [("cart", cart_id)] if cart.items else []
        goals += [("checkout", cart_id)] if cart.checkout else []
    return sorted(goals)


def cart_at(story: list[Event], cart_id: str, now: int) -> Cart:
    """Fold the story of one cart."""
    return carts_at(story, now).get(cart_id, Cart())


def carts_at(story: list[Event], now: int) -> dict[str, Cart]:
    """Fold the story of all carts: what happened to them, and orders when they hold."""
    orders = orders_in(story)
    deeds: list[tuple[int, int, str, Any]] = [
        (when(event), int(is_checkout(event)), "", event) for event in story if is_touch(event)
    ]
    for name, order in orders.items():
        deeds += [(at, 2, name, event) for at, event in holding(order)]
    carts: dict[str, Cart] = {}
    given_back: dict[str, int] = {}
    for at, kind, name, event in sorted(deeds, key=lambda deed: deed[:3]):
        forget(carts, at)
        if kind < 2:
            touch(carts.setdefault(cart_id_of(event), Cart()), event)
        elif event is not None:
            place(carts, at, event, content(orders[name]))
        else:
            given_back |= give_back(carts, orders[name])
    for cart_id in given_back.keys() & carts.keys():
        carts[cart_id].touched = max(carts[cart_id].touched, given_back[cart_id])
    forget(carts, now)
    return carts


def forget(carts: dict[str, Cart], now: int) -> None:
    """Drop what nobody touched for long."""
    for cart_id in [key for key, x in carts.items() if now >= x.touched + CART_FORGOTTEN]:
        del carts[cart_id]


def orders_in(story: list[Event]) -> dict[str, Order]:
    """Gather what is told of each order."""
    orders: dict[str, Order] = defaultdict(Order)
    for event in story:
        name, kind = event.get("order_id"), str(event["type"])
        if kind == "order.completed":
            orders[name or event["id"]].placed.append(event)
        elif name and kind == "payment.failed":
            orders[name].failed.append(event)
        elif name and kind.startswith("order.") and kind not in CALLED_OFF:
            orders[name].told.append(event)
    return {name: order for name, order in orders.items() if order.placed}


def holding(order: Order) -> Iterator[tuple[int, Event | None]]:
    """Say when an order takes what it lists, and when (None) it had, but gives it back."""
    first = min(when(event) for event in order.placed)
    failed = max((when(event) for event in order.failed), default=NEVER)
    if failed >= first:
        yield first, None
    told = [when(event) for event in (*order.placed, *order.told)]
    again = min((at for at in told if at >= first and at > failed), default=None)
    if again is not None:
        yield again, as_first_told(order)


def as_first_told(order: Order) -> Event:
    """Give an order as it was first placed, with the cart that any telling of it names."""
    named = max(
        (cart_id_of(event) for event in order.placed if event.get("cart_id")), default=""
    )
    first: Event = sorted(order.placed, key=when)[0]
    return {**first, "cart_id": named}


def content(order: Order) -> list[Event]:
    """What an order lists: what was last told of it."""
    listing = [event for event in order.placed if items_of(event)]
    return items_of(max(listing, key=when)) if listing else []


def touch(cart: Cart, event: Event) -> None:
    """Apply one `cart.*` or `checkout.*` event to its cart; a snapshot must be newer."""
    kind, now = event["type"], when(event)
    cart.touched, cart.place = now, event["channel"]
    if kind == "checkout.started" and (cart.alive or now > cart.closed + ECHO):
        cart.checkout = True
    if kind == "cart.updated":
        take_snapshot(cart, event)
    if kind in ("cart.item_added", "cart.item_removed"):
        sku, added = event["data"]["sku"], kind == "cart.item_added"
        change = quantity_of(event["data"]) if added else -taken_of(event["data"])
        cart.items[sku] = cart.items.get(sku, 0) + change
        if added:
            cart.known.setdefault(sku, now)
            cart.alive, cart.put_in = True, now
    if kind in ("cart.updated", "cart.item_added", "cart.item_removed"):
        cart.changed = now
    cart.items = {sku: quantity for sku, quantity in cart.items.items() if quantity > 0}


def take_snapshot(cart: Cart, event: Event) -> None:
    """A snapshot is the whole truth, but for an echo of what was ordered: that is over."""
    now, items = when(event), dict[str, float]()
    for item in items_of(event):
        items[item["sku"]] = items.get(item["sku"], 0) + quantity_of(item)
    for sku in items:
        cart.known.setdefault(sku, now)
    if now <= cart.changed:
        return
    just_ordered = cart.ordered != NEVER and cart.ordered < now <= cart.ordered + ECHO
    echo = just_ordered and cart.put_in <= cart.ordered and not is_news(cart, items)
    cart.items = {} if echo else items
    cart.alive = not echo
    cart.checkout = cart.checkout and not echo


def is_news(cart: Cart, items: dict[str, float]) -> bool:
    """Does it tell of anything that neither the cart nor its order had?"""
    listed: dict[str, float] = defaultdict(float)
    for item in cart.order:
        listed[str(item.get("sku"))] += taken_of(item)
    return any(
        cart.known[sku] > cart.ordered and listed[sku] < quantity
        for sku, quantity in items.items()
    )


def place(carts: dict[str, Cart], at: int, event: Event, items: list[Event]) -> None:
    """Let an order end the cart that it came from, and take its articles out of the others."""
    own = came_from(carts, event, items)
    if own is not None:
        carts.setdefault(own, Cart(touched=at))
    for cart_id, cart in carts.items():
        if cart_id == own:
            close(cart, at, items)
        elif take(cart, items) and not cart.items:
            cart.checkout, cart.alive, cart.closed = False, False, at


def take(cart: Cart, items: list[Event]) -> bool:
    """Take what was ordered out of a cart; False if there was nothing of it."""
    found = [item for item in items if item.get("sku") in cart.items]
    for item in found:
        sku = str(item.get("sku"))
        cart.items[sku] = cart.items.get(sku, 0) - taken_of(item)
        if cart.items[sku] <= 0:
            del cart.items[sku]
    return bool(found)


def close(cart: Cart, at: int, items: list[Event]) -> None:
    """End a cart with its checkout."""
    cart.items, cart.checkout, cart.alive = {}, False, False
    cart.closed, cart.ordered, cart.order = at, at, items


def give_back(carts: dict[str, Cart], order: Order) -> dict[str, int]:
    """From which carts an unpaid order had taken something, and when it gave that back."""
    first, items = as_first_told(order), content(order)
    failed = max(map(when, order.failed))
    own = came_from(carts, first, items)
    return {
        cart_id: failed
        for cart_id, cart in carts.items()
        if any(item.get("sku") in cart.items for item in items)
        or (cart_id == own and (cart.items or cart.checkout))
    }


def came_from(carts: dict[str, Cart], event: Event, items: list[Event]) -> str | None:
    """Name the cart that an order came from, if there is one."""
    if event.get("cart_id"):
        return cart_id_of(event)
    open_carts = {key: x for key, x in carts.items() if x.items or x.checkout}
    here = {key: x for key, x in open_carts.items() if x.place == event["channel"]}
    found = [key for key, cart in here.items() if cart.checkout]
    if not found and items:
        skus = {item.get("sku") for item in items}
        found = [key for key, cart in here.items() if skus & set(cart.items)]
    elif not found:
        found = [*here] or ([*open_carts] if len(open_carts) == 1 else [])
    return max(found, key=lambda key: (carts[key].touched, key), default=None)


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


def taken_of(item: Event) -> float:
    """Read how many are taken; without a number, all."""
    return float(item.get("quantity", float("inf")))


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


def is_checkout(event: Event) -> bool:
    """Tell whether the event is one of a checkout."""
    return str(event["type"]).startswith("checkout.")


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
