"""A day of customers, told as the events that the channels would send.

Everything is derived from the seed: the same seed tells the same day. Each customer comes once
a day, and comes again the next day for as long as there are events left to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count, islice
from random import Random
from typing import NamedTuple, TypeAlias

from legato.core.values.time import DAY, HOUR, Instant
from legato.simulation.scene import Scene, Step, Story
from legato.simulation.stories import PROGRAMME, introduction
from legato.simulation.world import Json, meet

OPEN_HOURS = 14
PEAKS = (6, 12.5)
"""Hours after opening at which most customers come: noon and evening."""
LAG_MS = (50, 2_500)
"""From when something happens until the log has it, where the line is up."""

STORIES = [share.story for share in PROGRAMME]
PERCENTS = [share.percent for share in PROGRAMME]
OF_STRANGERS = [share.of_strangers for share in PROGRAMME]


class Guest(NamedTuple):
    """One customer on one day: enough to tell their story, and to tell it again."""

    seed: int
    day: int
    number: int

    @property
    def name(self) -> str:
        """Write it in one word."""
        return f"{self.seed}-{self.day}-{self.number:06d}"


class PlannedVisit(NamedTuple):
    """When a guest comes, and how many steps of their story are told."""

    begins: Instant
    guest: Guest
    steps: int


Next: TypeAlias = tuple[Instant, int, Json, Iterator[Json]]


def simulate(seed: int, customers: int, events: int, start_ms: Instant) -> Iterator[Json]:
    """Tell `events` events of `customers` customers from `start_ms`, as they are received."""
    held: list[tuple[Instant, str, Json]] = []
    for event in _in_order(_visits(seed, customers, events, start_ms)):
        heappush(held, (event["received"], event["id"], event))
        while held[0][0] < event["time"]:
            yield heappop(held)[2]
    while held:
        yield heappop(held)[2]


def guest_of(event: Json) -> Guest:
    """Say whose visit an event belongs to, which its id tells."""
    return Guest(*map(int, event["id"].split("-")[:3]))


def story_of(guest: Guest) -> str:
    """Name the story that a guest lives."""
    return _cast(guest)[1].__name__


def _visits(seed: int, customers: int, events: int, opens: Instant) -> Iterator[PlannedVisit]:
    """Invite customers day after day until the events are spent; sort each day by arrival."""
    for day in count():
        guests = (Guest(seed, day, number) for number in range(customers))
        visits = list(_invite(guests, events, opens + day * DAY))
        yield from sorted(visits)
        events -= sum(visit.steps for visit in visits)
        if events <= 0 or not visits:
            return


def _invite(guests: Iterable[Guest], events: int, opens: Instant) -> Iterator[PlannedVisit]:
    for guest in guests:
        if events <= 0:
            return
        chance = Random(f"{guest.name}:arrival")
        hours = chance.triangular(0, OPEN_HOURS, chance.choice(PEAKS))
        steps = min(events, sum(1 for _ in _steps(guest)))
        events -= steps
        yield PlannedVisit(opens + round(hours * HOUR), guest, steps)


def _in_order(visits: Iterable[PlannedVisit]) -> Iterator[Json]:
    """Interleave visits that are sorted by their beginning, holding only the ones under way."""
    under_way: list[Next] = []
    for n, visit in enumerate(visits):
        while under_way and under_way[0][0] <= visit.begins:
            yield _go_on(under_way)
        _enter(under_way, n, _tell(visit))
    while under_way:
        yield _go_on(under_way)


def _go_on(under_way: list[Next]) -> Json:
    _, n, event, rest = heappop(under_way)
    _enter(under_way, n, rest)
    return event


def _enter(under_way: list[Next], n: int, rest: Iterator[Json]) -> None:
    if event := next(rest, None):
        heappush(under_way, (event["time"], n, event, rest))


def _tell(visit: PlannedVisit) -> Iterator[Json]:
    """Give each step its name and its times."""
    lag = Random(f"{visit.guest.name}:lag")
    time = visit.begins
    for n, step in enumerate(islice(_steps(visit.guest), visit.steps)):
        time += step.after
        received = time + step.late + lag.randrange(*LAG_MS)
        name = f"{visit.guest.name}-{n:02d}"
        yield {"id": name, **step.event, "time": time, "received": received}


def _steps(guest: Guest) -> Iterator[Step]:
    scene, story = _cast(guest)
    if guest.day == 0:
        yield from introduction(scene)
    yield from story(scene)


def _cast(guest: Guest) -> tuple[Scene, Story]:
    chance, shopper = Random(guest.name), meet(guest.seed, guest.number)
    (story,) = chance.choices(STORIES, OF_STRANGERS if shopper.stranger else PERCENTS)
    return Scene(guest.name, shopper, chance), story
