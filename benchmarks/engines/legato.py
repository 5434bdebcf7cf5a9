"""Legato: `legato worker` as anybody would start it, seen only by what it commits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from benchmarks.engines.engine import ROOT, Engine, Job, Start
from benchmarks.engines.legato_state import journeys_by_name, state_of
from benchmarks.engines.watch import committed
from benchmarks.outputs import Output
from benchmarks.rules import FULL
from benchmarks.states import State
from benchmarks.topics import Topics
from legato.wire.state import read_context

SETTINGS = ROOT / "benchmarks" / "legato.toml"
PLAYBOOK = ROOT / "benchmarks" / "playbook.yaml"
PLAYBOOK_FULL = ROOT / "benchmarks" / "playbook_full.yaml"
SOURCE_IN_SETTINGS = "bench.events"
OF_PARTITION = b"\0"
"""How the keys of records begin that are about no customer, but about the partition."""
KINDS = {"switched": "switch", "abandoned": "abandoned"}


class Found(Protocol):
    """A situation, as Legato has it or as it stands in a record."""

    @property
    def customer_id(self) -> str:
        """Whose it is."""

    @property
    def situation(self) -> str:
        """What the playbook calls it."""

    @property
    def time(self) -> int:
        """When it came about."""

    @property
    def stage(self) -> int | None:
        """Which one, if it has several."""


class SituationRead(msgspec.Struct):
    """What the benchmark reads of a record in the situations topic."""

    customer_id: str
    situation: str
    time: int
    stage: int | None = None


def start(job: Job, *, processes: int = 1, playbook: Path | None = PLAYBOOK) -> Start:
    """Write the run's own settings, and start workers on them."""
    settings = job.state / "legato.toml"
    settings.write_text(SETTINGS.read_text().replace(SOURCE_IN_SETTINGS, job.source))
    environment = {
        "LEGATO_SETTINGS": str(settings),
        "LEGATO_PLAYBOOK": str(playbook or ""),
        "LEGATO_KAFKA_BOOTSTRAP": job.bootstrap,
        "LEGATO_KAFKA_PREFIX": f"{job.run}.",
        "LEGATO_WORKER_GROUP": job.run,
    }
    command = [sys.executable, "-m", "legato", "worker", "--processes", str(processes)]
    return Start(command, environment)


def leave_topics_to_it(topics: Topics, job: Job) -> None:
    """Create nothing: the worker creates its own topics."""


read_situation = msgspec.json.Decoder(SituationRead).decode


def read(value: bytes) -> Output:
    """Translate one situation into the words of RULES.md."""
    found = read_situation(value)
    return Output(found.customer_id, KINDS[found.situation], found.time)


def read_staged(value: bytes) -> Output:
    """Translate one situation into the words of RULES-FULL.md."""
    return told(read_situation(value))


def told(found: Found) -> Output:
    """Say what was found in the words of RULES-FULL.md."""
    kind = KINDS[found.situation]
    named = kind if found.stage is None else f"{kind}-{found.stage}"
    return Output(found.customer_id, named, found.time)


def known(topics: Topics, job: Job) -> Iterator[State]:
    """Say what the contexts know that were committed last."""
    log = map(json.loads, topics.read_all(job.source))
    names = journeys_by_name((event["customer_id"], event["id"]) for event in log)
    committed = topics.latest(f"{job.run}.customer.contexts")
    contexts = (value for key, value in committed.items() if not key.startswith(OF_PARTITION))
    return (state_of(read_context(value), names) for value in contexts)


def _engine(config: str, processes: int, playbook: Path | None = PLAYBOOK) -> Engine:
    return Engine(
        name="legato",
        config=f"{config}, exactly-once, checkpoints 0.1-1 s, timers",
        start=partial(start, processes=processes, playbook=playbook),
        progress=committed,
        output="situations",
        create_topics=leave_topics_to_it,
        read=read,
        follows=True,
        code=("legato.toml", "playbook.yaml"),
    )


def _full(engine: Engine, processes: int) -> Engine:
    return msgspec.structs.replace(
        engine,
        rules=FULL,
        start=partial(start, processes=processes, playbook=PLAYBOOK_FULL),
        read=read_staged,
        known=known,
        code=("legato.toml", "playbook_full.yaml"),
    )


LEGATO = (_engine("one process", 1), _engine("two processes", 2))
"""A process of Python works on one core; the engines of the Java world use both."""

LEGATO_BY_FULL_RULES = (_full(LEGATO[0], 1), _full(LEGATO[1], 2))

DEFAULT_PLAYBOOK = _engine("one process, default playbook", 1, None)
"""What it puts out is nothing that the rule knows: it is measured, and not compared."""
