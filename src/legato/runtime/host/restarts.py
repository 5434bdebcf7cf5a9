"""When a worker that failed is started again, and when that is given up."""

from __future__ import annotations

from collections import deque

from msgspec import Struct

SOON_S, LATE_S = 1.0, 30.0
"""The first pause before a start, and the longest: what hinders may take minutes to pass."""
WELL_S = 60.0
"""A worker that ran so long was well, so the next pause is a first one."""
FAILURES, WITHIN_S = 5, 600.0
"""So many in so long are no mishap any more; who watches us is to know, and to be told why."""
GRACE_S = 28.0
"""A worker ends within 25 s of SIGTERM; compose and Kubernetes wait 30 s for all of us."""


class RestartPolicy(Struct, frozen=True):
    """How long to wait for what, in seconds, and how often to try."""

    soon_s: float = SOON_S
    late_s: float = LATE_S
    well_s: float = WELL_S
    failures: int = FAILURES
    within_s: float = WITHIN_S
    grace_s: float = GRACE_S


class Restarts:
    """The failures of one worker, and the pause that the last of them calls for."""

    def __init__(self, patience: RestartPolicy) -> None:
        self._patience = patience
        self._failed: deque[float] = deque(maxlen=patience.failures)
        self._pause = patience.soon_s

    def pause(self, began: float, ended: float) -> float:
        """Return how long to wait after a run that began and ended then, in seconds."""
        if ended - began >= self._patience.well_s:
            self._pause = self._patience.soon_s
        pause, self._pause = self._pause, min(self._pause * 2, self._patience.late_s)
        return pause

    def one_too_many(self, failed: float) -> bool:
        """Note a failure; tell whether there were too many of late."""
        self._failed.append(failed)
        full = len(self._failed) == self._patience.failures
        return full and failed - self._failed[0] < self._patience.within_s
