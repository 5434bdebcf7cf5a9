"""A line as a scrape sees it, around lanes of a test."""

from __future__ import annotations

from legato.runtime.machine.facts import Assigned
from legato.runtime.machine.liveness import Watch
from legato.runtime.machine.machine import Machine
from legato.runtime.machine.pacing import Pace, Rate
from legato.runtime.machine.task import Lane


class Seen:
    """A machine that owns these lanes, and counts that a line would have."""

    def __init__(self, *lanes: Lane, restored: int = 0, left_behind: int = 0) -> None:
        by_tp = {lane.tps[0]: lane for lane in lanes}
        self.machine = Machine(by_tp.__getitem__, Pace(), Rate(1), Watch(45_000, now=0))
        self.restored, self.left_behind, self.aliases = restored, left_behind, 0
        self.machine.handle(Assigned(tuple(by_tp)), 0)
