"""Say what must come out, in two ways that share no logic: see RULES.md for the rule.

`by_looking_ahead` knows no timers: it judges each touch of a cart by what the log holds after
it. `by_timers` walks the log once with a heap of due times. Where the two differ, neither is
believed.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import accumulate, pairwise

import msgspec

from benchmarks.events import Event, read_event
from benchmarks.outputs import Output, Summary, summarise
from benchmarks.topics import Topics

WITHIN_MS = 30 * 60 * 1000


class Looked(Enum):
    """When an engine looks whether a cart's time is up."""

    BY_TIMER = "by timer"
    AT_NEXT_EVENT = "at the customer's next event"


class Moment(msgspec.Struct, frozen=True, gc=False):
    """An event and the clock that its arrival made."""

    event: Event
    clock: int


def expected(topics: Topics, topic: str, looked: Looked = Looked.BY_TIMER) -> Summary:
    """Return what an engine that looks so must put out for the topic."""
    outputs: list[Output] = []
    for partition, end in topics.ends(topic).items():
        log = [read_event(value) for value in topics.read(topic, partition, end)]
        outputs += judged(log, looked)
    return summarise(outputs)


def judged(log: Sequence[Event], looked: Looked) -> list[Output]:
    """Return the outputs for one partition's log, if both ways agree on them."""
    if any(before.time > after.time for before, after in pairwise(log)):
        raise AssertionError("time runs backwards in the input: load it into a new topic")
    outputs = sorted(by_looking_ahead(log, looked))
    check = sorted(by_timers(log, looked))
    if outputs != check:
        odd = next(pair for pair in zip(outputs, check, strict=False) if pair[0] != pair[1])
        raise AssertionError(f"the two oracles differ, first at {odd}")
    return outputs


def by_looking_ahead(log: Sequence[Event], looked: Looked) -> Iterator[Output]:
    """Judge each customer's events by what follows them."""
    clocks = list(accumulate((event.time for event in log), max))
    lives: dict[str, list[Moment]] = defaultdict(list)
    for event, clock in zip(log, clocks, strict=True):
        own = clock if looked is Looked.BY_TIMER else event.time
        lives[event.customer_id].append(Moment(event, own))
    for life in lives.values():
        final = clocks[-1] if looked is Looked.BY_TIMER else life[-1].clock
        yield from switches(moment.event for moment in life)
        yield from abandonments(life, final)


def switches(life: Iterable[Event]) -> Iterator[Output]:
    """Compare each event that the customer initiated with the one before it."""
    initiated = (event for event in life if event.type != "message.opened")
    for before, after in pairwise(initiated):
        if before.channel != after.channel and after.time - before.time <= WITHIN_MS:
            yield Output(after.customer_id, "switch", after.time)


def abandonments(life: Sequence[Moment], final: int) -> Iterator[Output]:
    """Ask of each touch whether the clock reached its deadline by the next touch or order."""
    steps = [moment for moment in life if concerns_cart(moment.event.type)]
    units: list[str] = []
    for number, step in enumerate(steps, 1):
        end = steps[number].clock if number < len(steps) else final
        units = units_after(units, step.event)
        deadline = step.event.time + WITHIN_MS
        if units and end >= deadline:
            yield Output(step.event.customer_id, "abandoned", deadline)


def concerns_cart(kind: str) -> bool:
    """Tell whether events of this type touch or close a cart."""
    return kind == "order.completed" or kind.startswith(("cart.", "checkout."))


def units_after(units: list[str], event: Event) -> list[str]:
    """Return the cart, one entry a unit, after an event."""
    sku, quantity = event.data.sku, event.data.quantity
    match event.type:
        case "cart.item_added":
            return units + [sku] * quantity
        case "cart.item_removed":
            left = max(units.count(sku) - quantity, 0)
            return [unit for unit in units if unit != sku] + [sku] * left
        case "order.completed":
            return []
        case _:
            return units


class Customer(msgspec.Struct):
    """What the walk with timers remembers of one customer."""

    channel: str | None = None
    time: int = 0
    cart: dict[str, int] = {}
    due: int | None = None


def by_timers(log: Sequence[Event], looked: Looked) -> Iterator[Output]:
    """Walk the log once: fire what is due, judge the switch, apply the event."""
    customers: dict[str, Customer] = defaultdict(Customer)
    timers: list[tuple[int, str]] = []
    clock = 0
    for event in log:
        clock = max(clock, event.time)
        if looked is Looked.BY_TIMER:
            yield from fire(timers, customers, clock)
        customer = customers[event.customer_id]
        if customer.due is not None and customer.due <= event.time:
            yield Output(event.customer_id, "abandoned", customer.due)
            customer.due = None
        yield from judge_switch(customer, event)
        before = customer.due
        apply(customer, event)
        if customer.due is not None and customer.due != before:
            heapq.heappush(timers, (customer.due, event.customer_id))


def fire(
    timers: list[tuple[int, str]], customers: dict[str, Customer], clock: int
) -> Iterator[Output]:
    """Fire every timer which the clock has reached and which still stands."""
    while timers and timers[0][0] <= clock:
        due, name = heapq.heappop(timers)
        if customers[name].due == due:
            yield Output(name, "abandoned", due)
            customers[name].due = None


def judge_switch(customer: Customer, event: Event) -> Iterator[Output]:
    """Compare an initiated event with the channel remembered, and remember its own."""
    if event.type == "message.opened":
        return
    elsewhere = customer.channel not in (None, event.channel)
    if elsewhere and event.time <= customer.time + WITHIN_MS:
        yield Output(event.customer_id, "switch", event.time)
    customer.channel, customer.time = event.channel, event.time


def apply(customer: Customer, event: Event) -> None:
    """Bring cart and due time up to date."""
    sku, cart = event.data.sku, customer.cart
    match event.type.split("."):
        case ["cart", "item_added"]:
            cart[sku] = cart.get(sku, 0) + event.data.quantity
        case ["cart", "item_removed"]:
            cart[sku] = cart.get(sku, 0) - event.data.quantity
            if cart[sku] <= 0:
                del cart[sku]
        case ["order", "completed"]:
            cart.clear()
            customer.due = None
            return
        case ["checkout", _]:
            pass
        case _:
            return
    customer.due = event.time + WITHIN_MS if cart else None
