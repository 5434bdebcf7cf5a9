"""The whole line under faults, in virtual time, against a single-threaded replay of its log.

    python -m tests.simulator --seeds 1000

Each seed is a world of its own: upstream, a broker, a group, and three workers that are killed,
stopped, frozen and thawed, whose commits are refused, slow, or never answered; whose calls to
Kafka hang, or come back when they were given up; whose group moves to another coordinator, and
whose Kafka is away. The machine and the rooms are the real ones; what they do must equal what
the core alone makes of the same log.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from legato.core.events.event import Event
from legato.core.values.time import SECOND, Instant
from tests.simulator.broker import Broker
from tests.simulator.clock import VirtualTime
from tests.simulator.group import Group
from tests.simulator.hands import CALM, Mischief, Producers, Restorer
from tests.simulator.log import Entry
from tests.simulator.people import people_story
from tests.simulator.story import closing, story
from tests.simulator.town import (
    TOPICS,
    partitions,
    place_of,
    town,
    written,
)
from tests.simulator.verdict import differences
from tests.simulator.worker import Brain, Worker, World

NOON: Instant = 1_750_000_000_000
STORY, CLOSING, END = 40 * SECOND, 60 * SECOND, 100 * SECOND
SESSION, TRANSACTION = 3 * SECOND, 4 * SECOND
WORKERS, FAULTS, KAFKA_FAULTS = 3, 12, 3
PEOPLE = 6
CUSTOMERS = [f"{kind}-{number}" for kind in "th" for number in range(8)]


class Verdict(Struct, frozen=True):
    """How one seed ended: what differs, and what the workers had to tell."""

    seed: int
    events: int
    differences: list[str]
    said: list[str]


class Simulation:
    """One seed's world."""

    def __init__(self, seed: int, *, careless: bool = False, trusting: bool = False) -> None:
        self.seed, self.careless, self.trusting = seed, careless, trusting
        self.backfill = seed % 2 == 0
        self.plan = town(backfill=self.backfill)
        self.time = VirtualTime(NOON, seed)
        self.broker = Broker(partitions(), TRANSACTION)
        subscribed = self.plan.layout.subscribed
        tps = [tp for tp in self.broker.logs if tp[0] in subscribed]
        group = Group(tps, SESSION, self.time.chance)
        self.broker.is_member = group.knows
        self.world = World(self.time, self.broker, group, self.plan.layout)
        self.workers: dict[int, Worker] = {}
        self.said: list[str] = []

    def run(self) -> Verdict:
        """Let it all happen, and judge."""
        events = story(self.time.chance, NOON, STORY, CUSTOMERS)
        events += self._closers()
        people = people_story(self.time.chance, NOON, STORY, PEOPLE)
        for event in (*events, *people):
            self.time.after(event.received - NOON, partial(self._send, event))
        for index in range(WORKERS):
            self.time.soon(2 * SECOND, partial(self._start, index))
        for strike in (*[self._strike] * FAULTS, *[self._strike_kafka] * KAFKA_FAULTS):
            self.time.after(self.time.chance.randrange(3 * SECOND, STORY + 5 * SECOND), strike)
        self._look_after()
        self.time.run_until(NOON + END)
        self.broker.mark_all(self.time.now)
        self.said += [line for worker in self.workers.values() for line in worker.said]
        until = NOON + CLOSING
        found = differences(self.broker, events, people, until, backfill=self.backfill)
        return Verdict(self.seed, len(events) + len(people), found, self.said)

    def _closers(self) -> list[Event]:
        """One event for each source partition, so that every clock reaches the end."""
        found: dict[object, Event] = {}
        for number in range(100):
            for kind in "th":
                event = closing(f"{kind}-end-{number}", NOON + CLOSING)
                found.setdefault(place_of(event), event)
        return list(found.values())

    def _send(self, event: Event) -> None:
        entry = Entry(event.customer_id.encode(), written(event), self.time.now)
        self.broker.logs[place_of(event)].append(entry)

    def _start(self, index: int) -> None:
        """Start a worker where none is."""
        if index in self.workers and not self.workers[index].dead:
            return
        if index in self.workers:
            self.said += self.workers[index].said
        changelog = TOPICS.customer_contexts
        name = f"sim-{index}"
        producers = Producers(name, self.broker, self.time, self._mischief(), changelog)
        restorer = Restorer(self.broker, changelog, careless=self.careless)
        brain = Brain(self.plan, self.time.now, trusting=self.trusting)
        self.workers[index] = Worker(self.world, brain, producers, restorer)

    def _mischief(self) -> Mischief:
        calm = self.time.now > NOON + STORY + 5 * SECOND
        return CALM if calm else Mischief()

    def _strike(self) -> None:
        """Do something to some worker."""
        chance, time = self.time.chance, self.time
        index = chance.choice(list(self.workers))
        worker = self.workers[index]
        match chance.choice(("kill", "stop", "freeze", "freeze")):
            case "kill":
                worker.kill()
            case "stop":
                worker.stop()
            case _:
                worker.freeze()
                time.soon(9 * SECOND, worker.thaw)

    def _strike_kafka(self) -> None:
        """Let the group's coordinator move, or all of Kafka be away for a while."""
        self.broker.coordinator += 1
        if self.time.chance.randrange(2):
            self.broker.away = True
            self.time.after(self.time.chance.randint(500, 8 * SECOND), self._bring_back)

    def _bring_back(self) -> None:
        self.broker.away = False
        # Nobody could be heard of meanwhile: the sessions begin anew.
        self.world.group.hear_all(self.time.now)

    def _look_after(self) -> None:
        """What brokers and supervisors do all the time."""
        chance, broker, now = self.time.chance, self.broker, self.time.now
        while not broker.away and broker.unmarked and chance.randrange(3):
            broker.mark(chance.randrange(len(broker.unmarked)), now)
        if not broker.away:
            broker.expire(now)
            self.world.group.evict_silent(now)
        for index, worker in list(self.workers.items()):
            if worker.dead and not chance.randrange(50):
                self._start(index)
        self.time.soon(60, self._look_after)


def simulate(seed: int, *, careless: bool = False, trusting: bool = False) -> Verdict:
    """Run one seed.

    To show that they are found out, `careless` restores stop too early, and `trusting` workers
    wait for ever for calls that do not return.
    """
    return Simulation(seed, careless=careless, trusting=trusting).run()
