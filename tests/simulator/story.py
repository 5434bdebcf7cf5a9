"""Hasty customers: their hours are seconds, so that a simulated minute holds whole journeys."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
from msgspec import Raw

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.time import SECOND, Instant

PLAYBOOK = b"""
version: 1
channels:
  email: {address: [email]}
  store: {pull: true}
situations:
  cart_abandoned:
    absence: {of: cart, after: [2s, 5s, 9s]}
  channel_switched:
    switch: {goal: any, within: 4s}
actions:
  remind: {situation: cart_abandoned, channel: email, purpose: service, content: remind}
  brief: {situation: channel_switched, channel: store, purpose: service, content: brief}
"""
CHANNELS = ("web", "mobile", "store", "call")
SKUS = ("SHOE", "HAT", "COAT")
KINDS = (
    "cart.item_added",
    "cart.item_added",
    "cart.item_added",
    "page.viewed",
    "checkout.started",
    "cart.item_removed",
    "order.completed",
    "contact.started",
)
PAUSES = (50, 300, 900, 1_900, 2_000, 2_100, 6_000)


def hasty_playbook() -> Playbook:
    """The two situations, within seconds."""
    return read_playbook(PLAYBOOK)


def story(chance: Random, start: Instant, span: int, customers: list[str]) -> list[Event]:
    """Tell what these customers do within a span of time, each event at a time of its own."""
    events: dict[Instant, Event] = {}
    for customer in customers:
        time = start + chance.randrange(SECOND)
        while time < start + span:
            while time in events:
                time += 1
            events[time] = _event(chance, customer, time)
            if chance.random() < 0.05:
                events[time + 1] = _again(events[time], time + 1)
            time += chance.choice(PAUSES) + chance.randrange(200)
    return [events[time] for time in sorted(events)]


def closing(customer: str, time: Instant) -> Event:
    """An event that does no more than let time pass."""
    return _made("page.viewed", "web", customer, time)


def _event(chance: Random, customer: str, time: Instant) -> Event:
    event = _made(chance.choice(KINDS), chance.choice(CHANNELS), customer, time)
    match event.type:
        case "cart.item_added" | "cart.item_removed":
            event.data = _json({"sku": chance.choice(SKUS), "price": 10})
        case "order.completed":
            event.data = _json({"items": [{"sku": chance.choice(SKUS)}]})
        case "contact.started":
            event.data = _json({"reason": "delivery"})
        case _:
            """It needs no data."""
    return event


def _made(kind: str, channel: str, customer: str, time: Instant) -> Event:
    return Event(
        id=f"{customer}-{time}",
        type=kind,
        channel=channel,
        time=time,
        received=time,
        customer_id=customer,
        data=Raw(b"{}"),
    )


def _json(data: dict[str, Any]) -> Raw:
    return Raw(msgspec.json.encode(data))


def _again(event: Event, time: Instant) -> Event:
    """The same event, sent a second time."""
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    return Event(**{**values, "received": time})
