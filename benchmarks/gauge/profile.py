"""Where the CPU time of an event goes: thread, part of the line, function, broker, sender."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

import psutil
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from benchmarks.broker import kafka
from benchmarks.engines.engine import Engine, Job
from benchmarks.engines.legato import DEFAULT_PLAYBOOK, LEGATO
from benchmarks.gauge.instructions import Uncounted
from benchmarks.gauge.stacks import Stacks, read_stacks
from benchmarks.load import load
from benchmarks.measure import await_quiet
from benchmarks.run import staged, started
from benchmarks.topics import Topics

ENGINES = {"RULES.md's playbook": LEGATO[0], "the default playbook": DEFAULT_PLAYBOOK}
RATE = 50
"""Samples a second; each stops the worker for a moment."""
FUNCTIONS = 15


class Profile(Struct, frozen=True):
    """Seconds of CPU over `events` events: of each thread, of the broker; and the stacks."""

    events: int
    threads: dict[int, tuple[str, float]]
    broker_s: float
    stacks: Stacks

    def us(self, seconds: float) -> float:
        """What that is an event."""
        return seconds / self.events * 1e6


def profile(bootstrap: str | None, events: int, console: Console) -> None:
    """Run a worker by each playbook under py-spy, and show where the time went.

    Raises Uncounted or Failed.
    """
    if shutil.which("py-spy") is None:
        raise Uncounted("no `py-spy`: `make setup` installs it")
    with kafka(bootstrap) as topics:
        before = process_time()
        source = load(topics, events, console)
        sender_s = process_time() - before
        for name, engine in ENGINES.items():
            await_quiet()
            found = taken(topics, source, engine, events)
            console.rule(f"one process, {name}: CPU µs an event")
            for table in tables(found, sender_s):
                console.print(table)


def taken(topics: Topics, source: str, engine: Engine, events: int) -> Profile:
    """Follow a worker from its first commit to its last."""
    with staged(engine, topics, source, events) as job, started(engine, job) as child:
        progress = engine.progress(child, job)
        first = next(progress)
        before, broker_s = threads_of(child.pid), cpu_s_of(topics.broker_pid)
        with sampled(child.pid, job) as path:
            for _ in progress:
                pass
            after, broker_s = threads_of(child.pid), cpu_s_of(topics.broker_pid) - broker_s
        stacks = read_stacks(path.read_text().splitlines())
    threads = {
        number: (stacks.names.get(number) or name, now - before.get(number, (name, 0.0))[1])
        for number, (name, now) in after.items()
    }
    return Profile(events - first, threads, broker_s, stacks)


@contextmanager
def sampled(pid: int, job: Job) -> Iterator[Path]:
    """Have py-spy look at a process; the file is there once the context is closed."""
    path = job.state / "stacks"
    command = ["py-spy", "record", "--pid", str(pid), "--native", "--threads"]
    options = [
        "--full-filenames",
        "--rate",
        str(RATE),
        "--format",
        "raw",
        "--output",
        str(path),
    ]
    with tempfile.TemporaryFile() as log:
        spy = subprocess.Popen([*command, *options], stdout=log, stderr=log)
        try:
            yield path
        finally:
            spy.send_signal(signal.SIGINT)
            spy.wait()
        if not path.exists():
            log.seek(0)
            words = log.read().decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
            raise Uncounted(
                f"py-spy wrote no stacks: {words[0]}; may it look at processes here?"
            )


def threads_of(pid: int) -> dict[int, tuple[str, float]]:
    """Name and CPU seconds of each thread of a process."""
    return {
        thread.id: (
            Path(f"/proc/{pid}/task/{thread.id}/comm").read_text().strip(),
            thread.user_time + thread.system_time,
        )
        for thread in psutil.Process(pid).threads()
    }


def cpu_s_of(pid: int | None) -> float:
    """CPU seconds of a process; 0 of a broker that is not ours."""
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def tables(found: Profile, sender_s: float) -> Iterator[Table]:
    """Show threads, then what the main thread did by part and by function."""
    threads: dict[str, float] = {}
    for name, seconds in found.threads.values():
        kind = "librdkafka" if name.startswith("rdk:") else name.rstrip("-0123456789")
        threads[kind] = threads.get(kind, 0.0) + seconds
    own_s = sum(threads.values())
    by_thread = {**threads, "all of the worker": own_s, "broker": found.broker_s}
    yield _table("thread", found, by_thread)
    main_s = threads.get("MainThread", 0.0)
    samples = max(sum(found.stacks.parts.values()), 1)
    parts = {part: main_s * count / samples for part, count in found.stacks.parts.most_common()}
    yield _table("part, of the main thread", found, parts)
    functions = found.stacks.functions.most_common(FUNCTIONS)
    yield _table(
        "function, of the main thread",
        found,
        {function: main_s * count / samples for function, count in functions},
    )
    yield _table("besides", found, {"sender, before the run": sender_s})


def _table(title: str, found: Profile, seconds: dict[str, float]) -> Table:
    table = Table(title, "µs", box=None)
    for name, each in seconds.items():
        table.add_row(name, f"{found.us(each):.2f}")
    return table
