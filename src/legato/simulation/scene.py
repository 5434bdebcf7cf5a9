"""One customer's stay in the spotlight: what a story needs to speak in events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple, TypeAlias

from legato.core.values.time import MINUTE, SECOND, Span
from legato.simulation.world import GOODS, REASONS, Good, Json, Shopper

SOURCES = {
    "web": "web-shop",
    "mobile": "app",
    "store": "tills",
    "call": "telephony",
    "chat": "live-chat",
    "email": "mailbox",
}
KNOWN = {
    "web": ("anonymous_id",),
    "mobile": ("device_id", "user_id"),
    "store": ("loyalty_id",),
    "call": ("phone",),
    "chat": ("email",),
    "email": ("email",),
}
"""By what a channel knows people who show it nothing else; upstream keys by the first."""


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
        self.screen = "web" if shopper.stranger else chance.choice(("web", "web", "mobile"))
        self.basket = [
            self._item(good) for good in chance.sample(GOODS, chance.choice((1, 1, 2, 3)))
        ]
        self.reason = chance.choice(sorted(REASONS))
        self._logged_in = self._verified = False

    def minutes(self, least: float, most: float) -> Span:
        """Draw a span between two numbers of minutes."""
        return round(self.chance.uniform(least, most) * MINUTE)

    def seconds(self, least: float, most: float) -> Span:
        """Draw a span between two numbers of seconds."""
        return round(self.chance.uniform(least, most) * SECOND)

    def on(self, channel: str, kind: str, data: Json | None = None, **envelope: object) -> Json:
        """Say what happens on a channel, which knows the customer in its own way."""
        event: Json = {"type": kind, "channel": channel}
        event["identifiers"] = self.shopper.known_by(*self._known(channel))
        event["source"] = SOURCES[channel]
        if channel == "store":
            event["location"] = self.shopper.shop._asdict()
        else:
            event["session_id"] = f"{self.name}-{channel}"
        return {**event, **envelope, "data": data or {}}

    def shows(self, channel: str, kind: str, *others: str) -> Json:
        """Say what the customer does to show who they are: `others` are theirs as well."""
        known = (*self._known(channel), *others)
        if channel == "web":
            self._logged_in = True
        return self.on(channel, kind, identifiers=self.shopper.known_by(*known))

    @property
    def may_log_in(self) -> bool:
        """Is there a login that has not happened yet?"""
        anonymous = self.screen == "web" and not self._logged_in
        return anonymous and not self.shopper.stranger

    def login(self) -> Json:
        """Log in on the web: from now on the browser is theirs."""
        return self.shows("web", "account.logged_in", "user_id")

    def arrival(self) -> Json:
        """Come into the shop with a card; one not known yet is scanned with the email."""
        if "loyalty_id" in self.shopper.told:
            return self.on("store", "store.visited")
        return self.shows("store", "loyalty.card_scanned", "email")

    def call(self, verb: str, **data: object) -> Json:
        """Say something of a call; who cannot be told by the number alone is verified."""
        told = {"reason": self.reason, **data}
        shared = self.shopper.shares_phone
        if not shared and (self._verified or "phone" in self.shopper.told):
            return self.on("call", f"contact.{verb}", told)
        self._verified = True
        known = self.shopper.known_by("phone", "user_id")
        return self.on("call", f"contact.{verb}", told, identifiers=known, authenticated=True)

    def _known(self, channel: str) -> tuple[str, ...]:
        logged_in = channel == "web" and self._logged_in
        return (*KNOWN[channel], "user_id") if logged_in else KNOWN[channel]

    def contact(self, channel: str, verb: str, **data: object) -> Json:
        """Say something of a conversation about the one reason of this scene."""
        return self.on(channel, f"contact.{verb}", {"reason": self.reason, **data})

    def order(self, channel: str) -> Json:
        """Buy the whole basket; an order names account and email, at a till card and email."""
        total = round(sum(item["price"] * item["quantity"] for item in self.basket), 2)
        data = {"items": self.basket, "total": total, "currency": "EUR"}
        named = ("email",) if channel == "store" else ("user_id", "email")
        known = self.shopper.known_by(*dict.fromkeys((*self._known(channel), *named)))
        order_id = f"O-{self.name}"
        return self.on(channel, "order.completed", data, order_id=order_id, identifiers=known)

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
