"""What the parts of the machine share: the lanes, the time, and what is to be said."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from legato.core.values.time import Instant
from legato.runtime.machine.commands import (
    Command,
    Exit,
    Fetch,
    Forget,
    Halt,
    Note,
    Restore,
    Warn,
)
from legato.runtime.machine.facts import TP
from legato.runtime.machine.task import Lane, State


class Desk:
    """The lanes of a worker. `lay(tp)` makes the lane of a partition that the group gave us."""

    def __init__(self, lay: Callable[[TP], Lane]) -> None:
        self.lanes: tuple[Lane, ...] = ()
        self.now: Instant = 0
        self.stopping = False
        self._lay = lay
        self._by_tp: dict[TP, Lane] = {}
        self._epoch = 0
        self._said: list[Command] = []

    def say(self, command: Command) -> None:
        """Have something done."""
        self._said.append(command)

    def note(self, sentence: str) -> None:
        """Tell the operator what happens."""
        self.say(Note(sentence))

    def warn(self, sentence: str) -> None:
        """Tell the operator what goes wrong, and go on."""
        self.say(Warn(sentence))

    def end(self, sentence: str, code: int = 1) -> None:
        """Tell the operator, and end."""
        self.say(Exit(code, sentence))

    def take_commands(self) -> list[Command]:
        """Hand over what was said."""
        said, self._said = self._said, []
        return said

    def lane(self, tp: TP) -> Lane | None:
        """The lane of a partition, if we own it."""
        return self._by_tp.get(tp)

    def lanes_of(self, tps: Iterable[TP]) -> list[Lane]:
        """The lanes of these partitions, each once."""
        return list(dict.fromkeys(self._by_tp[tp] for tp in tps if tp in self._by_tp))

    def owns(self, lane: Lane) -> bool:
        """Is the lane still ours, and not another one on the same partitions?"""
        return self._by_tp.get(lane.tps[0]) is lane

    def reading(self, tp: TP, epoch: int) -> Lane | None:
        """The lane for which this was fetched, if it still wants it."""
        lane = self._by_tp.get(tp)
        if lane is None or lane.epoch != epoch or self.stopping:
            return None
        return lane if lane.state is State.RUNNING else None

    def add(self, tp: TP) -> Lane:
        """Take up the lane of a partition."""
        lane = self._lay(tp)
        self._by_tp.update(dict.fromkeys(lane.tps, lane))
        self.lanes = (*self.lanes, lane)
        return lane

    def remove(self, lane: Lane) -> None:
        """Let go of a lane."""
        if lane.state is State.RESTORING:
            self.say(Forget(lane.epoch))
        for tp in lane.tps:
            del self._by_tp[tp]
        self.lanes = tuple(each for each in self.lanes if each is not lane)

    def restore(self, lane: Lane, *, now: bool) -> None:
        """Have a lane restored, at once or when somebody asks again."""
        lane.state = State.RESTORING
        lane.halted_until = None
        lane.asked = now
        self._renumber(lane)
        if now:
            self.say(Restore(lane.tps, lane.home, lane.epoch))

    def fetch(self, lane: Lane) -> None:
        """Have a lane read from where its work stands; what was fetched before is void."""
        self._renumber(lane)
        if lane.state is State.RUNNING and lane.halted_until is None:
            self.say(Fetch(dict(lane.applied), lane.epoch))

    def rewind(self, lane: Lane) -> None:
        """Forget what a lane did since the last cut, and do it again."""
        lane.rewind()
        self.fetch(lane)

    def halt(self, lane: Lane, until: Instant) -> None:
        """Forget what a lane did since the last cut, and do it again later."""
        lane.halted_until = until
        self.say(Halt(lane.tps))
        self.rewind(lane)

    def stop(self, lane: Lane) -> None:
        """Read a lane no more, though we own it."""
        lane.state = State.STOPPED
        self.say(Halt(lane.tps))
        self.rewind(lane)

    def _renumber(self, lane: Lane) -> None:
        self._epoch += 1
        lane.epoch = self._epoch
