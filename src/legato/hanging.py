"""Ends a process beside the line that hangs: supervisors and compose do not ask `/livez`."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger("legato")

LOOK_S = 1.0
COMPLAINTS = 15
"""So many looks in a row at what is not alive: a process that only slept is alive by then."""
BUDGET_S = 25
"""From SIGTERM to the end, within the 30 s that compose and Kubernetes grant."""

Leave = Callable[[int], None]
"""Ends the process at once with an exit code; it must not return."""


class HangWatch:
    """Looks once a second, from a thread of its own; what it counts stops while we sleep."""

    def __init__(self, not_alive: Callable[[], str], is_ending: Callable[[], bool]) -> None:
        """Take what says why it is not alive, and whether it was told to end."""
        self._not_alive, self._is_ending = not_alive, is_ending
        self._complaints = self._ending = 0

    def look(self) -> str:
        """Look once, and say why it must end now; empty if it need not."""
        if self._is_ending():
            self._ending += 1
            slow = f"it was told to end, and did not within {BUDGET_S} s"
            return slow if self._ending > BUDGET_S else ""
        obstacle = self._not_alive()
        self._complaints = self._complaints + 1 if obstacle else 0
        return obstacle if self._complaints >= COMPLAINTS else ""


@contextmanager
def ended_if_hung(
    watch: HangWatch, leave: Leave | None, look_s: float = LOOK_S
) -> Iterator[None]:
    """Watch for as long as the block lasts; with no way to leave, nobody watches."""
    over = threading.Event()
    if leave is not None:
        args = watch, leave, over, look_s
        threading.Thread(target=_watch, args=args, name="hang-watch", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(watch: HangWatch, leave: Leave, over: threading.Event, look_s: float) -> None:
    while not over.wait(look_s):
        if sentence := watch.look():
            log.error("%s; what its threads do: %s", sentence, stacks())
            leave(os.EX_SOFTWARE)
            return


def stacks() -> str:
    """What every thread does now: files, lines and names, but no values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"--- {names.get(ident, ident)}\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
    )
