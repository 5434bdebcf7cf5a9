"""A worker process of a test, and what may befall it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from legato.settings import Settings
from tests.integration.line_settings import settings_text


def worker_of(index: int) -> list[str]:
    """The arguments to Python that run `legato worker`."""
    return ["-c", "from legato.cli import main; main()", "worker", "--index", str(index)]


class Worker:
    """Runs `legato worker`; whatever happens, it is gone at the end of the `with`."""

    def __init__(
        self, settings: Settings, folder: Path, command: Sequence[str], environ: dict[str, str]
    ) -> None:
        path = folder / "legato.toml"
        path.write_text(settings_text(settings))
        self.log = folder / f"worker{command[-1]}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                env={**os.environ, "LEGATO_SETTINGS": str(path), **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """Everything that it wrote so far."""
        return self.log.read_text()

    @property
    def alive(self) -> bool:
        """Is it still there?"""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if nothing had happened."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        return self.process.wait(60)

    def ended(self, within_s: float = 60) -> int:
        """Wait for its own end, and return its exit code."""
        return self.process.wait(within_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.alive:
            self.thaw()
            self.kill()
        if kind is not None:
            sys.stderr.write(f"--- {self.log.name}\n{self.said[-5_000:]}\n")
