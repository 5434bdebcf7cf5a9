"""Two ways to see how far an engine has come: it says so, or its group's offsets do."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.engines.engine import Job
from benchmarks.topics import Topics
from legato.local import Child

LOOK_EVERY_S = 0.005
ASK_EVERY_S = 0.02


class Died(RuntimeError):
    """The engine ended before its work was done."""


def said(child: Child, job: Job) -> Iterator[int]:
    """Read the peer's log for `mark first`, `half`, `last` and, all being committed, `done`."""
    events = {"first": 0, "half": job.events // 2, "last": job.events, "done": job.events}
    for line in lines(child):
        match line.split():
            case ["mark", mark] if mark in events:
                yield events[mark]
                if mark == "done":
                    return
    raise Died(f"it ended with {child.returncode} before `mark done`")


def all_told(child: Child) -> None:
    """Wait until the peer says `mark told`: what it knows in the end."""
    if "mark told" not in lines(child):
        raise Died(f"it ended with {child.returncode} before `mark told`")


def lines(child: Child) -> Iterator[str]:
    """Yield the lines of a child's log as they come, until it has ended."""
    with child.log.open(errors="replace") as log:
        begun = ""
        while True:
            ended = child.exited.is_set()
            *whole, begun = (begun + log.read()).split("\n")
            yield from whole
            if ended:
                return
            child.exited.wait(LOOK_EVERY_S)


def committed(child: Child, job: Job) -> Iterator[int]:
    """Ask the broker what the run's consumer group has committed, whenever that is more."""
    topics, before = Topics(job.bootstrap), 0
    while before < job.events:
        if child.exited.wait(ASK_EVERY_S):
            raise Died(f"it ended with {child.returncode} at {before:,} committed events")
        now = topics.committed(job.run, job.source)
        if now > before:
            yield now
            before = now
