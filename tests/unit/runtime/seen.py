"""A line as a scrape sees it, around tasks of a test."""

from __future__ import annotations

from legato.runtime.machine.facts import PartitionsAssigned
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.machine import Machine
from legato.runtime.machine.pacing import CheckpointPacing, RateWindow
from legato.runtime.machine.task import Task


class Seen:
    """A machine that owns these tasks, and counts that a line would have."""

    def __init__(self, *tasks: Task, restored: int = 0, left_behind: int = 0) -> None:
        by_tp = {task.tps[0]: task for task in tasks}
        self.machine = Machine(
            by_tp.__getitem__, CheckpointPacing(), RateWindow(1), Liveness(45_000, now=0)
        )
        self.restored, self.left_behind = restored, left_behind
        self.aliases = self.references = self.playbook_version = 0
        self.machine.handle(PartitionsAssigned(tuple(by_tp)), 0)
