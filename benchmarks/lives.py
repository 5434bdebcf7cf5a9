"""The events of RULES-FULL.md: customers who come, go elsewhere and come back, for two weeks.

They lie in the order in which they arrive: a few come late, a few come twice.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from itertools import count as numbers
from itertools import islice

import msgspec

SEED = 11
START_MS = 1_760_000_000_000
SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
LASTS_MS = 14 * 24 * HOUR_MS

EVENTS_A_CUSTOMER = 10
EVENTS_A_VISIT = 6
SILENCE_MS = 30 * MINUTE_MS
"""Without a word for so long, or elsewhere, a customer begins another visit."""
EVENTS_A_BUSY_CUSTOMER = 100_000
"""One customer in so many events is busy: more ids within a day than others in a year."""
BUSY_EVENTS = 1_200
BUSY_REPEATS = 50
BUSY_EVERY_MS = MINUTE_MS
BUSY_AGAIN_MS = 19 * HOUR_MS

GOES_ON_ELSEWHERE = 0.3
TOLD_TWICE = 0.2
LATE = 0.02
LATEST_MS = 2 * HOUR_MS
COMES_TWICE = 0.02
COMES_AGAIN_MS = (MINUTE_MS, 20 * HOUR_MS, 80 * HOUR_MS)
"""A retry, a batch of the day, and somebody who sends the week's file again."""

TYPES = (
    ["page.viewed"] * 38
    + ["product.viewed"] * 24
    + ["cart.item_added"] * 13
    + ["cart.item_removed"] * 4
    + ["checkout.started"] * 4
    + ["order.completed"] * 4
    + ["account.created"] * 2
    + ["support.contacted"] * 5
    + ["message.opened"] * 6
)
WITH_ARTICLE = frozenset(("product.viewed", "cart.item_added", "cart.item_removed"))
CHANNELS = ["web"] * 40 + ["mobile"] * 38 + ["store"] * 10 + ["call"] * 6 + ["chat"] * 6
ARTICLES = 200


class Article(msgspec.Struct, gc=False, omit_defaults=True):
    """What the event is about, and how many pieces of it."""

    sku: str
    quantity: int = 0
    price: float = 0.0
    url: str = ""


class LifeEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """One event as it lies in the topic, fields in the order of their bytes."""

    id: str
    type: str
    channel: str
    customer_id: str
    time: int
    session_id: str = ""
    order_id: str = ""
    data: Article | None = None


Coming = tuple[int, int, LifeEvent]
"""When an event happens or arrives, its number, and itself."""


def lives(count: int, seed: int = SEED) -> Iterator[LifeEvent]:
    """Yield the first `count` events that arrive of the two weeks that `seed` stands for."""
    chance = random.Random(seed)
    return islice(_arriving(_happening(count, chance), chance), count)


def _happening(count: int, chance: random.Random) -> Iterator[LifeEvent]:
    """Yield what happens, in order of time; of a customer nothing at the same instant."""
    customers = max(count // EVENTS_A_CUSTOMER, 1)
    between_ms = LASTS_MS * (EVENTS_A_VISIT + 1) / count
    waiting, number = _busy(count, chance), numbers()
    heapq.heapify(waiting)
    free_from: dict[int, int] = {}
    visits, now = numbers(), float(START_MS)
    while True:
        now += chance.expovariate(1) * between_ms
        customer = int(customers * chance.random() ** 2)
        start, channel = max(round(now), free_from.get(customer, 0)), chance.choice(CHANNELS)
        while channel:
            name = f"v{next(visits)}"
            visit = list(_visit(f"cust-{customer}", name, channel, start, chance))
            for event in visit:
                heapq.heappush(waiting, (event.time, next(number), event))
            start = visit[-1].time + chance.randrange(MINUTE_MS, 3 * HOUR_MS)
            channel = _elsewhere(channel, chance)
        free_from[customer] = start + SILENCE_MS
        while waiting and waiting[0][0] <= now:
            yield heapq.heappop(waiting)[2]


def _elsewhere(channel: str, chance: random.Random) -> str:
    """Name another channel on which a customer goes on; empty if they do not."""
    if chance.random() >= GOES_ON_ELSEWHERE:
        return ""
    return chance.choice([other for other in CHANNELS if other != channel])


def _visit(
    customer_id: str, name: str, channel: str, start: int, chance: random.Random
) -> Iterator[LifeEvent]:
    """Yield the events of a visit: on one channel, and never silent for half an hour."""
    time = start
    for _ in range(1 + int(chance.expovariate(1) * (EVENTS_A_VISIT - 1))):
        event = _event(customer_id, channel, name, time, chance)
        yield event
        time += chance.randrange(SECOND_MS, 4 * MINUTE_MS)
        if event.order_id and chance.random() < TOLD_TWICE:
            yield msgspec.structs.replace(event, time=time)
            time += SECOND_MS


def _event(
    customer_id: str, channel: str, visit: str, time: int, chance: random.Random
) -> LifeEvent:
    event = LifeEvent("", chance.choice(TYPES), channel, customer_id, time, visit)
    if event.type == "message.opened":
        event.channel, event.session_id = "email", ""
    elif event.type == "order.completed":
        event.order_id = f"o-{visit}-{time}"
    elif event.type in WITH_ARTICLE:
        event.data = _article(event.type, chance)
    return event


def _article(kind: str, chance: random.Random) -> Article:
    """An article costs the same whenever and wherever it is put in."""
    number = chance.randrange(ARTICLES)
    sku = f"SKU-{number}"
    if kind == "product.viewed":
        return Article(sku, url=f"/p/{number}")
    pieces = chance.randrange(1, 4)
    return Article(sku, pieces, 4.99 + number if kind == "cart.item_added" else 0.0)


def _busy(count: int, chance: random.Random) -> list[Coming]:
    """The days of those who are busy: more than a thousand events each, in twenty hours."""
    days: list[Coming] = []
    for each in range(max(count // EVENTS_A_BUSY_CUSTOMER, 1)):
        start = START_MS + chance.randrange(LASTS_MS // 2)
        for step in range(BUSY_EVENTS):
            time = start + step * BUSY_EVERY_MS + chance.randrange(SECOND_MS)
            event = _event(f"busy-{each}", "store", f"till-{each}", time, chance)
            days.append((time, -1 - len(days), event))
    return days


def _arriving(events: Iterator[LifeEvent], chance: random.Random) -> Iterator[LifeEvent]:
    """Give what happens its id, and let it arrive: most at once, some late, some twice."""
    under_way: list[Coming] = []
    busy_events: dict[str, int] = {}
    number = numbers()
    for event in events:
        while under_way and under_way[0][0] <= event.time:
            yield heapq.heappop(under_way)[2]
        event.id = f"e{next(number):09d}"
        for arrives in _arrivals(event, busy_events, chance):
            heapq.heappush(under_way, (arrives, next(number), event))


def _arrivals(
    event: LifeEvent, busy_events: dict[str, int], chance: random.Random
) -> Iterator[int]:
    late = chance.random() < LATE
    yield event.time + (chance.randrange(SECOND_MS, LATEST_MS) if late else 0)
    if event.customer_id.startswith("busy-"):
        nth = busy_events[event.customer_id] = busy_events.get(event.customer_id, 0) + 1
        if nth <= BUSY_REPEATS:
            yield event.time + BUSY_AGAIN_MS
    elif chance.random() < COMES_TWICE:
        yield event.time + chance.randrange(SECOND_MS, chance.choice(COMES_AGAIN_MS))
