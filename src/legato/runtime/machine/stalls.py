"""What stands still though nothing outside keeps it from moving."""

from __future__ import annotations

from legato.core.values.time import SECOND
from legato.runtime.machine.liveness import Liveness, Stamp
from legato.runtime.machine.task import Task, TaskState
from legato.runtime.machine.tasks import Tasks


def find_stall(tasks: Tasks, watch: Liveness) -> str:
    """Say in a sentence what has stood still for too long; empty if nothing has."""
    restoring = [
        task for task in tasks.tasks if task.state is TaskState.RESTORING and task.asked
    ]
    if not restoring:
        watch.restored_at = watch.stamp
    elif watch.overdue(watch.restored_at):
        age = _age(watch.restored_at, watch)
        return f"restoring `{restoring[0].name}` has not moved for {age}"
    for task in tasks.tasks:
        if stall := _work(task, watch) or _clock(task, tasks, watch):
            return stall
    return _world(watch)


def _world(watch: Liveness) -> str:
    """Do all clocks wait for references, or versions of the playbook, that are not read on?"""
    for topic, heard in watch.heard_world.items():
        if watch.overdue(heard):
            return (
                f"{topic} have not been read on for {_age(heard, watch)}, and all clocks wait"
            )
    return ""


def _work(task: Task, watch: Liveness) -> str:
    """Does work of the task wait for a checkpoint that does not come?"""
    if (
        task.state not in (TaskState.RUNNING, TaskState.LEAVING)
        or task.halted_until is not None
    ):
        return ""
    if task.since is None or not watch.overdue(task.since):
        return ""
    return f"`{task.name}` has had work for {_age(task.since, watch)}, and none is committed"


def _clock(task: Task, tasks: Tasks, watch: Liveness) -> str:
    """Does the clock of the task stand, though its slowest source is ours and has no cause?"""
    slowest = task.processor.slowest() if task.state is TaskState.RUNNING else None
    if slowest is None:
        task.clock = None
        return ""
    source = tasks.task(slowest[0])
    free = source is not None and _moves(source)
    if task.clock is None or task.clock[0] != slowest or not free:
        task.clock = slowest, watch.stamp
        return ""
    if not watch.overdue(task.clock[1]):
        return ""
    topic, number = slowest[0]
    return (
        f"the clock of `{task.name}` has stood for {_age(task.clock[1], watch)}, for "
        f"`{topic}/{number}` passes on no time"
    )


def _moves(task: Task) -> bool:
    """Does nothing keep this task from passing on time: no restore, no registry, no leader?"""
    running = task.state is TaskState.RUNNING and task.halted_until is None
    return running and all(task.told.get(tp) and not task.lag(tp) for tp in task.tps)


def _age(stamp: Stamp, watch: Liveness) -> str:
    return f"{round((watch.stamp[0] - stamp[0]) / SECOND)} s"
