"""Rows with one broker that goes away and comes back, in every way and for every while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Literal

from tests.faults.row import Check, Fault, Row, Setting
from tests.faults.signals import lives, tells_of_absence
from tests.faults.stage import Stage

Way = Literal["term", "kill", "freeze"]
WORDS: dict[Way, str] = {"term": "ended by TERM", "kill": "killed with -9", "freeze": "frozen"}
SOON_S, LATE_S = 15.0, 60.0
MEMORY_MB = 300
SHORT_S = 10.0
"""From an outage that is shorter than this, the line is back soon."""


def away(way: Way, seconds: float) -> Fault:
    """Take the broker away for a while; it has ended once the broker answers again."""

    def fault(stage: Stage) -> None:
        broker = stage.cluster.nodes[0]
        with stage.fault():
            match way:
                case "freeze":
                    broker.pause()
                    time.sleep(seconds)
                    broker.resume()
                case "kill":
                    broker.kill()
                    time.sleep(seconds)
                    broker.restart()
                case "term":
                    broker.end()
                    time.sleep(seconds)
                    broker.restart()

    return fault


def signals_of(seconds: float) -> Check:
    """What workers have to say of an outage of that length."""

    def check(stage: Stage) -> Iterator[str]:
        assert stage.span is not None
        if seconds > SHORT_S:
            yield from tells_of_absence(stage.watch, stage.slots, stage.span)
        else:
            yield from lives(stage.watch, stage.span)

    return check


def bounded(stage: Stage) -> Iterator[str]:
    """No worker took much more memory for all that it could not commit."""
    yield from signals_of(SHORT_S + 1)(stage)
    if stage.watch.memory_mb > MEMORY_MB:
        yield f"a worker had {stage.watch.memory_mb:.0f} MB, more than {MEMORY_MB} MB"


def _row(way: Way, seconds: int, *, idle: bool = False, workers: int = 2) -> Row:
    crew = "" if workers == 2 else f"-{workers}workers"
    load = "idle" if idle else "loaded"
    return Row(
        name=f"broker-{way}-{seconds}s-{load}{crew}",
        about=f"The broker is {WORDS[way]} for {seconds} s, {load}, {workers} workers",
        fault=away(way, seconds),
        setting=Setting(workers=workers, idle_s=15.0 if idle else 0.0),
        within_s=SOON_S if seconds < SHORT_S else LATE_S,
        signals=signals_of(seconds),
        deadline_s=400.0 + 1.5 * seconds,
    )


LENGTHS = (2, 8, 15, 30, 60, 120)
ROWS = (
    *(_row("kill", seconds) for seconds in LENGTHS),
    *(_row("term", seconds) for seconds in LENGTHS),
    *(_row("freeze", seconds) for seconds in LENGTHS),
    *(_row(way, 15, idle=True) for way in WORDS),
    *(_row("kill", 30, workers=workers) for workers in (1, 3)),
    Row(
        "broker-kill-30s-live",
        "The broker is killed with -9 for 30 s, and time is that of the broker",
        away("kill", 30),
        Setting(live=True),
        signals=signals_of(30),
    ),
    Row(
        "broker-kill-30s-world",
        "... and references and versions of the playbook are read",
        away("kill", 30),
        Setting(live=True, world=True),
        signals=signals_of(30),
    ),
    Row(
        "broker-kill-10min",
        "The broker is killed with -9 for 10 minutes under load",
        away("kill", 600),
        Setting(events=400_000),
        signals=bounded,
        deadline_s=1_500,
    ),
)
