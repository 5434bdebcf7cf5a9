"""Legato: `legato worker` as anybody would start it, seen only by what it commits."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.engines.engine import ROOT, Engine, Job, Start
from benchmarks.engines.watch import committed
from benchmarks.outputs import Output
from benchmarks.topics import Topics

SETTINGS = ROOT / "benchmarks" / "legato.toml"
PLAYBOOK = ROOT / "benchmarks" / "playbook.yaml"
SOURCE_IN_SETTINGS = "bench.events"
KINDS = {"switched": "switch", "abandoned": "abandoned"}


class Situation(msgspec.Struct):
    """What the benchmark reads of a record in the situations topic."""

    customer_id: str
    situation: str
    time: int


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


read_situation = msgspec.json.Decoder(Situation).decode


def read(value: bytes) -> Output:
    """Translate one situation into the words of the benchmark."""
    found = read_situation(value)
    return Output(found.customer_id, KINDS[found.situation], found.time)


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
    )


LEGATO = (_engine("one process", 1), _engine("two processes", 2))
"""A process of Python works on one core; the engines of the Java world use both."""
DEFAULT_PLAYBOOK = _engine("one process, default playbook", 1, None)
"""What it puts out is nothing that the rule knows: it is measured, and not compared."""
