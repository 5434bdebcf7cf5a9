"""Measure a process tree: CPU and wall time at each mark, and its largest resident size."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import msgspec
import psutil

SAMPLE_EVERY_S = 0.1
QUIET_PERCENT = 10.0
LONGEST_WAIT_S = 60


class Mark(msgspec.Struct, frozen=True):
    """How much was done by when, and the CPU time until then: the engine's, the machine's.

    That of the broker is known if it is one of our own.
    """

    events: int
    at_s: float
    cpu_s: float
    machine_s: float
    broker_s: float = 0.0


class Pace(msgspec.Struct, frozen=True):
    """What happened between two marks."""

    events_per_s: float
    cpu_us_per_event: float
    elsewhere_cores: float
    """Cores that were busy with anything else: the broker, and whatever disturbed the run."""

    broker_us_per_event: float = 0.0


def pace(start: Mark, end: Mark) -> Pace:
    """Return speed and price of the events between two marks."""
    events, seconds = end.events - start.events, end.at_s - start.at_s
    cpu_s, machine_s = end.cpu_s - start.cpu_s, end.machine_s - start.machine_s
    broker_s = end.broker_s - start.broker_s
    return Pace(
        events / seconds,
        cpu_s / events * 1e6,
        (machine_s - cpu_s) / seconds,
        broker_s / events * 1e6,
    )


def machine_cpu_s() -> float:
    """Return the CPU time that all cores together have worked since boot."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def await_quiet() -> None:
    """Wait until hardly anything runs on the machine, though not for ever."""
    for _ in range(LONGEST_WAIT_S):
        if psutil.cpu_percent(interval=1.0) < QUIET_PERCENT:
            return


class Measurement(msgspec.Struct, frozen=True):
    """The marks of one run over `events` events, in order."""

    events: int
    marks: tuple[Mark, ...]
    peak_bytes: int

    def whole(self) -> Pace:
        """Return the pace from the first event to the last."""
        return pace(self.marks[0], self._reached(self.events))

    def warm(self) -> Pace:
        """Return the pace of the second half; of all, if half was done only when all was."""
        half, end = self._reached(self.events // 2), self._reached(self.events)
        return self.whole() if half is end else pace(half, end)

    def settled_s(self) -> float:
        """Return how long after the last event the engine said that all was committed."""
        return self.marks[-1].at_s - self._reached(self.events).at_s

    def _reached(self, events: int) -> Mark:
        return next(mark for mark in self.marks if mark.events >= events)


class Meter:
    """Watches a process and all its descendants while the context is open."""

    def __init__(self, pid: int, broker_pid: int | None = None) -> None:
        self._root = psutil.Process(pid)
        self._broker = None if broker_pid is None else psutil.Process(broker_pid)
        self._cpu: dict[int, float] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self.peak_bytes = 0
        self.marks: list[Mark] = []

    def __enter__(self) -> Self:
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._sampler.join()

    def mark(self, events: int) -> None:
        """Note that so many events are done now."""
        engine_s, machine_s = self._cpu_s(), machine_cpu_s()
        self.marks.append(
            Mark(events, time.perf_counter(), engine_s, machine_s, self._broker_s())
        )

    def _sample(self) -> None:
        while not self._closed.wait(SAMPLE_EVERY_S):
            self._cpu_s()
            self.peak_bytes = max(self.peak_bytes, self._rss_bytes())

    def _cpu_s(self) -> float:
        """Return the CPU time of the tree; what a dead member had used stays in the sum."""
        with self._lock:
            for process in self._tree():
                try:
                    times = process.cpu_times()
                except psutil.Error:
                    continue
                self._cpu[process.pid] = times.user + times.system
            return sum(self._cpu.values())

    def _broker_s(self) -> float:
        if self._broker is None:
            return 0.0
        times = self._broker.cpu_times()
        return float(times.user + times.system)

    def _rss_bytes(self) -> int:
        total = 0
        for process in self._tree():
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        return total

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return []
