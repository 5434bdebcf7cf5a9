"""Several workers on one machine, each in a process and a slot of its own."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from legato.local.child import tied_to_parent

log = logging.getLogger("legato")
SOON_S, LATE_S = 1.0, 30.0
LONG_S = 60.0
"""A worker that ran so long was well: its next failure is a first one."""


class Supervisor:
    """Starts `processes` workers, brings back those that fail, and stops them together."""

    def __init__(self, command: Sequence[str], processes: int) -> None:
        self._command, self._processes = command, processes
        self._stopping = asyncio.Event()
        self._running: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> int:
        """Run until told to stop; 0 if every worker then ended in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        codes = await asyncio.gather(*map(self._keep, range(self._processes)))
        return max(codes)

    def _stop(self) -> None:
        self._stopping.set()
        for process in self._running.values():
            process.terminate()

    async def _keep(self, slot: int) -> int:
        loop, pause = asyncio.get_running_loop(), SOON_S
        while True:
            began = loop.time()
            code = await self._once(slot)
            if self._stopping.is_set():
                # One that was told to end before it could listen held nothing.
                return 0 if code == -signal.SIGTERM else abs(code)
            if loop.time() - began > LONG_S:
                pause = SOON_S
            log.warning("worker %d ended with code %d; again in %g s", slot, code, pause)
            if await self._paused(pause):
                return abs(code)
            pause = min(pause * 2, LATE_S)

    async def _once(self, slot: int) -> int:
        command = tied_to_parent([*self._command, "--slot", str(slot)])
        process = self._running[slot] = await asyncio.create_subprocess_exec(*command)
        try:
            return await process.wait()
        finally:
            del self._running[slot]

    async def _paused(self, seconds: float) -> bool:
        """Wait a while; tell whether we were stopped meanwhile."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


def own_command(*words: str) -> list[str]:
    """The command line that runs `legato` with these words, whatever started us."""
    return [sys.executable, "-c", "from legato.cli import main; main()", *words]
