"""Legato through both hops: it finds the customer, follows, decides with its own playbook."""

from __future__ import annotations

import os
import sys
from functools import cache

from benchmarks.engines.engine import ROOT, Engine, Job, Start
from benchmarks.engines.legato import SOURCE_IN_SETTINGS, leave_topics_to_it
from benchmarks.engines.watch import committed
from benchmarks.outputs import Output, Summary, summarise
from benchmarks.topics import Topics
from legato.core.events.event import Event
from legato.core.values.outputs import Action
from legato.harness import Harness
from legato.runtime.host.assembly import playbook_of
from legato.settings import Settings, load
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.topics.actions import read_action

SETTINGS = ROOT / "benchmarks" / "legato_full.toml"
BACKFILL = 'clock = "event_time"'
LIVE = 'clock = "received"'
ACTIONS = "actions."
KINDS = {"channel_switched": "switch", "cart_abandoned": "abandoned"}


def start(job: Job) -> Start:
    """Start a worker on events that happen now."""
    return started(job, LIVE)


def start_backfill(job: Job) -> Start:
    """Start a worker on events of another time, which they tell."""
    return started(job, BACKFILL)


def started(job: Job, clock: str) -> Start:
    """Write the run's own settings, and start a worker on them."""
    text = SETTINGS.read_text().replace(SOURCE_IN_SETTINGS, job.source)
    (job.state / "legato.toml").write_text(text.replace(BACKFILL, clock))
    return Start([sys.executable, "-m", "legato", "worker"], environment(job))


def environment(job: Job) -> dict[str, str]:
    """Say where the run's Kafka, topics and group are."""
    return {
        "LEGATO_SETTINGS": str(job.state / "legato.toml"),
        "LEGATO_KAFKA_BOOTSTRAP": job.bootstrap,
        "LEGATO_KAFKA_PREFIX": f"{job.run}.",
        "LEGATO_WORKER_GROUP": job.run,
    }


def settings_of(job: Job) -> Settings:
    """Read the settings as the run's worker does, which has our environment as well."""
    return load(environ={**os.environ, **environment(job)})


@cache
def registry() -> FileRegistry:
    """Know the schemas that actions are written in."""
    return FileRegistry()


def read(value: bytes) -> Output | None:
    """Translate an action into the words of the benchmark; None for what takes one back."""
    found = read_action(value, None, registry())
    return told(found) if isinstance(found, Action) else None


def told(action: Action) -> Output:
    """Say what came of which situation, and when; others than the rule's keep their names."""
    kind = KINDS.get(action.situation, action.situation)
    return Output(action.customer_id, kind, action.time)


def replayed(topics: Topics, job: Job) -> list[Event]:
    """Read what lies in the source, in order of time, as the worker's first hop reads it."""
    reader = Reader(settings_of(job).sources[0], registry())
    found: list[Event] = []
    for partition, end in topics.ends(job.source).items():
        for value in topics.read(job.source, partition, end):
            event = reader.read(value, None, None, sys.maxsize)
            if not isinstance(event, Event):
                raise TypeError(f"the benchmark's own event cannot be read: {event}")
            event.received = event.time
            found.append(event)
    found.sort(key=lambda event: event.time)
    return found


def in_memory(topics: Topics, job: Job) -> Harness:
    """Decide what must be decided: the same line over the same events, without Kafka."""
    settings = settings_of(job)
    harness = Harness(playbook_of(settings), settings.identity)
    events = replayed(topics, job)
    return harness.feed(*events).wait_until(events[-1].time)


def expected(topics: Topics, job: Job) -> Summary:
    """Sum up what must be decided."""
    return summarise(map(told, in_memory(topics, job).actions))


LEGATO_FULL = Engine(
    name="legato",
    config="one worker, identify, exactly-once, checkpoints 0.1-1 s",
    start=start,
    progress=committed,
    output=ACTIONS,
    create_topics=leave_topics_to_it,
    read=read,
    follows=True,
)
