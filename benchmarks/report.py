"""Many runs to one row an engine and configuration, a table, and a file."""

from __future__ import annotations

import os
import platform
import timeit
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import psutil
from rich.table import Table

from benchmarks.full_line import Row as FullRow
from benchmarks.outputs import Summary
from benchmarks.run import Run


class Row(msgspec.Struct, frozen=True):
    """The median run of one engine in one configuration."""

    engine: str
    config: str
    events_per_s: int
    warm_events_per_s: int
    cpu_us_per_event: float
    rss_mb: int
    counts_ok: bool
    events: int
    settled_s: float
    elsewhere_cores: float
    rounds: tuple[int, ...]
    """The events a second of every round, in the order in which they ran."""


class Machine(msgspec.Struct, frozen=True):
    """Where it ran."""

    cpu: str
    cores: int
    memory_gib: int
    python: str
    python_loop_ns: int
    """What a loop of Python takes a round: how fast interpreter and machine were that day."""


class Report(msgspec.Struct, frozen=True):
    """What one call of the benchmark found."""

    date: str
    machine: Machine
    events: int
    expected: dict[str, Summary]
    rows: list[Row]
    failed: list[str]
    full_line: FullRow | None = None
    """Both hops and the playbook; no peer does that, so it stands apart."""


def rows(runs: Iterable[Run]) -> list[Row]:
    """Return a row for each engine and configuration, from runs that agree with the oracle."""
    together: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        together.setdefault((run.engine.name, run.engine.config), []).append(run)
    return [row(same) for same in together.values()]


def row(runs: Sequence[Run]) -> Row:
    """Let the median run stand for all; of two, the better one."""
    by_speed = sorted(runs, key=lambda run: run.measurement.whole().events_per_s)
    median = by_speed[len(by_speed) // 2]
    measured = median.measurement
    return Row(
        engine=median.engine.name,
        config=median.engine.config,
        events_per_s=round(measured.whole().events_per_s),
        warm_events_per_s=round(measured.warm().events_per_s),
        cpu_us_per_event=round(measured.whole().cpu_us_per_event, 2),
        rss_mb=measured.peak_bytes >> 20,
        counts_ok=True,
        events=measured.events,
        settled_s=round(measured.settled_s(), 2),
        elsewhere_cores=round(measured.whole().elsewhere_cores, 2),
        rounds=tuple(round(run.measurement.whole().events_per_s) for run in runs),
    )


def best(found: Iterable[Row]) -> dict[str, Row]:
    """Return each engine's fastest row."""
    by_engine: dict[str, Row] = {}
    for each in found:
        if each.events_per_s > by_engine.setdefault(each.engine, each).events_per_s:
            by_engine[each.engine] = each
    return by_engine


def table(found: Sequence[Row]) -> Table:
    """Show the rows, each beside the base: Legato where it ran, else the fastest peer."""
    engines = best(row for row in found if row.engine != "limit")
    base = engines.get("legato") or max(
        engines.values(), key=lambda row: row.events_per_s, default=None
    )
    shown = Table(title="benchmarks/RULES.md", caption=caption(base))
    for title in ("engine", "configuration"):
        shown.add_column(title)
    for title in ("events/s", "warm", "CPU µs", "RSS MB", "x speed", "x CPU"):
        shown.add_column(title, justify="right")
    for each in found:
        stands = engines.get(each.engine) is each
        shown.add_row(*cells(each, base), style="bold" if stands else "")
    return shown


def cells(row: Row, base: Row | None) -> list[str]:
    """Return the cells of one row."""
    ratios = ["", ""]
    if base is not None:
        ratios = [
            f"{row.events_per_s / base.events_per_s:.2f}",
            f"{row.cpu_us_per_event / base.cpu_us_per_event:.2f}",
        ]
    return [
        row.engine,
        row.config,
        f"{row.events_per_s:,}",
        f"{row.warm_events_per_s:,}",
        f"{row.cpu_us_per_event:.1f}",
        f"{row.rss_mb:,}",
        *ratios,
    ]


def caption(base: Row | None) -> str:
    """Say what the ratios are relative to."""
    return f"x: times {base.engine}, {base.config}; bold: an engine's best" if base else ""


def machine() -> Machine:
    """Describe this machine."""
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return Machine(
        cpu=cpus[0] if cpus else platform.processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        python=platform.python_version(),
        python_loop_ns=_loop_ns(),
    )


def _loop_ns() -> int:
    """Store into a dict a few hundred thousand times, and take the fastest of five."""
    setup = "known = {}"
    rounds = 200_000
    loop = f"for each in range({rounds}): known[each % 1000] = each"
    return round(min(timeit.repeat(loop, setup, number=1, repeat=5)) / rounds * 1e9)


def write(report: Report, folder: Path) -> Path:
    """Write the report as `DATE.json` into the folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.date}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return path
