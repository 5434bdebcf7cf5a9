"""Several workers on one machine, each in a process of its own, with an index of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Sequence

from legato.local.child import tied_to_parent
from legato.runtime.host.restarts import RestartPolicy, Restarts
from legato.runtime.machine.commands import HUNG, Exit

log = logging.getLogger("legato")

LASTING = 2
"""How a worker ends for what no new start mends: settings, a playbook, a taken port."""
MEND = "so all were stopped; do what it says above, then start them again"


class Supervisor:
    """Starts `processes` workers, brings back those that fail, and stops them together."""

    def __init__(
        self, command: Sequence[str], processes: int, patience: RestartPolicy | None = None
    ) -> None:
        self._command, self._processes = command, processes
        self._patience = patience or RestartPolicy()
        self._stopping = asyncio.Event()
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._end = Exit(0)

    async def run(self) -> Exit:
        """Run until told to stop, or until that is of no use; 0 if all then ended in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(index)) for index in range(self._processes)]
            await self._stopping.wait()
            await asyncio.wait(keepers, timeout=self._patience.grace_s)
            self._kill()
        return self._outcome([keeper.result() for keeper in keepers])

    def stop(self, end: Exit | None = None) -> None:
        """Tell all workers to end; whoever says so first says how we end."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._end = end or self._end
        for process in self._running.values():
            _ask_to_end(process)

    def _kill(self) -> None:
        for index, process in self._running.items():
            log.warning(
                "worker %d is still there %g s after SIGTERM, and is killed",
                index,
                self._patience.grace_s,
            )
            _send(process, signal.SIGKILL)

    def _outcome(self, codes: Sequence[int]) -> Exit:
        """How we end when the workers ended so."""
        # One that was told to end before it could listen held nothing.
        bad = [index for index, code in enumerate(codes) if code not in (0, -signal.SIGTERM)]
        if self._end.code or not bad:
            return self._end
        named = " and ".join(f"worker {index}" for index in bad)
        return Exit(1, f"{named} did not end in order; see above what came last")

    async def _keep(self, index: int) -> int:
        """Run the worker of an index until all are stopped; return how it ended last."""
        loop, restarts = asyncio.get_running_loop(), Restarts(self._patience)
        while True:
            began = loop.time()
            code = await self._once(index)
            if self._stopping.is_set():
                return code
            ended = loop.time()
            if why := self._of_no_use(code, ended, restarts):
                log.warning("worker %d %s; all are stopped", index, _told(code))
                self.stop(Exit(LASTING if code == LASTING else 1, f"worker {index} {why}"))
                return code
            pause = restarts.pause(began, ended)
            log.warning("worker %d %s; again in %g s", index, _told(code), pause)
            if await self._paused(pause):
                return code

    def _of_no_use(self, code: int, ended: float, restarts: Restarts) -> str:
        """Say why another start promises nothing; empty if it may help."""
        if code == LASTING:
            return f"ended with code {code}, and would do so again, {MEND}"
        if code and restarts.one_too_many(ended):
            minutes = self._patience.within_s / 60
            return f"failed {self._patience.failures} times within {minutes:g} minutes, {MEND}"
        return ""

    async def _once(self, index: int) -> int:
        command = tied_to_parent([*self._command, "--index", str(index)])
        try:
            # In a session of its own, for ctrl-c is for us, who stop it in order.
            process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
        except OSError as error:
            log.warning("worker %d could not be started: %s", index, error.strerror)
            return os.EX_OSERR
        self._running[index] = process
        if self._stopping.is_set():
            _ask_to_end(process)
        try:
            return await process.wait()
        finally:
            del self._running[index]

    async def _paused(self, seconds: float) -> bool:
        """Wait a while; tell whether we were stopped meanwhile."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _told(code: int) -> str:
    match code:
        case 0:
            return "ended in order, though we did not ask it to"
        case _ if code == HUNG:
            return f"hung, and its own watchdog ended it (code {code})"
    return f"ended with code {code}"


def _ask_to_end(process: asyncio.subprocess.Process) -> None:
    # One that is frozen hears nothing before it goes on.
    _send(process, signal.SIGCONT)
    _send(process, signal.SIGTERM)


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # Not `process.send_signal`: it polls, and so takes the exit code from whoever waits for it.
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)


def own_command(*words: str) -> list[str]:
    """The command line that runs `legato` with these words, whatever started us."""
    return [sys.executable, "-c", "from legato.cli import main; main()", *words]
