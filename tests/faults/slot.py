"""The place of a worker: whoever ends there is followed by another, as if supervised."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from legato.local import Child, free_port

PAUSE_S = 1.0
LEGATO = ("-c", "from legato.cli import main; main()")
PATIENCE_S = 60.0


class Slot:
    """One numbered worker; `ends` are the exit codes of its processes so far."""

    def __init__(
        self,
        number: int,
        folder: Path,
        environ: Mapping[str, str],
        program: Sequence[str] = LEGATO,
    ) -> None:
        self.number, self.port = number, free_port()
        self.ends: list[int] = []
        self.pids: list[int] = []
        self.log = folder / f"worker{len(list(folder.glob('worker*.log')))}.log"
        # The worker of index N listens on `port + N`.
        port = {"LEGATO_METRICS_PORT": str(self.port - number)}
        self._environ = {**environ, **port, "TMPDIR": str(folder)}
        self._command = [sys.executable, *program, "worker", "--index", str(number)]
        self._leaving = threading.Event()
        self.child = self._start()
        threading.Thread(target=self._keep, name=f"slot-{number}", daemon=True).start()

    @property
    def said(self) -> str:
        """Everything that was logged here."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End its process as a power cut would."""
        self.child.kill()

    def freeze(self) -> None:
        """Stop its process in the middle of whatever it does."""
        self.child.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if nothing had happened."""
        self.child.send(signal.SIGCONT)

    def ask_to_end(self) -> None:
        """Send SIGTERM; another process follows, unless the slot is to be left."""
        self.child.send(signal.SIGTERM)

    def leave(self) -> int:
        """End for good, and say with which code."""
        self._leaving.set()
        self.child.stop(PATIENCE_S)
        return self.child.returncode or 0

    def abandon(self) -> None:
        """End at once, for good."""
        self._leaving.set()
        self.child.kill()

    def _start(self) -> Child:
        child = Child(self._command, self.log, self._environ)
        self.pids.append(child.pid)
        return child

    def _keep(self) -> None:
        while True:
            self.child.exited.wait()
            if self._leaving.is_set():
                return
            self.ends.append(self.child.returncode or 0)
            if self._leaving.wait(PAUSE_S):
                return
            self.child = self._start()
