"""One customer's stay in the spotlight: what a story needs to speak in events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple, TypeAlias

from legato.core.instant import MINUTE, SECOND, Span
from legato.demo.town import GOODS, REASONS, Good, Json, Shopper

SOURCES = {
    "web": "web-shop",
    "mobile": "app",
    "store": "tills",
    "call": "telephony",
    "chat": "live-chat",
    "email": "mailbox",
}
KNOWN = {"web": "email", "mobile": "email", "chat": "email", "email": "email", "call": "phone"}


class Step(NamedTuple):
    """How long after the step before, what happens, and how late the log hears of it."""

    after: Span
    event: Json
    late: Span = 0


Story: TypeAlias = "Callable[[Scene], Iterator[Step]]"


class Scene:
    """A shopper, the chance that guides them, and words for what they do."""

    def __init__(self, name: str, shopper: Shopper, chance: Random) -> None:
        self.name = name
        self.shopper = shopper
        self.chance = chance
        self.screen = chance.choice(("web", "web", "mobile"))
        self.basket = [
            self._item(good) for good in chance.sample(GOODS, chance.choice((1, 1, 2, 3)))
        ]
        self.reason = chance.choice(sorted(REASONS))

    def minutes(self, least: float, most: float) -> Span:
        """Draw a span between two numbers of minutes."""
        return round(self.chance.uniform(least, most) * MINUTE)

    def seconds(self, least: float, most: float) -> Span:
        """Draw a span between two numbers of seconds."""
        return round(self.chance.uniform(least, most) * SECOND)

    def on(self, channel: str, kind: str, data: Json | None = None, **envelope: object) -> Json:
        """Say what happens on a channel; the shop stands behind what happens in store."""
        identifiers = {"loyalty_id": self.shopper.loyalty_id}
        if known := KNOWN.get(channel):
            identifiers[known] = getattr(self.shopper, known)
        event: Json = {"type": kind, "channel": channel, "identifiers": identifiers}
        event["source"] = SOURCES[channel]
        if channel == "store":
            event["location"] = self.shopper.shop._asdict()
        else:
            event["session_id"] = f"{self.name}-{channel}"
        return {**event, **envelope, "data": data or {}}

    def contact(self, channel: str, verb: str, **data: object) -> Json:
        """Say something of a conversation about the one reason of this scene."""
        return self.on(channel, f"contact.{verb}", {"reason": self.reason, **data})

    def order(self, channel: str, **envelope: object) -> Json:
        """Buy the whole basket."""
        total = round(sum(item["price"] * item["quantity"] for item in self.basket), 2)
        data = {"items": self.basket, "total": total, "currency": "EUR"}
        return self.on(channel, "order.completed", data, order_id=f"O-{self.name}", **envelope)

    @property
    def question(self) -> str:
        """What the customer would ask, in their words."""
        return REASONS[self.reason].format(name=self.basket[0]["name"])

    def _item(self, good: Good) -> Json:
        item = {"sku": good.sku, "name": good.name, "price": good.price, "currency": "EUR"}
        if good.sizes:
            size = self.chance.choice(good.sizes)
            item |= {"sku": f"{good.sku}-{size}", "size": size}
        return item | {"quantity": self.chance.choice((1, 1, 1, 2))}
