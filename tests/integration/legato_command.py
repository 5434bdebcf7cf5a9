"""The program itself, as a person would call it, against the broker of the run."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from legato.local import wait_until
from legato.settings import Settings

LEGATO = [sys.executable, "-c", "from legato.cli import main; main()"]


class Told(NamedTuple):
    """How a call ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The lines of JSON on stdout."""
        return [msgspec.json.decode(line) for line in self.out.splitlines()]


class Legato:
    """Calls `legato` with the settings of one test, in a folder of its own."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.environ = {
            **os.environ,
            "LEGATO_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
            "LEGATO_KAFKA_PREFIX": settings.kafka.prefix,
            "LEGATO_WORKER_GROUP": settings.worker.group,
            "COLUMNS": "160",
        }

    def __call__(self, *words: str, typed: str = "") -> Told:
        """Call it and wait for its end."""
        done = subprocess.run(
            [*LEGATO, *words],
            env=self.environ,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *words: str) -> Iterator["Running"]:
        """Call it in the background; it is gone at the end, however the test goes."""
        out = self.folder / f"{re.sub(r'[^a-z]+', '-', '-'.join(words[:3]))}.out"
        with out.open("wb") as file:
            process = subprocess.Popen(
                [*LEGATO, *words],
                env={**self.environ, "PYTHONUNBUFFERED": "1"},
                cwd=self.folder,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Running(process, out)
        finally:
            process.kill()
            process.wait()


class Running(NamedTuple):
    """A call that goes on, and the file that it writes to."""

    process: "subprocess.Popen[bytes]"
    out: Path

    def says(self, words: str, deadline_s: float = 60.0) -> str:
        """Wait until it has said something, and return all that it said."""
        return wait_until(lambda: self._said(words), f"`{words}`", deadline_s=deadline_s)

    def ends(self, number: signal.Signals) -> int:
        """Send a signal and wait for the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def _said(self, words: str) -> str:
        text = self.out.read_text()
        return text if words in text else ""
