"""People with five identifiers each, whom every channel knows by its own alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import json

from legato.core.values.time import HOUR

NOON = 1_750_000_000_000
DAY_LONG = 20 * HOUR


class Told(NamedTuple):
    """An event as a channel's system writes it."""

    id: str
    type: str
    channel: str
    time: int
    identifiers: Mapping[str, str]

    @property
    def key(self) -> bytes:
        """What upstream keys its topic by: the first identifier that it has."""
        return next(iter(self.identifiers.values())).encode()

    def written(self) -> bytes:
        """The event as JSON."""
        data = {"sku": f"S{self.time % 7}", "price": 9} if "cart" in self.type else {}
        return json.encode({**self._asdict(), "data": data})


def identifiers_of(number: int) -> dict[str, str]:
    """Say by what a person may be known."""
    return {
        "user_id": f"u{number}",
        "loyalty_id": f"l{number}",
        "email": f"p{number}@mail.example",
        "phone": f"+49301{number:06d}",
        "anonymous_id": f"a{number}",
    }


# Type, channel, identifiers that come with it; those with several show that they are one's.
SCENES = (
    ("page.viewed", "web", ("anonymous_id",)),
    ("cart.item_added", "web", ("anonymous_id",)),
    ("cart.item_added", "mobile", ("user_id",)),
    ("page.viewed", "mobile", ("user_id",)),
    ("store.visited", "store", ("loyalty_id",)),
    ("message.received", "email", ("email",)),
    ("contact.started", "call", ("phone",)),
    ("account.logged_in", "web", ("anonymous_id", "user_id")),
    ("order.completed", "web", ("user_id", "email")),
    ("loyalty.card_scanned", "store", ("loyalty_id", "email")),
    ("loyalty.card_scanned", "store", ("loyalty_id", "phone")),
)
WEIGHTS = (20, 12, 12, 12, 8, 6, 6, 8, 6, 6, 4)


def told_events(count: int, people: int, seed: int = 7) -> Iterator[Told]:
    """Tell what they do in the course of a day, in order of time."""
    chance = random.Random(seed)
    for number in range(count):
        kind, channel, known = chance.choices(SCENES, WEIGHTS)[0]
        who = identifiers_of(chance.randrange(people))
        time = NOON + number * DAY_LONG // count
        yield Told(f"e{number}", kind, channel, time, {name: who[name] for name in known})
