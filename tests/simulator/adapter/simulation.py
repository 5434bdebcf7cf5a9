"""Minutes of an adapter's processes, what befalls them, and what must hold at the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from legato.core.values.outputs import Action, Factors, QuietSpan, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import HOUR, MINUTE, SECOND, Instant, Span
from legato.serving.adapters.machine.facts import ActionsRecord
from legato.serving.adapters.machine.ledger import DeliveryLimits
from legato.wire.record import RawRecord
from legato.wire.topics.actions import REDRIVEN_HEADER
from tests.simulator.adapter.kafka import TOPIC, AdapterWorld
from tests.simulator.adapter.member import AdapterMember
from tests.simulator.adapter.oracle import find_faults
from tests.simulator.clock import VirtualTime

START: Instant = 1_800_000_000_000
TOLD: Span = 4 * MINUTE
QUIET: Span = HOUR
PARTITIONS = 3
HOLD_AFTER: Span = MINUTE
"""Ten times less than in life, and so are all other spans: a world takes less long then."""


class AdapterVerdict(Struct, frozen=True):
    """What was found wrong, and how much there was of everything."""

    faults: list[str]
    actions: int
    calls: int
    repeats: int
    holds: int
    disruptions: int
    statuses: dict[str, int]


class AdapterSimulation:
    """Members come, go and die while actions are told."""

    def __init__(self, seed: int) -> None:
        self.time = VirtualTime(START, seed)
        self.world = AdapterWorld(PARTITIONS)
        chance = self.time.chance
        self.world.fetch = chance.choice([1, 25])
        self.limits = DeliveryLimits(
            concurrency=chance.choice([1, 3, 20]),
            attempts=chance.choice([3, 8]),
            window=chance.choice([150, 10_000, 10_000]),
            hold_after=HOLD_AFTER,
        )
        self.members: list[AdapterMember] = []
        self.actions: list[tuple[int, Action]] = []
        self.held = 0
        self._numbers = 0
        self._generation = 0
        self._calm = False

    def run(self) -> AdapterVerdict:
        """Play it, let all settle, and judge."""
        for _ in range(self.time.chance.choice([1, 2, 2])):
            self._join()
        self._rebalance()
        self._repeat(500, self._say)
        self._repeat(25 * SECOND, self._strike)
        self._repeat(20 * SECOND, self._sulk)
        self._repeat(15 * SECOND, self._see_pinned)
        self.time.run_until(START + TOLD)
        self._calm = self.world.is_quiet = True
        self.world.view_away = self.world.provider_away = False
        self.time.run_until(START + TOLD + QUIET)
        return self._verdict()

    def _verdict(self) -> AdapterVerdict:
        world = self.world
        attempts, strict = self.limits.attempts, self.limits.window > 1_000
        faults = [*world.faults, *find_faults(world, attempts, strict=strict)]
        statuses: dict[str, int] = {}
        for outcome, _ in world.outcomes:
            statuses[outcome.status] = statuses.get(outcome.status, 0) + 1
        delivered: dict[str, int] = {}
        for call in world.calls:
            if call.answer == "Delivered":
                delivered[call.action.action_id] = delivered.get(call.action.action_id, 0) + 1
        return AdapterVerdict(
            faults,
            len(self.actions),
            len(world.calls),
            sum(each - 1 for each in delivered.values()),
            self.held,
            sum(map(len, world.disruptions.values())),
            statuses,
        )

    # What is told.

    def _say(self) -> None:
        toss = self.time.chance.randrange(100)
        if self._calm:
            return
        if toss < 62 or not self.actions:
            for _ in range(self.time.chance.choice([1, 1, 1, 1, 12])):
                self._say_action()
        elif toss < 80:
            self._revoke()
        else:
            self._say_what_is_odd(toss)

    def _say_what_is_odd(self, toss: int) -> None:
        if toss < 84:
            number, action = self.time.chance.choice(self.actions)
            self._append(number, action)
        elif toss < 88:
            self._append(self.time.chance.randrange(PARTITIONS), Unreadable("bad_avro", "no"))
        elif toss < 92:
            customer = f"c{self.time.chance.randrange(12)}"
            self.world.refused.setdefault(customer, self.time.now + 20 * SECOND)
        elif self.world.letters:
            self._redrive()

    def _say_action(self) -> None:
        chance, now = self.time.chance, self.time.now
        customer = chance.randrange(40)
        wait = chance.choice([0, 0, 0, 0, 2 * SECOND, 40 * SECOND, 90 * SECOND, 5 * MINUTE])
        valid = chance.choice([8 * SECOND, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE])
        action = Action(
            f"c{customer}",
            f"a{len(self.actions)}",
            "o",
            "j",
            "s",
            "email",
            "promotion",
            "email",
            "kim@example.org",
            "ref",
            now,
            now + wait,
            now + wait + valid,
            Factors(1, 1, 1, 1),
            quiet=_nights(customer, now + wait, now + wait + valid),
        )
        number = customer % PARTITIONS
        self.actions.append((number, action))
        self._append(number, action)

    def _revoke(self) -> None:
        number, action = self.time.chance.choice(self.actions[-60:])
        now = self.time.now
        told = Revoked(action.customer_id, action.action_id, "email", "s", now, "converted")
        self._append(number, told)

    def _redrive(self) -> None:
        number = self.time.chance.randrange(len(self.world.letters))
        letter = self.world.letters[number]
        log = self.world.logs[TOPIC, letter.at.partition]
        said = next(each.said for each in log if each.offset == letter.at.offset)
        if isinstance(said, Action):
            self._append(letter.at.partition, said, redriven=f"0:{number}")

    def _append(
        self, number: int, said: Action | Revoked | Unreadable, *, redriven: str = ""
    ) -> None:
        chance = self.time.chance
        offset = self.world.ends[TOPIC, number]
        headers = ((REDRIVEN_HEADER, redriven.encode()),) if redriven else ()
        raw = RawRecord(b"key", b"value", headers)
        record = ActionsRecord(offset, said, raw, self.time.now, redriven)
        self.world.append(number, said, record, chance.choice([0, 0, 1, 2]))

    # What befalls.

    def _strike(self) -> None:
        if self._calm:
            return
        chance = self.time.chance
        toss = chance.randrange(100)
        if toss < 35:
            self._kill(chance.choice(self.members))
        elif toss < 55 and len(self.members) < 3:
            self._join()
            self._rebalance()
        elif toss < 70 and len(self.members) > 1:
            self._leave(chance.choice(self.members))
        elif toss < 80:
            self._forget(chance.choice(self.members))
        else:
            self._rebalance()

    def _sulk(self) -> None:
        chance = self.time.chance
        self.world.view_away = not self._calm and chance.randrange(100) < 20
        self.world.provider_away = not self._calm and chance.randrange(100) < 25

    def _join(self) -> None:
        self._numbers += 1
        member = AdapterMember(self._numbers, self.world, self.time, self.limits)
        self.members.append(member)

    def _kill(self, member: AdapterMember) -> None:
        """It dies between any two steps; the group sees it ten seconds later."""
        self._disrupt(member)
        member.dead = True
        self.members.remove(member)
        self._join()
        self.time.after(self.time.chance.randint(0, 10_000), self._rebalance)

    def _forget(self, member: AdapterMember) -> None:
        """The group takes it for dead, and it hears of that only later."""
        self._disrupt(member)
        member.evicted = True
        self.members.remove(member)
        self._join()
        self._rebalance()
        self.time.after(self.time.chance.randint(0, 8_000), lambda: self._told_late(member))

    def _told_late(self, member: AdapterMember) -> None:
        if not member.dead:
            self._disrupt(member)
            member.lose()
            member.dead = True

    def _leave(self, member: AdapterMember) -> None:
        self.members.remove(member)

        def gone() -> None:
            member.dead = True
            self._rebalance()

        member.give_back(gone)

    def _disrupt(self, member: AdapterMember) -> None:
        for tp in member.owned:
            self.world.disruptions[tp].append(self.time.now)

    def _rebalance(self) -> None:
        """All give back what they have, and whoever does not in time is taken for dead."""
        self._generation += 1
        generation = self._generation
        waiting = {each.number for each in self.members if each.owned}

        def share() -> None:
            if generation == self._generation and not waiting:
                self._hand_out()

        def back(number: int) -> None:
            waiting.discard(number)
            share()

        for member in [*self.members]:
            if member.owned:
                member.give_back(partial(back, member.number))
        share()

    def _hand_out(self) -> None:
        if not self.members:
            return
        shares: dict[int, list[tuple[str, int]]] = {}
        for number in range(PARTITIONS):
            index = self.time.chance.randrange(len(self.members))
            shares.setdefault(index, []).append((TOPIC, number))
        for index, tps in shares.items():
            self.members[index].take(tuple(tps))

    def _see_pinned(self) -> None:
        """Nothing but what is under way may hold the offset longer than a minute."""
        self.held = max(self.held, len(self.world.holds))
        for member in self.members:
            machine = member.machine
            for partition in machine.partitions.values():
                for each in partition.by_offset.values():
                    age = self.time.now - each.taken
                    waits = each.due - self.time.now > 0
                    if age > HOLD_AFTER + 12 * SECOND and waits and not each.is_working:
                        self.world.faults.append(f"pinned: {each.offset} {each.state}")

    def _repeat(self, span: Span, step: Callable[[], None]) -> None:
        def again() -> None:
            step()
            if not self._calm:
                self.time.after(self.time.chance.randint(span // 2, span * 3 // 2), again)

        self.time.after(span, again)


def _nights(customer: int, start: Instant, end: Instant) -> tuple[QuietSpan, ...]:
    """Every third customer sleeps for half a minute or for two, again and again."""
    length, day = (30 * SECOND, 2 * MINUTE) if customer % 2 else (2 * MINUTE, 6 * MINUTE)
    if customer % 3:
        return ()
    first = (start - START - customer * SECOND) // day
    nights = (START + customer * SECOND + number * day for number in range(first, first + 20))
    cut = (QuietSpan(max(each, start), min(each + length, end)) for each in nights)
    return tuple(each for each in cut if each.start < each.end)


def simulate_adapter(seed: int) -> AdapterVerdict:
    """Play one world."""
    return AdapterSimulation(seed).run()
