"""What the benchmark knows of an engine, and what it hands to each run of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from benchmarks.oracle import Looked
from benchmarks.outputs import Reader, read_output
from benchmarks.rules import USUAL, Rules
from benchmarks.states import State, read_state
from benchmarks.topics import Topics
from legato.local import Child

ROOT = Path(__file__).parents[2]


class Job(msgspec.Struct, frozen=True):
    """One run: where the events are, where outputs and files go, and a name of its own."""

    bootstrap: str
    source: str
    output: str
    events: int
    run: str
    state: Path
    follows: bool = False
    """Whether more events will come than are there when it begins."""

    def environment(self) -> dict[str, str]:
        """Return the job as the variables that every peer reads."""
        return {
            "BENCH_BOOTSTRAP": self.bootstrap,
            "BENCH_SOURCE": self.source,
            "BENCH_OUTPUT": self.output,
            "BENCH_EVENTS": str(self.events),
            "BENCH_RUN": self.run,
            "BENCH_STATE": str(self.state),
            "BENCH_FOLLOWS": "yes" if self.follows else "no",
            "PYTHONPATH": str(ROOT),
        }


class Start(msgspec.Struct, frozen=True):
    """How to start an engine: its command line, and what its environment has beside the job."""

    command: list[str]
    environment: dict[str, str] = {}


def create_output(topics: Topics, job: Job) -> None:
    """Create the one topic that most engines need."""
    topics.create(job.output)


def at_once(child: Child) -> None:
    """Wait for nothing."""


def states_topic(job: Job) -> str:
    """Name the topic in which a peer tells what it knows in the end."""
    return f"{job.run}.states"


def create_output_and_states(topics: Topics, job: Job) -> None:
    """Create the topics that peers need by RULES-FULL.md."""
    topics.create(job.output)
    topics.create(states_topic(job))


def told_states(topics: Topics, job: Job) -> Iterator[State]:
    """Read what a peer told that it knows."""
    return map(read_state, topics.read_all(states_topic(job)))


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """One engine in one configuration."""

    name: str
    config: str
    start: Callable[[Job], Start]
    """Builds or installs what is missing, and says how to start."""

    progress: Callable[[Child, Job], Iterator[int]]
    """Yields the number of events done each time that it is known, and ends when all are."""

    output: str = "outputs"
    """The end of its output topic's name; the run's name comes before it."""

    create_topics: Callable[[Topics, Job], None] = create_output
    looked: Looked | None = Looked.BY_TIMER
    """How it sees an abandonment; None for the limit, which puts out nothing."""

    read: Reader = read_output
    rules: Rules = USUAL
    known: Callable[[Topics, Job], Iterable[State]] | None = None
    """Says what it knows in the end, where the rules ask for that."""

    settle: Callable[[Child], None] = at_once
    """Waits, when all is measured, until it has told what is asked for beside outputs."""

    code: tuple[str, ...] = ()
    """What somebody wrote for it, as files and folders under benchmarks/."""

    follows: bool = False
    """Whether it can go on while events still come."""

    in_group: bool = True
    """Whether its readers are members of a consumer group, which tells when they are there."""

    at_most: int | None = None
    """The most events worth waiting for."""

    stands: bool = True
    """Whether it is tried when not every configuration is asked for."""
