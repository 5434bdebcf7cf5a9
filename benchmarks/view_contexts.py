"""Contexts as a shop with stores and a call centre has them, the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

from legato.core.context.context import SEEN_ENTRY, Cart, CartLine, ConsentRecord, Context
from legato.core.context.timeline import write_timeline
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.outputs import Action, Candidate, Decision, Factors
from legato.core.values.time import HOUR, MINUTE, Instant

NOW = 1_760_000_000_000
SHOPS = 200
FACTORS = Factors(0.2, 1.1, 89.0, 1.0)
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


def decisions_of(number: int, now: Instant) -> Iterator[Decision]:
    """Tell two decisions about a customer, as the default playbook weighs them."""
    lost = [Candidate(f"remind_by_{each}", each, "no_address", None) for each in CHANNELS]
    won = Candidate("brief_store", "store", "won", FACTORS)
    for stage in (1, 2):
        name = f"{number:012x}{stage:04x}"
        told = f"0-{number:024x}", name, name, "channel_switched", now - stage * MINUTE
        yield Decision(
            *told, stage, "brief_store", name, (won, *lost), name, "0123456789abcdef"
        )


def action_of(number: int, now: Instant) -> Action:
    """Make an action for a shop, which is open for four hours."""
    name = f"{number:016x}"
    item = HandoffItem("SHOE-42", 1.0, "Runner", "42", 89.0, "EUR")
    seen = ("59 minutes ago, web: put Runner into the cart", "just now, store: came in")
    goal = "The customer wants to buy 1 x Runner in size 42."
    return Action(
        customer_id=f"0-{number:024x}",
        action_id=name,
        occurrence_id=name,
        journey_id=name,
        situation="channel_switched",
        action="brief_store",
        purpose="service",
        channel="store",
        address=f"SHOP-{number % SHOPS}",
        content_ref="handoff_store",
        time=now,
        not_before=now,
        expires_at=now + 4 * HOUR,
        factors=FACTORS,
        handoff=Handoff(goal, now, (item,), 89.0, "EUR", "cart filled on web", seen),
        items=(item,),
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
