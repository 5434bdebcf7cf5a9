"""Ends a process that hangs: its event loop, the beginning, or the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from legato.hanging import BUDGET_S, stacks
from legato.runtime.kafka.pulse import Pulse
from legato.runtime.machine.commands import HUNG, Exit

log = logging.getLogger("legato")
WATCH_S = 1.0
STILL_LOOKS = 30
"""So many looks in a row at a loop that does not turn, and it never will."""
START_LOOKS = 90
"""The same before there is a loop: the questions of the start may take 15 s each."""

Leave = Callable[[Exit], None]
"""Ends the process at once; it must not return."""


class Watchdog(threading.Thread):
    """Looks once a second, from outside the event loop; what it counts stops while we sleep."""

    def __init__(self, leave: Leave) -> None:
        super().__init__(name="legato-watchdog", daemon=True)
        self.pulse = Pulse()
        self._leave = leave
        self._patience = START_LOOKS
        self._end = Exit(HUNG, f"the worker was told to end, and did not within {BUDGET_S} s")
        self._ending: int | None = None
        self._over = threading.Event()

    def watch_loop(self) -> None:
        """The event loop turns from now on; from any thread."""
        self._patience = STILL_LOOKS

    def begin_end(self) -> None:
        """The worker was told to end; from any thread."""
        if self._ending is None:
            self._ending = 0

    def know_end(self, end: Exit) -> None:
        """How it ends is known, whatever hangs from now on; from any thread."""
        self._end = end

    def rest(self) -> None:
        """Watch no more; from any thread."""
        self._over.set()

    def run(self) -> None:
        """Look until told to rest."""
        while not self._over.wait(WATCH_S):
            if end := self.look():
                log.error(
                    "%s; what its threads do: %s",
                    end.sentence or "it has ended, but is not gone",
                    stacks(),
                )
                self._leave(end)
                return

    def look(self) -> Exit | None:
        """Look once, and say how to end if it must be now."""
        still = self.pulse.look()
        if self._ending is not None:
            self._ending += 1
            if self._ending > BUDGET_S:
                return self._end
        if still >= self._patience:
            return Exit(HUNG, f"the worker has not turned for {still} s")
        return None
