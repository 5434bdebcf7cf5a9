"""What upstream tells: carts, orders and people with five identifiers, in order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from time import time_ns
from typing import Literal, NamedTuple

from msgspec import Raw, json

from legato.core.events.event import Event
from legato.core.values.ids import murmur2
from legato.core.values.time import HOUR, SECOND, Instant
from tests.integration.line_story import NOON, closing, story
from tests.integration.people import Told, told_events

Name = Literal["till", "web", "people"]
"""The sources: one that is trusted, one through identify, one whose events link."""

PARTITIONS: dict[Name, int] = {"till": 4, "web": 3, "people": 3}
CUSTOMERS, PEOPLE = 400, 1_500
DUE_IN = 3 * SECOND
"""How long before their hour is over live carts are told of."""


class Act(NamedTuple):
    """One event on its way to a source."""

    source: Name
    what: Event | Told
    added: int | None = None
    """The partition, if it is one that the source got later."""

    @property
    def key(self) -> bytes:
        """What upstream keys it by."""
        return self.what.key if isinstance(self.what, Told) else self.what.customer_id.encode()

    def written(self) -> bytes:
        """The event as JSON."""
        if isinstance(self.what, Told):
            return self.what.written()
        told = {name: getattr(self.what, name) for name in ("id", "type", "channel", "time")}
        if self.source == "web":
            told["identifiers"] = {"loyalty_id": self.what.customer_id}
        return json.encode({**told, "data": self.what.data})


def tale(seed: int, events: int) -> list[Act]:
    """Tell about so many events of three groups of people, each of them apart."""
    each = events // len(PARTITIONS)
    tills = story(seed, [f"t{seed}-{number}" for number in range(CUSTOMERS)], each)
    webs = story(seed + 1, [f"w{seed}-{number}" for number in range(CUSTOMERS)], each)
    step = (webs[-1].time - NOON) // each
    people = (
        told._replace(time=NOON + number * step)
        for number, told in enumerate(told_events(each, PEOPLE, seed))
    )
    told = (_acts("till", tills), _acts("web", webs), _acts("people", people))
    return list(heapq.merge(*told, key=lambda act: act.what.time))


def _acts(source: Name, events: Iterable[Event] | Iterable[Told]) -> Iterator[Act]:
    for event in events:
        yield Act(source, event)


def live_tale() -> Iterator[Act]:
    """Tell without end what happens now; every fiftieth event is a cart nearly an hour old."""
    for number in count():
        now = time_ns() // 1_000_000
        source: Name = "till" if number % 2 else "web"
        if number % 50 < 2:
            cart = closing(f"cart-{number}", now - HOUR + DUE_IN)
            cart.type, cart.data = "cart.item_added", Raw(b'{"sku":"HAT","price":9}')
            yield Act(source, cart)
        else:
            view = closing(f"{source}-{number * 7919 % CUSTOMERS}", now)
            view.id = f"live-{number}"
            yield Act(source, view)


def probes(number: int, time: Instant, home_of: Callable[[Act], int]) -> dict[str, Act]:
    """Tell events that go through every partition of sources and homes, by customer.

    `number` names them, so that no two rounds of probes are the same customers'.
    """
    found: dict[tuple[Name, int, int], Act] = {}
    for source in ("till", "web"):
        places = PARTITIONS[source] * (1 if source == "till" else PARTITIONS["till"])
        acts = (Act(source, closing(f"probe{number}-{source}-{n}", time)) for n in count())
        mine: dict[tuple[int, int], Act] = {}
        while len(mine) < places:
            act = next(acts)
            mine.setdefault((place_of(act), home_of(act)), act)
        found |= {(source, *place): act for place, act in mine.items()}
    return {
        each.what.customer_id: each for each in found.values() if isinstance(each.what, Event)
    }


def closers(time: Instant) -> list[Act]:
    """Tell one last event in each partition of each source, so that time comes to its end."""
    return [act for source in PARTITIONS for act in _closers(source, time)]


def _closers(source: Name, time: Instant) -> Iterable[Act]:
    found: dict[int, Act] = {}
    for number in count():
        if len(found) == PARTITIONS[source]:
            break
        name = f"end-{source}-{number}"
        what: Event | Told = closing(name, time)
        if source == "people":
            what = Told(f"end-{name}", "page.viewed", "web", time, {"anonymous_id": name})
        act = Act(source, what)
        found.setdefault(place_of(act), act)
    return found.values()


def place_of(act: Act) -> int:
    """Say in which partition of its source an event lies."""
    return murmur2(act.key) % PARTITIONS[act.source] if act.added is None else act.added
