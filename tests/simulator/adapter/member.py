"""A simulated process of an adapter: its clients take their time, and it may die in between."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import assert_never

from legato.adapter import Delivered, Failed, Retry
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import Instant, Span
from legato.serving.adapters.machine.commands import (
    AdapterCommand,
    CommitPlaces,
    PauseReading,
    ResumeReading,
    Send,
    Store,
    TellResult,
)
from legato.serving.adapters.machine.facts import (
    TP,
    AdapterFact,
    Answer,
    CommitDue,
    Crashed,
    NotBegun,
    PartitionOpened,
    PartitionsGone,
    PartitionsLeaving,
    PlacesCommitted,
    RecordsRead,
    Refused,
    SeenId,
    Stored,
    TimePassed,
    TryEnded,
    Unchecked,
)
from legato.serving.adapters.machine.frontier import read_progress
from legato.serving.adapters.machine.ledger import DeliveryLimits
from legato.serving.adapters.machine.machine import DeliveryMachine
from legato.wire.topics.holds import PartitionClaim
from tests.simulator.adapter.kafka import SKEW_MOST, AdapterWorld, Call
from tests.simulator.clock import VirtualTime

LOOK_BACK = 10_000
REPORTED: Span = 120_000
TIMEOUT: Span = 4_000
SKEWS: tuple[Span, ...] = (0, 0, 300, -300, SKEW_MOST, -SKEW_MOST)
"""How far the clocks of processes are off."""


class AdapterMember:
    """One process, from its start to its death."""

    def __init__(
        self, number: int, world: AdapterWorld, time: VirtualTime, limits: DeliveryLimits
    ) -> None:
        self.number, self.world, self.time = number, world, time
        self.machine = DeliveryMachine(limits)
        self.limits = limits
        self.dead = self.evicted = False
        self.skew = time.chance.choice(SKEWS)
        self.owned: dict[TP, int] = {}
        self.reading: dict[TP, int] = {}
        self.known: dict[TP, Instant] = {}
        self._paused: set[TP] = set()
        self._commits = False
        self._repeat(40, self._poll)
        self._repeat(150, self._commit)
        self._repeat(60, lambda: self._tell(TimePassed()))

    @property
    def now(self) -> Instant:
        """What its own clock says."""
        return self.time.now + self.skew

    def take(self, tps: tuple[TP, ...]) -> None:
        """Be given partitions: find where their last holder stood."""
        epoch = self.now
        for tp in tps:
            self.owned[tp] = epoch
            self._later(self._pause(300), partial(self._open, tp, epoch))

    def give_back(self, done: Callable[[], None]) -> None:
        """Finish what is under way, commit, and let go of all."""
        tps = tuple(self.owned)
        self._tell(PartitionsLeaving(tps))
        deadline = self.time.now + 20_000

        def see() -> None:
            if (not self.machine.is_settled(tps) and self.time.now < deadline) or self._commits:
                self._later(20, see)
            else:
                self._commit(force=True)
                self._later(30, go)

        def go() -> None:
            self.lose()
            done()

        see()

    def lose(self) -> None:
        """Be told that all partitions are another's."""
        self._tell(PartitionsGone(tuple(self.owned)))
        self.owned, self.reading, self._paused = {}, {}, set()

    def _open(self, tp: TP, epoch: int) -> None:
        if self.owned.get(tp) != epoch:
            return
        world = self.world
        offset, metadata = world.places.get(tp, (0, ""))
        before = [each for each in world.logs[tp] if each.offset < offset][-LOOK_BACK:]
        seen = [
            SeenId(each.said.action_id, isinstance(each.said, Revoked), each.redriven)
            for each in before
            if isinstance(each.said, Action | Revoked)
        ]
        world.hold_log.append(PartitionClaim(*tp, epoch, offset, metadata))
        book = world.book()
        progress = read_progress(offset, metadata)
        self.reading[tp] = offset
        self._paused.discard(tp)
        told = {} if progress.clean else world.reported(self.time.now - REPORTED)
        world.opened[self.number, tp] = self.time.now
        held = book.holds(tp), book.stale(tp)
        opened = PartitionOpened(tp, epoch, offset, progress, *held, seen, told)
        self._tell(opened)

    def _poll(self) -> None:
        for tp in [each for each in self.reading if each not in self._paused]:
            log = self.world.logs[tp]
            start = bisect_left(log, self.reading[tp], key=lambda each: each.offset)
            found = log[start : start + self.time.chance.randint(1, self.world.fetch)]
            whole = start + len(found) == len(log)
            end = self.world.ends[tp] if whole else found[-1].offset + 1
            fact = RecordsRead(tp, self.owned[tp], found, end, whole)
            self.reading[tp] = end
            self._hand_over(fact, self.time.now)

    def _hand_over(self, fact: RecordsRead, snapshot: Instant) -> None:
        """What was fetched reaches the machine a little later, unless the partition is gone."""
        if self.owned.get(fact.tp) == fact.epoch:
            self.known[fact.tp] = snapshot
            self._tell(fact)

    def _commit(self, *, force: bool = False) -> None:
        if force or not self._commits:
            self._tell(CommitDue())

    def _tell(self, fact: AdapterFact) -> None:
        for command in self.machine.handle(fact, self.now):
            self._do(command)

    def _do(self, command: AdapterCommand) -> None:
        match command:
            case Send(ticket=ticket, action=action):
                self._later(self._pause(50), lambda: self._try(ticket, action))
            case Store():
                self._later(self._pause(60), lambda: self._store(command))
            case CommitPlaces(places=places):
                self._commits = True
                epochs = {tp: self.owned.get(tp) for tp in places}
                self._later(self._pause(25), lambda: self._committed(places, epochs))
            case PauseReading(tp=tp):
                self._paused.add(tp)
            case ResumeReading(tp=tp):
                self._paused.discard(tp)
            case TellResult():
                """Nobody watches."""
            case _:
                assert_never(command)

    def _store(self, store: Store) -> None:
        self.world.write(store, self.time.now)

        def release() -> None:
            if store.release is not None:
                self.world.hold_log.append(store.release)
            self._later(self._pause(30), lambda: self._tell(Stored(store.ticket)))

        self._later(self._pause(30), release)

    def _committed(
        self, places: dict[TP, tuple[int, str]], epochs: dict[TP, int | None]
    ) -> None:
        self._commits = False
        if not self.evicted and all(
            epoch and self.owned.get(tp) == epoch for tp, epoch in epochs.items()
        ):
            self.world.commit(places)
            self._tell(PlacesCommitted(places))

    def _try(self, ticket: int, action: Action) -> None:
        world, now = self.world, self.time.now
        if world.view_away:
            self._answer(ticket, Unchecked(), self._pause(40))
        elif world.refused.get(action.customer_id, now + 1) <= now:
            self._answer(ticket, Refused("no_consent"), self._pause(40))
        elif not self.machine.may_begin(ticket, self.now):
            self._answer(ticket, NotBegun(), 0)
        else:
            self._call(ticket, action)

    def _call(self, ticket: int, action: Action) -> None:
        tp = self.machine.sending.sends[ticket].tp
        known, evicted = self.known.get(tp, 0), self.evicted
        call = Call(self.time.now, self.number, tp, action, known, evicted)
        self.world.calls.append(call)
        answer, delay = self._provider()
        call.answer = type(answer).__name__
        if isinstance(answer, Retry) and answer.after_s:
            call.not_before = self.time.now + delay + int(answer.after_s * 1_000)

        def over() -> None:
            call.ended = self.time.now
            self._tell(TryEnded(ticket, answer))

        self._later(delay, over)

    def _provider(self) -> tuple[Answer, Span]:
        """Decide what the provider says, and when."""
        toss = self.time.chance.randrange(1_000)
        delay = self._pause(200)
        if self.world.provider_away:
            return (Retry("down"), delay) if toss < 500 else (Crashed("TimeoutError"), TIMEOUT)
        if toss < 30:
            return Crashed("ValueError"), delay
        if toss < 40:
            return Retry("slow_down", self.time.chance.choice([2.0, 20.0, 150.0])), delay
        if toss < 90:
            return Retry("busy"), delay
        if toss < 130:
            return Failed("no_such_address"), delay
        return (Delivered(), delay) if toss < 990 else (Delivered(), TIMEOUT)

    def _answer(self, ticket: int, answer: Answer, delay: Span) -> None:
        self._later(delay, lambda: self._tell(TryEnded(ticket, answer)))

    def _pause(self, longest: Span) -> Span:
        return self.time.chance.randint(1, longest)

    def _repeat(self, span: Span, step: Callable[[], None]) -> None:
        def again() -> None:
            step()
            slow = 40 if self.world.is_quiet else 1
            self._later(slow * self.time.chance.randint(span // 2, span * 3 // 2), again)

        self._later(span, again)

    def _later(self, delay: Span, action: Callable[[], None]) -> None:
        self.time.after(delay, lambda: None if self.dead else action())
