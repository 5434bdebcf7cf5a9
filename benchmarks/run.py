"""One run of one engine: start it on the waiting input, measure it, read what it put out."""

from __future__ import annotations

import secrets
import tempfile
import threading
from pathlib import Path

import msgspec

from benchmarks.engines.engine import Engine, Job
from benchmarks.load import source_topic
from benchmarks.measure import Measurement, Meter
from benchmarks.outputs import Summary, outputs_of, summarise
from benchmarks.topics import Topics
from legato.local import Child

LONGEST_S = 600.0


class Failed(RuntimeError):
    """A run that gives no numbers; says why."""


class Run(msgspec.Struct, frozen=True):
    """What one run took and what came out of it."""

    engine: Engine
    measurement: Measurement
    outputs: Summary | None


def run(engine: Engine, topics: Topics, events: int) -> Run:
    """Run an engine over the first `events` events; raises Failed with its last words."""
    name = f"bench-{engine.name}-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as state:
        job = Job(
            topics.bootstrap,
            source_topic(events),
            f"{name}.{engine.output}",
            events,
            name,
            Path(state),
        )
        try:
            engine.create_topics(topics, job)
            measurement = measure(engine, job)
            outputs = read_outputs(engine, topics, job)
        finally:
            topics.delete(topic for topic in topics.names() if name in topic)
    return Run(engine, measurement, outputs)


def measure(engine: Engine, job: Job) -> Measurement:
    """Start the engine, follow it until all events are done, and stop it."""
    start = engine.start(job)
    child = Child(start.command, job.state / "log", {**job.environment(), **start.environment})
    limit = threading.Timer(LONGEST_S, child.kill)
    limit.start()
    try:
        with Meter(child.pid) as meter:
            for events in engine.progress(child, job):
                meter.mark(events)
    except RuntimeError as error:
        raise Failed(f"{error}; its last words were `{child.last_words()}`") from error
    finally:
        limit.cancel()
        child.stop()
    return Measurement(job.events, tuple(meter.marks), meter.peak_bytes)


def read_outputs(engine: Engine, topics: Topics, job: Job) -> Summary | None:
    """Sum up what lies in the output topic; the limit has none."""
    if engine.looked is None:
        return None
    return summarise(outputs_of(topics, job.output, engine.read))
