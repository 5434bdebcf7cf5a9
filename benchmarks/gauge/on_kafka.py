"""CPU an event on Kafka, beside a bare loop that reads the same events in the same minutes."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from rich.console import Console

from benchmarks.broker import kafka
from benchmarks.engines.engine import Engine
from benchmarks.engines.legato import DEFAULT_PLAYBOOK, LEGATO
from benchmarks.engines.limit import BARE_LOOP
from benchmarks.load import load
from benchmarks.measure import Pace, await_quiet
from benchmarks.run import measure, staged
from benchmarks.topics import Topics

EVENTS = 200_000
ROUNDS = 3
COMPARED = {
    BARE_LOOP.config: BARE_LOOP,
    "one process": LEGATO[0],
    "two processes": LEGATO[1],
    "default playbook": DEFAULT_PLAYBOOK,
}


class Ratios(Struct, frozen=True):
    """CPU an event of each way to run, in those of the bare loop, of each the least of all.

    `elsewhere` is how many cores worked for somebody else meanwhile, in the worst round.
    """

    of: dict[str, float]
    elsewhere: float


def ratios(bootstrap: str | None, console: Console, done: Callable[[], None]) -> Ratios:
    """Run all by turns; `done` is called after each run. Raises Failed."""
    with kafka(bootstrap) as topics:
        source = load(topics, EVENTS, console)
        paces: dict[str, list[Pace]] = {name: [] for name in COMPARED}
        for _ in range(ROUNDS):
            await_quiet()
            for name, engine in COMPARED.items():
                paces[name].append(_pace(topics, source, engine))
                done()
    least = {name: min(each.cpu_us_per_event for each in own) for name, own in paces.items()}
    bare = least.pop(BARE_LOOP.config)
    return Ratios(
        {name: round(cpu / bare, 2) for name, cpu in least.items()},
        max(pace.elsewhere_cores for own in paces.values() for pace in own),
    )


def _pace(topics: Topics, source: str, engine: Engine) -> Pace:
    with staged(engine, topics, source, EVENTS) as job:
        return measure(engine, job, topics.broker_pid).whole()


def runs() -> int:
    """How many runs `ratios` takes."""
    return ROUNDS * len(COMPARED)
