"""What workers say of themselves on HTTP, written down twice a second."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psutil

from tests.faults.slot import Slot

EVERY_S = 0.5
ANSWER_S = 2.0


class Sample(NamedTuple):
    """How one worker was at one moment; a status of 0 means that nobody answered."""

    at: float
    number: int
    pid: int
    live: int
    stall: str
    ready: int
    why: str
    gauges: Mapping[str, float]
    memory_mb: float


class Watch:
    """A thread that looks at all workers; use it in a `with`."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.samples: list[Sample] = []
        self._slots = slots
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def between(self, since: float, until: float) -> list[Sample]:
        """The samples of a span of time."""
        return [sample for sample in list(self.samples) if since <= sample.at <= until]

    @property
    def memory_mb(self) -> float:
        """The most that any worker ever had."""
        return max((sample.memory_mb for sample in list(self.samples)), default=0.0)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            self.samples += [look(slot) for slot in self._slots]


def look(slot: Slot) -> Sample:
    """Ask a worker how it is."""
    at, pid = time.monotonic(), slot.child.pid
    live, stall = _ask(slot, "/livez")
    ready, why = _ask(slot, "/readyz")
    _, page = _ask(slot, "/metrics")
    return Sample(at, slot.number, pid, live, stall, ready, why, _gauges(page), _memory_mb(pid))


def _ask(slot: Slot, path: str) -> tuple[int, str]:
    address = f"http://127.0.0.1:{slot.port}{path}"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()
    except OSError:
        return 0, ""


def _gauges(page: str) -> dict[str, float]:
    """Read metrics; those of several partitions are added up."""
    found: dict[str, float] = {}
    for line in page.splitlines():
        name, _, value = line.rpartition(" ")
        if not line.startswith("#") and "_bucket" not in name:
            plain = name.partition("{")[0]
            found[plain] = found.get(plain, 0.0) + float(value)
    return found


def _memory_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss / (1 << 20))
    except psutil.Error:
        return 0.0
