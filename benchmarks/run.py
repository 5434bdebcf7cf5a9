"""One run of one engine: start it on the waiting input, measure it, read what it put out."""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.engines.engine import Engine, Job
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
    with staged(engine, topics, engine.rules.source_topic(events), events) as job:
        measurement = measure(engine, job, topics.broker_pid)
        return Run(engine, measurement, read_outputs(engine, topics, job))


@contextmanager
def staged(
    engine: Engine, topics: Topics, source: str, events: int, *, follows: bool = False
) -> Iterator[Job]:
    """Give a job with a name, a folder and topics of its own, all gone afterwards."""
    name = f"bench-{engine.name}-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as state:
        output = f"{name}.{engine.output}"
        job = Job(topics.bootstrap, source, output, events, name, Path(state), follows)
        try:
            engine.create_topics(topics, job)
            yield job
        finally:
            topics.delete(topic for topic in topics.names() if name in topic)


@contextmanager
def started(engine: Engine, job: Job) -> Iterator[Child]:
    """Give the running engine, which is stopped in the end, or killed after LONGEST_S."""
    start = engine.start(job)
    child = Child(start.command, job.state / "log", {**job.environment(), **start.environment})
    limit = threading.Timer(LONGEST_S, child.kill)
    limit.start()
    try:
        yield child
    except (RuntimeError, TimeoutError) as error:
        raise Failed(f"{error}; its last words were `{child.last_words()}`") from error
    finally:
        limit.cancel()
        child.stop()


def measure(engine: Engine, job: Job, broker_pid: int | None) -> Measurement:
    """Follow the engine until all events are done."""
    with started(engine, job) as child:
        with Meter(child.pid, broker_pid) as meter:
            for events in engine.progress(child, job):
                meter.mark(events)
        engine.settle(child)
    return Measurement(job.events, tuple(meter.marks), meter.peak_bytes)


def read_outputs(engine: Engine, topics: Topics, job: Job) -> Summary | None:
    """Sum up what lies in the output topic, and what it knows; the limit has neither."""
    if engine.looked is None:
        return None
    states = None if engine.known is None else engine.known(topics, job)
    return summarise(outputs_of(topics, job.output, engine.read), states)
