"""From clicks to Legato events: what each row of the data set means."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from chance import draw, pick
from source import Click

Json = dict[str, Any]

# A tablet shows the web shop, as a desktop does: going from one to the other changes the
# device, not the channel. The mobile rows are another channel, and so is the support chat.
CHANNELS = {"desktop": "web", "tablet": "web", "mobile": "mobile"}
CURRENCY = "EUR"

PAGES = {
    "home", "catalog", "promo_page", "account_page", "review_page", "compare", "error_page",
    "checkout_bug",
}  # fmt: skip
TYPES = dict.fromkeys(PAGES, "page.viewed") | {
    "search": "search.performed",
    "filter_results": "search.performed",
    "product_view": "product.viewed",
    "wishlist_add": "wishlist.item_added",
    "cart": "cart.viewed",
    "add_to_cart": "cart.item_added",
    "shipping_details": "checkout.started",
    "payment_details": "checkout.started",
    "payment_error": "payment.failed",
    "purchase": "order.completed",
    "support_chat": "contact.started",
}
REASONS = {
    "payment_error": "payment_failed",
    "checkout_bug": "site_error",
    "error_page": "site_error",
    "purchase": "order_question",
    "payment_details": "checkout_help",
    "shipping_details": "checkout_help",
    "cart": "checkout_help",
    "add_to_cart": "product_question",
    "product_view": "product_question",
}


def read_products() -> list[Json]:
    """Read the shop's shelf, which the data set does not have."""
    with (Path(__file__).parent / "products.csv").open(newline="") as shelf:
        return [{**row, "price": float(row["price"])} for row in csv.DictReader(shelf)]


PRODUCTS = read_products()


@dataclass
class Visit:
    """What is known of a session so far: the product last seen, the goods not yet bought."""

    seen: Json | None = None
    in_cart: list[Json] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


def to_events(clicks: Iterable[Click]) -> list[Json]:
    """Map all rows, in order of time; rows of one second keep the order of the file."""
    clicks = list(clicks)
    visits: dict[str, Visit] = defaultdict(Visit)
    chat_ends = dict(_chat_ends(clicks))
    events = []
    for click in clicks:
        events.append(_event(click, visits[click.session]))
        if click.event == "support_chat":
            events.append(_chat_ended(events[-1], chat_ends[click.id]))
    return sorted(events, key=lambda event: event["time"])


def _event(click: Click, visit: Visit) -> Json:
    event: Json = {
        "id": click.id,
        "type": TYPES[click.event],
        "channel": "chat" if click.event == "support_chat" else CHANNELS[click.platform],
        "time": click.time,
        "identifiers": {"user_id": click.user},
        "session_id": click.session,
        "device": click.platform,
    }
    if click.event == "purchase":
        event["order_id"] = f"order-{click.id}"
    event["data"] = _data(click, visit)
    visit.steps.append(click.event)
    return event


def _data(click: Click, visit: Visit) -> Json:
    match click.event:
        case "product_view" | "add_to_cart" | "wishlist_add":
            return _item(click, visit)
        case "purchase":
            return _bought(visit)
        case "shipping_details" | "payment_details":
            return {"step": click.event.removesuffix("_details")}
        case "support_chat":
            return {"reason": _reason(visit)}
        case page:
            return {"page": page}


def _item(click: Click, visit: Visit) -> Json:
    """Name a product: what goes into a cart or on a list is the one last looked at."""
    if click.event == "product_view" or visit.seen is None:
        visit.seen = pick(PRODUCTS, "product", click.id)
    item = visit.seen | {"quantity": 1, "currency": CURRENCY}
    if click.event == "add_to_cart":
        visit.in_cart.append(item)
    return item


def _bought(visit: Visit) -> Json:
    """An order lists what its session put into the cart since the last order; else nothing."""
    items, visit.in_cart = visit.in_cart, []
    if not items:
        return {}
    total = round(sum(item["price"] for item in items), 2)
    return {"items": items, "total": total, "currency": CURRENCY}


def _reason(visit: Visit) -> str:
    """What one came for: the last telling step of the session before the chat."""
    told = (REASONS[step] for step in reversed(visit.steps) if step in REASONS)
    return next(told, "general_question")


def _chat_ended(started: Json, seconds: int) -> Json:
    wait_s = min(seconds, 5 + draw(40, "wait", started["id"]))
    spans = {"resolved": True, "wait_s": wait_s, "talk_s": seconds - wait_s}
    end = {"id": f"{started['id']}-end", "type": "contact.ended"}
    time = started["time"] + seconds * 1000
    return started | end | {"time": time, "data": started["data"] | spans}


def _chat_ends(clicks: list[Click]) -> Iterator[tuple[str, int]]:
    """How many seconds each chat takes: 1 to 10 minutes, but over when the next begins."""
    chats: dict[str, list[Click]] = defaultdict(list)
    for click in clicks:
        if click.event == "support_chat":
            chats[click.user].append(click)
    for of_one in chats.values():
        for chat, following in pairwise([*of_one, None]):
            assert chat is not None
            seconds = 60 + draw(540, "chat", chat.id)
            gap = seconds if following is None else (following.time - chat.time) // 1000
            yield chat.id, min(seconds, gap)
