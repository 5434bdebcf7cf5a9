"""A child process that never outlives its parent."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

PR_SET_PDEATHSIG = 1

# Runs in the child just before it becomes the command. The kernel sends the signal when the
# parent is gone, be it by kill -9; a parent that went before we asked is noticed by its id.
TIE_AND_EXEC = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGKILL)})
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def tied_to_parent(command: Sequence[str]) -> list[str]:
    """Wrap `command` so that it dies with this process (on Linux; elsewhere unchanged)."""
    if sys.platform != "linux":
        return list(command)
    python = [sys.executable, "-I", "-S", "-c", TIE_AND_EXEC]
    return [*python, str(os.getpid()), *command]


class Child:
    """One running command: its log, its signals, its end."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `command` (an absolute path and its arguments), output appended to `log`."""
        self.log = log
        self.exited = threading.Event()
        self._environment = {**os.environ, **(environment or {})}
        started: Future[subprocess.Popen[bytes]] = Future()
        # The tie is to the thread that started the child: so it must live as long.
        keep = threading.Thread(target=self._keep, args=(command, started), daemon=True)
        keep.start()
        self._process = started.result()

    def _keep(self, command: Sequence[str], started: "Future[subprocess.Popen[bytes]]") -> None:
        try:
            process = self._spawn(command)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()
        self.exited.set()

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                tied_to_parent(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,  # ctrl-c is for the parent, who stops us in order
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.returncode if self.exited.is_set() else None

    def send(self, signum: signal.Signals) -> None:
        """Send a signal, unless the child is already gone."""
        if not self.exited.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def kill(self) -> None:
        """End it at once, as a power cut would, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.exited.wait()

    def stop(self, patience_s: float = 15.0) -> None:
        """Ask it to end, and end it when it has not within `patience_s`."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        if not self.exited.wait(patience_s):
            self.kill()

    def last_words(self, lines: int = 3) -> str:
        """The end of its log without stack traces, to explain why it is gone."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        said = [line for line in text.splitlines() if line.strip() and not line[0].isspace()]
        return " | ".join(said[-lines:])
