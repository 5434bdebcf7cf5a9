"""What the parts of the machine part: the tasks, the time, and what is to be said."""

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
    """The tasks of a worker. `lay(tp)` makes the task of a partition that the group gave us."""

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
        """The task of a partition, if we own it."""
        return self._by_tp.get(tp)

    def tasks_of(self, tps: Iterable[TP]) -> list[Task]:
        """The tasks of these partitions, each once."""
        return list(dict.fromkeys(self._by_tp[tp] for tp in tps if tp in self._by_tp))

    def owns(self, task: Task) -> bool:
        """Is the task still ours, and not another one on the same partitions?"""
        return self._by_tp.get(task.tps[0]) is task

    def reading(self, tp: TP, epoch: int) -> Task | None:
        """The task for which this was fetched, if it still wants it."""
        task = self._by_tp.get(tp)
        if task is None or task.epoch != epoch or self.stopping:
            return None
        return task if task.state is TaskState.RUNNING else None

    def add(self, tp: TP) -> Task:
        """Take up the task of a partition."""
        task = self._lay(tp)
        self._by_tp.update(dict.fromkeys(task.tps, task))
        self.tasks = (*self.tasks, task)
        return task

    def remove(self, task: Task) -> None:
        """Let go of a task."""
        if task.state is TaskState.RESTORING:
            self.say(CancelRestore(task.epoch))
        for tp in task.tps:
            del self._by_tp[tp]
        self.tasks = tuple(each for each in self.tasks if each is not task)

    def restore(self, task: Task, *, now: bool) -> None:
        """Have a task restored, at once or when somebody asks again."""
        task.state = TaskState.RESTORING
        task.halted_until = None
        task.asked = now
        self._renumber(task)
        if now:
            self.say(Restore(task.tps, task.partition, task.epoch))

    def fetch(self, task: Task) -> None:
        """Have a task read from where its work stands; what was fetched before is void."""
        self._renumber(task)
        if task.state is TaskState.RUNNING and task.halted_until is None:
            self.say(Fetch(dict(task.applied), task.epoch))

    def rollback(self, task: Task) -> None:
        """Forget what a task did since the last checkpoint, and do it again."""
        task.rollback()
        self.fetch(task)

    def unassign(self, task: Task, until: Instant) -> None:
        """Forget what a task did since the last checkpoint, and do it again later."""
        task.halted_until = until
        self.say(Unassign(task.tps))
        self.rollback(task)

    def stop(self, task: Task) -> None:
        """Read a task no more, though we own it."""
        task.state = TaskState.STOPPED
        self.say(Unassign(task.tps))
        self.rollback(task)

    def _renumber(self, task: Task) -> None:
        self._epoch += 1
        task.epoch = self._epoch
