"""Seeded lives of customers: carts, switches of channel, purchases, cases, over some days."""

from __future__ import annotations

import random
from typing import Any

from msgspec import Raw, json

from legato.core.events.event import Event
from legato.core.values.time import DAY, HOUR, MINUTE

NOON = 1_750_000_000_000
CHANNELS = ("web", "mobile", "store", "call")
SKUS = ("SHOE", "HAT", "COAT", "SOCK")
PAUSES = (MINUTE, 5 * MINUTE, 20 * MINUTE, 2 * HOUR, 9 * HOUR, DAY)


def _data(kind: str, chance: random.Random) -> dict[str, Any]:
    match kind:
        case "cart.item_added" | "cart.item_removed":
            return {"sku": chance.choice(SKUS), "price": chance.randint(5, 90)}
        case "order.completed":
            return {"items": [{"sku": chance.choice(SKUS)}]}
        case "contact.started":
            return {"reason": chance.choice(("size", "delivery")), "text": "where is it?"}
        case "contact.ended":
            return {"resolved": chance.random() < 0.5}
        case _:
            return {}


KINDS = (
    "cart.item_added",
    "cart.item_added",
    "cart.item_added",
    "page.viewed",
    "checkout.started",
    "cart.item_removed",
    "order.completed",
    "contact.started",
    "contact.ended",
)


def story(seed: int, customers: list[str], count: int) -> list[Event]:
    """Tell `count` events of these customers in order of time; no two at the same time."""
    chance = random.Random(seed)
    clocks = {customer: NOON + chance.randrange(HOUR) for customer in customers}
    events: dict[int, Event] = {}
    while len(events) < count:
        customer = chance.choice(customers)
        clocks[customer] += chance.choice(PAUSES) + chance.randrange(MINUTE)
        time = clocks[customer]
        if time in events:
            continue
        kind = chance.choice(KINDS)
        events[time] = Event(
            id=f"{seed}-{len(events)}",
            type=kind,
            channel=chance.choice(CHANNELS),
            time=time,
            received=time,
            customer_id=customer,
            data=Raw(json.encode(_data(kind, chance))),
        )
    return [events[time] for time in sorted(events)]


def closing(customer: str, time: int) -> Event:
    """An event that does no more than let time pass."""
    return Event(
        id=f"end-{customer}",
        type="page.viewed",
        channel="web",
        time=time,
        received=time,
        customer_id=customer,
        data=Raw(b"{}"),
    )
