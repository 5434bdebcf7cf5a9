"""Contexts as a shop with stores and a call centre has them, the same in every run."""

from __future__ import annotations

import random

from legato.core.context.context import SEEN_ENTRY, Cart, CartLine, ConsentRecord, Context
from legato.core.context.timeline import write_timeline
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.values.time import HOUR, MINUTE

NOW = 1_760_000_000_000
CHANNELS = ("web", "mobile", "store", "call", "chat", "email")
TYPES = ("page.viewed", "product.viewed", "cart.item_added", "store.visited", "message.opened")


def context_of(number: int, revision: int = 1, most: int = 30) -> Context:
    """Make the context of one customer: 5 to `most` touchpoints, a cart, how they are known."""
    chance = random.Random(number)
    touches = chance.randint(5, most)
    timeline = [_touch(chance, at) for at in range(touches)]
    return Context(
        customer_id=f"0-{number:024x}",
        revision=revision,
        next_due=NOW + HOUR,
        channel=timeline[-1].channel,
        present=timeline[-1].time,
        touched=timeline[-1].time,
        touchpoints=write_timeline(timeline),
        touches=touches,
        journeys=(f"{number:016x}",),
        seen=bytearray(chance.randbytes(SEEN_ENTRY * touches)),
        carts={"-": _cart(chance, f"event-{number}")},
        runs={"cart_abandoned|cart:-": 1},
        identifiers={
            "user_id": [f"user-{number}"],
            "email": [f"customer-{number}@mail.example"],
            "device_id": [f"device-{number}-a", f"device-{number}-b"][: chance.randint(1, 2)],
        },
        consents={
            "promotion|email": ConsentRecord("granted", NOW),
            "promotion|sms": ConsentRecord("denied", NOW),
        },
        stage="consideration",
    )


def _touch(chance: random.Random, at: int) -> Touchpoint:
    kind = chance.choice(TYPES)
    time = NOW + at * 7 * MINUTE
    return Touchpoint(time, kind, chance.choice(CHANNELS), f"SKU-{chance.randrange(9_000)}")


def _cart(chance: random.Random, event_id: str) -> Cart:
    cart = Cart(origin="web", touched=NOW, touched_by=event_id)
    for _ in range(chance.randint(1, 4)):
        sku = f"SKU-{chance.randrange(9_000)}"
        item = Item(
            sku=sku, quantity=1, price=chance.randrange(99, 9_999) / 100, currency="EUR"
        )
        cart.lines[sku] = CartLine(item, NOW)
    return cart
