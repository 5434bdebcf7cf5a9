"""Say what must come out and what must be known in the end, by RULES-FULL.md, word for word.

A program of its own, slow and plain: it keeps all that a customer ever did to the cart, and
counts it up anew after each change. Time passes for a customer when their next event comes,
which makes no difference to what is told, since it is told with the time at which it was due.

    python benchmarks/oracle_full.py < ONE-PARTITION.jsonl

prints the outputs, a line each, then what is known of each customer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
Output = tuple[str, str, int]
"""The customer, the kind, the time."""
State = dict[str, Any]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

STAGES_OF_ABSENCE = (HOUR, 24 * HOUR, 72 * HOUR)
SWITCHED_WITHIN = 24 * HOUR
JOURNEY_GAP = 24 * HOUR
CART_FORGOTTEN = 10 * DAY
ORDERS_KEPT = 10 * DAY
ECHO = 30 * MINUTE
REFUSED_WITHIN = DAY
REFUSED_LAST = 1_000
LATEST = 2 * HOUR

TOUCHPOINTS = 30
VISITS = JOURNEYS = 5
ORDERS = 100

LIFECYCLE = ("awareness", "acquisition", "onboarding", "engagement")
REACHES = {
    "product.viewed": 1,
    "cart.item_added": 1,
    "checkout.started": 1,
    "account.created": 2,
    "order.completed": 3,
}
TOUCHES_CART = ("cart.item_added", "cart.item_removed", "checkout.started")
BY_US = ("message.opened",)
NEVER = sys.maxsize


@dataclass
class Line:
    """One article of a cart."""

    quantity: int
    price: float
    changed: int


@dataclass
class Cart:
    """What lies in a cart, and since when its checkout is open."""

    lines: dict[str, Line] = field(default_factory=dict)
    checkout: int | None = None

    @property
    def is_open(self) -> bool:
        """Is there anything to finish?"""
        return bool(self.lines) or self.checkout is not None


class Shopping:
    """All that was done to one cart since it was last forgotten, by the time of it."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.touched: int | None = None
        self.told = 0
        self.cart = Cart()

    def take(self, event: Event) -> None:
        """Take up an event of the cart, or an order, be it late or not."""
        self.log.append(event)
        self.log.sort(key=lambda each: each["time"])
        if event["type"] != "order.completed" and event["time"] > (self.touched or 0):
            self.touched, self.told = event["time"], 0
        self.cart = counted_up(self.log)

    @property
    def due(self) -> int:
        """When the next stage is to be told, or the cart forgotten."""
        if self.touched is None:
            return NEVER
        if self.cart.lines and self.told < len(STAGES_OF_ABSENCE):
            return self.touched + STAGES_OF_ABSENCE[self.told]
        return self.touched + CART_FORGOTTEN


def counted_up(log: Iterable[Event]) -> Cart:
    """Do all that was done, in order of time."""
    cart, ordered = Cart(), set[str]()
    closed: int | None = None
    for event in log:
        if event["type"] == "order.completed":
            if event["order_id"] not in ordered and cart.is_open:
                cart, closed = Cart(), event["time"]
            ordered.add(event["order_id"])
        elif event["type"] == "checkout.started":
            echo = closed is not None and event["time"] <= closed + ECHO
            if not echo and cart.checkout is None:
                cart.checkout = event["time"]
        elif change_line(cart, event):
            closed = None
    return cart


def change_line(cart: Cart, event: Event) -> bool:
    """Put in or take out; tell whether something was put in."""
    article, time = event["data"], event["time"]
    sku, pieces = article["sku"], article["quantity"]
    line = cart.lines.get(sku)
    if event["type"] == "cart.item_added":
        before = 0 if line is None else line.quantity
        cart.lines[sku] = Line(before + pieces, article["price"], time)
        return True
    if line is not None:
        line.quantity, line.changed = line.quantity - pieces, time
        if line.quantity <= 0:
            del cart.lines[sku]
    return False


class Customer:
    """One customer, from the first event on."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.ids: dict[str, int] = {}
        self.touched: int | None = None
        self.channel = ""
        self.present = 0
        self.stage = 0
        self.stage_since: int | None = None
        self.touchpoints: list[tuple[int, str, str, str]] = []
        self.visit: tuple[str, str, int] | None = None
        self.visits: list[tuple[str, str, int]] = []
        self.journeys: list[str] = []
        self.shopping = Shopping()
        self.orders: dict[str, int] = {}

    def follow(self, event: Event, clock: int) -> Iterator[Output]:
        """Let time pass, refuse what came before, judge the event, then apply it."""
        yield from self.pass_time(clock)
        if self.came_before(event, clock):
            return
        yield from self.judge_switch(event)
        self.begin_journey(event)
        if event["type"] in (*TOUCHES_CART, "order.completed"):
            self.shopping.take(event)
        if event["type"] == "order.completed":
            self.keep_order(event)
        self.keep_touchpoint(event)
        self.move_on(event)
        self.reach(event)
        yield from self.pass_time(clock)

    def pass_time(self, clock: int) -> Iterator[Output]:
        """Tell the stages that are due by the clock, and forget the cart, in order of time."""
        while (due := self.shopping.due) <= clock:
            if due == (self.shopping.touched or 0) + CART_FORGOTTEN:
                self.shopping = Shopping()
                continue
            self.shopping.told += 1
            yield self.customer_id, f"abandoned-{self.shopping.told}", due

    def came_before(self, event: Event, clock: int) -> bool:
        """Was this event followed before?"""
        number = self.ids.get(event["id"])
        if number is None:
            self.ids[event["id"]] = len(self.ids)
            require(clock <= event["time"] + LATEST, event, "comes too late to be placed")
            return False
        known = len(self.ids) - number <= REFUSED_LAST
        soon = clock <= event["time"] + REFUSED_WITHIN
        require(known or soon, event, "comes again too late to be refused")
        return True

    def judge_switch(self, event: Event) -> Iterator[Output]:
        """Did the customer go on elsewhere, with something open?"""
        if event["type"] in BY_US or event["time"] < self.present:
            return
        elsewhere = self.channel not in ("", event["channel"])
        soon = event["time"] <= self.present + SWITCHED_WITHIN
        if elsewhere and soon and self.shopping.cart.is_open:
            yield self.customer_id, "switch", event["time"]

    def begin_journey(self, event: Event) -> None:
        """A journey begins with the first event, and after a day without a cart."""
        before = self.touched
        goes_on = before is not None and event["time"] <= before + JOURNEY_GAP
        if not goes_on and not self.shopping.cart.is_open:
            self.journeys = [*self.journeys, event["id"]][-JOURNEYS:]

    def keep_order(self, event: Event) -> None:
        """Keep an order as a fact, at the earliest time at which it is told to have been."""
        name, time = event["order_id"], event["time"]
        self.orders[name] = min(time, self.orders.get(name, time))
        since = max(self.orders.values()) - ORDERS_KEPT
        kept = sorted((at, name) for name, at in self.orders.items() if at > since)
        self.orders = {name: at for at, name in kept[-ORDERS:]}

    def keep_touchpoint(self, event: Event) -> None:
        """Keep the last touchpoints in order of time, of one time in that of arrival."""
        note = event["data"]["sku"] if event["type"].startswith("cart.") else ""
        self.touchpoints.append((event["time"], event["type"], event["channel"], note))
        self.touchpoints.sort(key=lambda each: each[0])
        self.touchpoints = self.touchpoints[-TOUCHPOINTS:]

    def move_on(self, event: Event) -> None:
        """Note where the customer is, and in which visit, unless the event is late for that."""
        time, name = event["time"], event.get("session_id")
        self.touched = max(time, self.touched or time)
        if time < self.present:
            return
        if event["type"] not in BY_US:
            self.channel, self.present = event["channel"], time
        left = self.visit
        if not name or (left is not None and left[1] == name):
            return
        self.visit = (event["channel"], name, time)
        if left is not None and left[0] != event["channel"]:
            others = [each for each in self.visits if each[0] != left[0]]
            self.visits = [*others, left][-VISITS:]

    def reach(self, event: Event) -> None:
        """The lifecycle only goes on; a stage counts from the earliest event of its own."""
        stage = REACHES.get(event["type"], 0)
        if self.stage_since is None or stage > self.stage:
            self.stage, self.stage_since = stage, event["time"]
        elif stage == self.stage:
            self.stage_since = min(self.stage_since, event["time"])

    def state(self) -> State:
        """Say what is known of the customer."""
        return {
            "customer_id": self.customer_id,
            "touched": self.touched,
            "channel": self.channel,
            "present": self.present,
            "stage": LIFECYCLE[self.stage],
            "stage_since": self.stage_since,
            "touchpoints": [list(each) for each in self.touchpoints],
            "visit": self.visit and list(self.visit),
            "visits": [list(each) for each in self.visits],
            "journeys": self.journeys,
            "cart": self.cart_state(),
            "orders": [[name, at] for name, at in self.orders.items()],
        }

    def cart_state(self) -> State | None:
        """Say what lies in the cart; None if there is nothing to finish."""
        shopping, cart = self.shopping, self.shopping.cart
        if not cart.is_open:
            return None
        return {
            "touched": shopping.touched,
            "checkout": cart.checkout,
            "told": shopping.told if cart.lines else 0,
            "lines": [
                [sku, line.quantity, round(100 * line.price), line.changed]
                for sku, line in sorted(cart.lines.items())
            ],
        }


def require(kept: bool, event: Event, fault: str) -> None:
    """Refuse to judge an input that does not keep to the rules."""
    if not kept:
        raise AssertionError(f"event `{event['id']}` {fault}")


def judged(log: Iterable[Event]) -> tuple[list[Output], list[State]]:
    """Follow the log of one partition; return what must come out, and what is known then."""
    customers: dict[str, Customer] = {}
    outputs: list[Output] = []
    clock = 0
    for event in log:
        clock = max(clock, event["time"])
        name = event["customer_id"]
        customer = customers.setdefault(name, Customer(name))
        outputs += customer.follow(event, clock)
    for customer in customers.values():
        outputs += customer.pass_time(clock)
    return outputs, [customer.state() for customer in customers.values()]


def main() -> None:
    """Read a partition as JSON lines, and print what it comes to."""
    outputs, states = judged(map(json.loads, sys.stdin))
    for told in (*outputs, *states):
        print(json.dumps(told, separators=(",", ":")))


if __name__ == "__main__":
    main()
