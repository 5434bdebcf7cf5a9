"""What the benchmark asks of a Python peer, and how the peer says how far it has come."""

from __future__ import annotations

import os


class Job:
    """One run, as the benchmark hands it over in the environment."""

    def __init__(self) -> None:
        self.bootstrap = os.environ["BENCH_BOOTSTRAP"]
        self.source = os.environ["BENCH_SOURCE"]
        self.output = os.environ["BENCH_OUTPUT"]
        self.events = int(os.environ["BENCH_EVENTS"])
        self.run = os.environ["BENCH_RUN"]
        self.state = os.environ["BENCH_STATE"]


class Marks:
    """Says, a line each, when the first, the middle and the last event is applied."""

    def __init__(self, events: int) -> None:
        self._events, self._half, self._applied = events, events // 2, 0

    def applied(self, count: int = 1) -> bool:
        """Count applied events; tell whether all are."""
        before, self._applied = self._applied, self._applied + count
        if before == 0:
            say("first")
        if before < self._half <= self._applied:
            say("half")
        if before < self._events <= self._applied:
            say("last")
        return self._applied >= self._events


def say(mark: str) -> None:
    """Write a mark; not by `print`, since Faust sends that to its log."""
    os.write(1, f"mark {mark}\n".encode())
