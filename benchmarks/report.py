"""Many runs to one row an engine and configuration, a table, and a file."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sysconfig
import timeit
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import psutil
from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.engines.engine import Engine
from benchmarks.full_line import Row as FullRow
from benchmarks.latency import Latency
from benchmarks.outputs import Summary
from benchmarks.rules import Rules
from benchmarks.run import Run

BENCHMARKS = Path(__file__).parent
NUMBERS = (
    *("events/s", "spread", "warm", "CPU\nµs", "broker\nµs", "RSS\nMB"),
    *("p50\nms", "p99\nms", "lines", "x\nspeed", "x\nCPU"),
)


class Row(msgspec.Struct, frozen=True):
    """The median run of one engine in one configuration, by one of the rules."""

    rules: str
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

    spread_percent: float
    """From the slowest round to the fastest, in percent of the median."""

    broker_us_per_event: float
    """The CPU of the broker; 0 if it is not ours."""

    code_lines: int
    """What somebody wrote to have the engine keep to the rules, without empty lines."""

    latency: Latency | None = None
    """At a rate that is the same for all; None where it was not asked for."""


class Machine(msgspec.Struct, frozen=True):
    """Where it ran."""

    cpu: str
    cores: int
    memory_gib: int
    python: str
    python_build: str
    python_loop_ns: int
    """What a loop of Python takes a round: how fast interpreter and machine were that day."""

    java: str


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


Named = tuple[str, str, str]
"""The rules, an engine and its configuration."""


def rows(runs: Iterable[Run], latencies: Mapping[Named, Latency]) -> list[Row]:
    """Return a row for each engine and configuration, from runs that agree with the oracle."""
    together: dict[Named, list[Run]] = {}
    for run in runs:
        together.setdefault(named(run.engine), []).append(run)
    return [row(same, latencies.get(name)) for name, same in together.items()]


def named(engine: Engine) -> Named:
    """Name an engine among all."""
    return engine.rules.name, engine.name, engine.config


def row(runs: Sequence[Run], latency: Latency | None) -> Row:
    """Let the median run stand for all; of two, the better one."""
    by_speed = sorted(runs, key=lambda run: run.measurement.whole().events_per_s)
    median = by_speed[len(by_speed) // 2]
    measured = median.measurement
    rounds = [round(run.measurement.whole().events_per_s) for run in runs]
    return Row(
        rules=median.engine.rules.name,
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
        rounds=tuple(rounds),
        spread_percent=round(
            100 * (max(rounds) - min(rounds)) / measured.whole().events_per_s, 1
        ),
        broker_us_per_event=round(measured.whole().broker_us_per_event, 2),
        code_lines=lines_of(median.engine.code),
        latency=latency,
    )


def lines_of(code: Iterable[str]) -> int:
    """Count the lines of files, and of all sources in folders, under benchmarks/."""
    paths = [BENCHMARKS / each for each in code]
    files = [
        path for each in paths for path in (each.rglob("*.java") if each.is_dir() else [each])
    ]
    return sum(bool(line.strip()) for file in files for line in file.read_text().splitlines())


def best(found: Iterable[Row]) -> dict[str, Row]:
    """Return each engine's fastest row."""
    by_engine: dict[str, Row] = {}
    for each in found:
        if each.events_per_s > by_engine.setdefault(each.engine, each).events_per_s:
            by_engine[each.engine] = each
    return by_engine


def table(rules: Rules, report: Report) -> Table:
    """Show the rows, each beside the base: Legato where it ran, else the fastest peer."""
    found = [row for row in report.rows if row.rules == rules.name]
    engines = best(row for row in found if row.engine != "limit")
    base = engines.get("legato") or max(
        engines.values(), key=lambda row: row.events_per_s, default=None
    )
    shown = Table(title=rules.page, caption=caption(base, report.machine), box=SIMPLE_HEAD)
    shown.add_column("engine", min_width=16)
    for title in NUMBERS:
        shown.add_column(title, justify="right", vertical="bottom")
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
        f"{row.engine} {row.config}",
        f"{row.events_per_s:,}",
        f"{row.spread_percent:.0f} %",
        f"{row.warm_events_per_s:,}",
        f"{row.cpu_us_per_event:.1f}",
        f"{row.broker_us_per_event:.1f}",
        f"{row.rss_mb:,}",
        *(["", ""] if row.latency is None else took(row.latency)),
        str(row.code_lines or ""),
        *ratios,
    ]


def took(latency: Latency) -> list[str]:
    """Return p50 and p99 as cells."""
    return [f"{latency.p50_ms:.0f}", f"{latency.p99_ms:.0f}"]


def caption(base: Row | None, where: Machine) -> str:
    """Say what the ratios are relative to, and what it ran on."""
    built = f"Python {where.python}, {where.python_build}; Java {where.java}"
    if base is None:
        return built
    return f"x: times {base.engine}, {base.config}; bold: an engine's best; {built}"


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
        python_build=python_build(),
        java=java_version(),
        python_loop_ns=_loop_ns(),
    )


def python_build() -> str:
    """Say by what, and how well, the interpreter was compiled, and whence it has memory."""
    told = sysconfig.get_config_var("CONFIG_ARGS") or ""
    optimised = "with" if "--enable-optimizations" in told else "without"
    memory = os.environ.get("PYTHONMALLOC", "pymalloc")
    if memory == "mimalloc" and os.environ.get("MIMALLOC_ALLOW_LARGE_OS_PAGES") == "1":
        memory += " in large pages"
    return f"{platform.python_compiler()}, {optimised} profile-guided optimisation, {memory}"


def java_version() -> str:
    """Say which Java the peers run on; empty if there is none."""
    java = shutil.which("java")
    if java is None:
        return ""
    said = subprocess.run([java, "-version"], check=True, capture_output=True, text=True)
    return said.stderr.splitlines()[0]


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
