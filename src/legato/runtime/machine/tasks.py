"""What the parts of the machine share: the lanes, the time, and what is to be said."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from legato.core.values.time import Instant
from legato.runtime.machine.commands import (
    CancelRestore,
    Command,
    Exit,
    Fetch,
    LogInfo,
    LogWarning,
    Restore,
    Unassign,
)
from legato.runtime.machine.facts import TP
from legato.runtime.machine.task import Task, TaskState


class Tasks:
    """The lanes of a worker. `lay(tp)` makes the lane of a partition that the group gave us."""

    def __init__(self, lay: Callable[[TP], Task]) -> None:
        self.tasks: tuple[Task, ...] = ()
        self.now: Instant = 0
        self.stopping = False
        self._lay = lay
        self._by_tp: dict[TP, Task] = {}
        self._epoch = 0
        self._said: list[Command] = []

    def say(self, command: Command) -> None:
        """Have something done."""
        self._said.append(command)

    def note(self, sentence: str) -> None:
        """Tell the operator what happens."""
        self.say(LogInfo(sentence))

    def warn(self, sentence: str) -> None:
        """Tell the operator what goes wrong, and go on."""
        self.say(LogWarning(sentence))

    def end(self, sentence: str, code: int = 1) -> None:
        """Tell the operator, and end."""
        self.say(Exit(code, sentence))

    def take_commands(self) -> list[Command]:
        """Hand over what was said."""
        said, self._said = self._said, []
        return said

    def task(self, tp: TP) -> Task | None:
        """The lane of a partition, if we own it."""
        return self._by_tp.get(tp)

    def tasks_of(self, tps: Iterable[TP]) -> list[Task]:
        """The lanes of these partitions, each once."""
        return list(dict.fromkeys(self._by_tp[tp] for tp in tps if tp in self._by_tp))

    def owns(self, lane: Task) -> bool:
        """Is the lane still ours, and not another one on the same partitions?"""
        return self._by_tp.get(lane.tps[0]) is lane

    def reading(self, tp: TP, epoch: int) -> Task | None:
        """The lane for which this was fetched, if it still wants it."""
        lane = self._by_tp.get(tp)
        if lane is None or lane.epoch != epoch or self.stopping:
            return None
        return lane if lane.state is TaskState.RUNNING else None

    def add(self, tp: TP) -> Task:
        """Take up the lane of a partition."""
        lane = self._lay(tp)
        self._by_tp.update(dict.fromkeys(lane.tps, lane))
        self.tasks = (*self.tasks, lane)
        return lane

    def remove(self, lane: Task) -> None:
        """Let go of a lane."""
        if lane.state is TaskState.RESTORING:
            self.say(CancelRestore(lane.epoch))
        for tp in lane.tps:
            del self._by_tp[tp]
        self.tasks = tuple(each for each in self.tasks if each is not lane)

    def restore(self, lane: Task, *, now: bool) -> None:
        """Have a lane restored, at once or when somebody asks again."""
        lane.state = TaskState.RESTORING
        lane.halted_until = None
        lane.asked = now
        self._renumber(lane)
        if now:
            self.say(Restore(lane.tps, lane.partition, lane.epoch))

    def fetch(self, lane: Task) -> None:
        """Have a lane read from where its work stands; what was fetched before is void."""
        self._renumber(lane)
        if lane.state is TaskState.RUNNING and lane.halted_until is None:
            self.say(Fetch(dict(lane.applied), lane.epoch))

    def rollback(self, lane: Task) -> None:
        """Forget what a lane did since the last cut, and do it again."""
        lane.rollback()
        self.fetch(lane)

    def unassign(self, lane: Task, until: Instant) -> None:
        """Forget what a lane did since the last cut, and do it again later."""
        lane.halted_until = until
        self.say(Unassign(lane.tps))
        self.rollback(lane)

    def stop(self, lane: Task) -> None:
        """Read a lane no more, though we own it."""
        lane.state = TaskState.STOPPED
        self.say(Unassign(lane.tps))
        self.rollback(lane)

    def _renumber(self, lane: Task) -> None:
        self._epoch += 1
        lane.epoch = self._epoch
