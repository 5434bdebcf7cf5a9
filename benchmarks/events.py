"""The events of the benchmark: seeded, so that every engine reads the same bytes."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

SEED = 7
CUSTOMERS = 100_000
START_MS = 1_760_000_000_000
LARGEST_STEP_MS = 19
CHANNEL_CHANGES = 0.05

TYPES = (
    ["page.viewed"] * 40
    + ["product.viewed"] * 25
    + ["cart.item_added"] * 12
    + ["cart.item_removed"] * 3
    + ["checkout.started"] * 4
    + ["order.completed"] * 4
    + ["support.contacted"] * 6
    + ["message.opened"] * 6
)
CHANNELS = (
    ["web"] * 40 + ["mobile"] * 35 + ["store"] * 8 + ["call"] * 5 + ["chat"] * 5 + ["email"] * 7
)


class Product(msgspec.Struct, gc=False):
    """What the event is about."""

    sku: str = ""
    quantity: int = 0
    price: float = 0.0
    url: str = ""


class Event(msgspec.Struct, gc=False):
    """One event as it lies in the topic, fields in the order of their bytes."""

    id: str
    type: str
    channel: str
    customer_id: str
    time: int
    session_id: str
    data: Product


read_event = msgspec.json.Decoder(Event).decode
write_event = msgspec.json.Encoder().encode


def events(count: int, customers: int = CUSTOMERS, seed: int = SEED) -> Iterator[Event]:
    """Yield the first `count` events of the stream that `seed` stands for."""
    chance = random.Random(seed)
    channels: dict[int, str] = {}
    now = START_MS
    for number in range(count):
        now += chance.randrange(LARGEST_STEP_MS + 1)
        customer = int(customers * chance.random() ** 2)
        if customer not in channels or chance.random() < CHANNEL_CHANGES:
            channels[customer] = chance.choice(CHANNELS)
        yield Event(
            id=f"e{number:09d}",
            type=chance.choice(TYPES),
            channel=channels[customer],
            customer_id=f"cust-{customer}",
            time=now,
            session_id=f"s{number % 1000}",
            data=Product(f"SKU-{chance.randrange(500)}", 1, 19.99, "/p/123"),
        )
