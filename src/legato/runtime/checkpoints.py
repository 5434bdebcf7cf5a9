"""Cuts: when to take one, what becomes of it, and how it is undone."""

from __future__ import annotations

from legato.core.instant import Instant
from legato.runtime.commands import Commit, Exit, Halt, Release, Renew
from legato.runtime.cut import Cut
from legato.runtime.desk import Desk
from legato.runtime.facts import Metadata, Revoked
from legato.runtime.intake import Intake
from legato.runtime.lane import Lane, Overgrown, State, names_of
from legato.runtime.pace import Pace, Patience, Rate
from legato.runtime.watch import Watch

FENCED_PER_MINUTE = 5


class Checkpoints:
    """At most one cut is in flight; what lanes do meanwhile waits for the next."""

    def __init__(self, desk: Desk, intake: Intake, pace: Pace, watch: Watch) -> None:
        self.metadata: Metadata = b""
        self.flight: list[Lane] = []
        self._desk, self._intake, self._pace, self._watch = desk, intake, pace, watch
        self._fences = Rate(FENCED_PER_MINUTE)
        self._patience = Patience()
        self._refusals = 0
        self._ready = False
        self._tickets: list[int] = []
        self._cut_at: Instant = 0

    @property
    def ready(self) -> bool:
        """Is there a producer?"""
        return self._ready

    @property
    def size(self) -> int:
        """How many records wait for the next cut."""
        return sum(lane.room.pending for lane in self._desk.lanes)

    @property
    def crowded(self) -> bool:
        """Must work wait for the cut in flight, lest the next one grow without bound?"""
        return bool(self.flight) and self.size >= self._pace.most

    def settle(self) -> None:
        """Cut when it is time, and let go of what is asked back once it is safe."""
        if self._ready and not self.flight and self.metadata and (self._owed() or self._due()):
            self._cut()
        if (self._tickets or self._desk.stopping) and not self._owed():
            self._let_go()

    def revoke(self, fact: Revoked) -> None:
        """Commit what the leaving lanes did before they go."""
        lanes = self._desk.lanes_of(fact.tps)
        idle = [lane for lane in lanes if lane.state is not State.RUNNING]
        if idle:
            self._desk.note(f"given back: {names_of(idle)}")
        for lane in lanes:
            if lane in idle:
                self._desk.remove(lane)
            else:
                lane.state = State.LEAVING
        self._tickets.append(fact.ticket)

    def keep(self) -> None:
        """The cut in flight is committed."""
        for lane in self.flight:
            lane.keep()
        self.flight, self._refusals = [], 0
        self._watch.progressed(self._desk.now)

    def drop(self, reason: str) -> None:
        """The cut in flight came to nothing: its lanes start again from the one before."""
        self._refusals += 1
        self._desk.warn(f"a checkpoint was refused: {reason}; what it held is done again")
        flight, self.flight = self.flight, []
        for lane in flight:
            if self._desk.owns(lane):
                lane.drop()
                self._desk.fetch(lane)

    def renew(self, reason: str) -> None:
        """Whether the cut in flight was committed is not known; Kafka knows, so restore."""
        if self._fences.exceeded(self._desk.now):
            self._desk.end(_fenced(reason))
            return
        self._desk.warn(f"the producer is out: {reason}; a new one takes its place")
        self.flight, self._ready = [], False
        for lane in self._desk.lanes:
            if lane.state is State.LEAVING:
                self._desk.remove(lane)
            elif lane.state is State.RUNNING:
                self._desk.say(Halt(lane.tps))
                self._desk.restore(lane, now=False)
        self._desk.say(Renew())

    def start(self) -> None:
        """A producer stands, and whatever the one before had open is over: restore."""
        self._ready = True
        for lane in self._desk.lanes:
            if lane.state is State.RESTORING:
                self._desk.restore(lane, now=True)

    def _owed(self) -> bool:
        """Is there still something to commit of what is asked back?"""
        if not (self._tickets or self._desk.stopping):
            return False
        leaving = self._desk.lanes if self._desk.stopping else self._leaving()
        can_commit = self._ready and self.metadata
        return any(lane in self.flight or (can_commit and lane.moved) for lane in leaving)

    def _leaving(self) -> list[Lane]:
        return [lane for lane in self._desk.lanes if lane.state is State.LEAVING]

    def _due(self) -> bool:
        if self.size >= self._pace.most:
            return True
        span = self._pace.span(full=self._intake.full, lull=self._intake.lull)
        if self._refusals:
            span += self._patience.after(self._refusals)
        return self._desk.now - self._cut_at >= span

    def _cut(self) -> None:
        shares, offsets = [], {}
        for lane in self._desk.lanes:
            if lane.state not in (State.RUNNING, State.LEAVING) or not lane.moved:
                continue
            try:
                shares.append(lane.cut())
            except Overgrown:
                self._desk.rewind(lane)
                continue
            self.flight.append(lane)
            # Also those that did not move: by its offsets the broker knows us as their owner.
            offsets.update(lane.applied)
        if shares:
            self._cut_at, self._intake.full = self._desk.now, False
            self._desk.say(Commit(Cut(shares, offsets, self.metadata)))

    def _let_go(self) -> None:
        leaving = self._leaving()
        if leaving:
            self._desk.note(f"given back: {names_of(leaving)}")
        for lane in leaving:
            self._desk.remove(lane)
        for ticket in self._tickets:
            self._desk.say(Release(ticket))
        self._tickets = []
        if self._desk.stopping:
            self._desk.say(Exit(0))


def _fenced(reason: str) -> str:
    return (
        f"the producer is put out again and again ({reason}); does another worker run with the "
        "same `worker.name` and slot? give each its own"
    )
