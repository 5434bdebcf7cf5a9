"""What stands still though nothing outside keeps it from moving."""

from __future__ import annotations

from legato.core.values.time import SECOND
from legato.runtime.machine.liveness import Liveness, Stamp
from legato.runtime.machine.task import Task, TaskState
from legato.runtime.machine.tasks import Tasks


def find_stall(desk: Tasks, watch: Liveness) -> str:
    """Say in a sentence what has stood still for too long; empty if nothing has."""
    restoring = [
        lane for lane in desk.tasks if lane.state is TaskState.RESTORING and lane.asked
    ]
    if not restoring:
        watch.restored_at = watch.stamp
    elif watch.overdue(watch.restored_at):
        age = _age(watch.restored_at, watch)
        return f"restoring `{restoring[0].name}` has not moved for {age}"
    for lane in desk.tasks:
        if stall := _work(lane, watch) or _clock(lane, desk, watch):
            return stall
    return ""


def _work(lane: Task, watch: Liveness) -> str:
    """Does work of the lane wait for a checkpoint that does not come?"""
    if (
        lane.state not in (TaskState.RUNNING, TaskState.LEAVING)
        or lane.halted_until is not None
    ):
        return ""
    if lane.since is None or not watch.overdue(lane.since):
        return ""
    return f"`{lane.name}` has had work for {_age(lane.since, watch)}, and none is committed"


def _clock(lane: Task, desk: Tasks, watch: Liveness) -> str:
    """Does the clock of the lane stand, though its slowest source is ours and has no cause?"""
    slowest = lane.processor.slowest() if lane.state is TaskState.RUNNING else None
    if slowest is None:
        lane.clock = None
        return ""
    source = desk.task(slowest[0])
    free = source is not None and _moves(source)
    if lane.clock is None or lane.clock[0] != slowest or not free:
        lane.clock = slowest, watch.stamp
        return ""
    if not watch.overdue(lane.clock[1]):
        return ""
    topic, number = slowest[0]
    return (
        f"the clock of `{lane.name}` has stood for {_age(lane.clock[1], watch)}, for "
        f"`{topic}/{number}` passes on no time"
    )


def _moves(lane: Task) -> bool:
    """Does nothing keep this lane from passing on time: no restore, no registry, no leader?"""
    running = lane.state is TaskState.RUNNING and lane.halted_until is None
    return running and all(lane.told.get(tp) and not lane.lag(tp) for tp in lane.tps)


def _age(stamp: Stamp, watch: Liveness) -> str:
    return f"{round((watch.stamp[0] - stamp[0]) / SECOND)} s"
