"""The rule of RULES.md for Python engines: contexts as plain data, no timers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WITHIN_MS = 30 * 60 * 1000
RECENT = 16

# JSON as these engines hand it over and take it back.
Document = dict[str, Any]


def new_context() -> Document:
    """Return what is kept of a customer not seen before."""
    return {
        "last_channel": None,
        "last_time": 0,
        "counts": {},
        "recent": [],
        "cart": {},
        "due": None,
        "stage": "awareness",
    }


def fold(context: Document, event: Document) -> list[Document]:
    """Apply an event to its customer's context; return what it gives rise to."""
    outputs = [*abandonment(context, event), *switch(context, event)]
    channel = event["channel"]
    context["counts"][channel] = context["counts"].get(channel, 0) + 1
    context["recent"] = [*context["recent"][1 - RECENT :], event["id"]]
    apply_to_cart(context, event)
    return outputs


def abandonment(context: Document, event: Document) -> Iterator[Document]:
    """Look whether the cart's time was up when the event came."""
    due = context["due"]
    if due is not None and due <= event["time"]:
        yield {"kind": "abandoned", "customer_id": event["customer_id"], "time": due}
        context["due"] = None


def switch(context: Document, event: Document) -> Iterator[Document]:
    """Compare an event that the customer initiated with the one before it."""
    if event["type"] == "message.opened":
        return
    before, channel, now = context["last_channel"], event["channel"], event["time"]
    if before not in (None, channel) and now - context["last_time"] <= WITHIN_MS:
        yield {
            "kind": "switch",
            "customer_id": event["customer_id"],
            "time": now,
            "from": before,
            "to": channel,
        }
    context["last_channel"], context["last_time"] = channel, now


def apply_to_cart(context: Document, event: Document) -> None:
    """Bring cart, stage and due time up to date."""
    match event["type"]:
        case "cart.item_added":
            add(context["cart"], event["data"])
        case "cart.item_removed":
            remove(context["cart"], event["data"])
        case "checkout.started":
            context["stage"] = "checkout"
        case "order.completed":
            context.update(cart={}, stage="purchase", due=None)
            return
        case _:
            return
    context["due"] = event["time"] + WITHIN_MS if context["cart"] else None


def add(cart: Document, product: Document) -> None:
    """Put units of a SKU into the cart, at their newest price."""
    item = cart.setdefault(product["sku"], {"quantity": 0})
    item["quantity"] += product["quantity"]
    item["price"] = product["price"]


def remove(cart: Document, product: Document) -> None:
    """Take units of a SKU off; the last one takes the SKU along."""
    item = cart.get(product["sku"])
    if item is None:
        return
    item["quantity"] -= product["quantity"]
    if item["quantity"] <= 0:
        del cart[product["sku"]]
