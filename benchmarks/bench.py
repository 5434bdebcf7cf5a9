"""The whole benchmark, by both rules: load, ask the oracle, run all in turn, report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.broker import kafka
from benchmarks.engines import ENGINES, USUAL_NAMES
from benchmarks.engines.engine import Engine
from benchmarks.full_line import Row as FullRow
from benchmarks.full_line import whole_line
from benchmarks.latency import Latency, follow, reduced
from benchmarks.load import load
from benchmarks.measure import await_quiet
from benchmarks.open_load import Stretch
from benchmarks.oracle import Looked
from benchmarks.outputs import Summary, told
from benchmarks.report import Named, Report, machine, named, rows, table, write
from benchmarks.rules import EVERY_RULES, Rules
from benchmarks.run import Failed, Run, run
from benchmarks.topics import Topics

WARM_UP_S, MEASURED_S = 15.0, 20.0
"""Of the load under which latency is taken; the broker is warm by then."""

Expected = dict[tuple[str, Looked, int], Summary]
"""By the name of the rules, when an engine looks, and how many events it reads."""


class Plan(msgspec.Struct, frozen=True):
    """What one call of the benchmark is to do."""

    names: tuple[str, ...]
    rules: tuple[str, ...]
    events: int
    rounds: int
    every_config: bool
    full_line: bool
    latency: int
    """Events a second at which each engine's latency is taken; 0 for not at all."""

    out: Path
    bootstrap: str | None

    def by_rules(self) -> list[Rules]:
        """Return the rules to go by."""
        return [rules for rules in EVERY_RULES if not self.rules or rules.name in self.rules]

    def engines(self) -> list[Engine]:
        """Return the configurations to run, in order."""
        names, by_rules = self.names or USUAL_NAMES, self.by_rules()
        return [
            engine
            for engine in ENGINES
            if engine.name in names
            and engine.rules in by_rules
            and (engine.stands or self.every_config)
        ]

    def turns(self) -> list[Engine]:
        """Return the configurations as they run: each round begins with another one."""
        engines = self.engines()
        if not engines:
            return []
        starts = [turn % len(engines) for turn in range(self.rounds)]
        return [each for start in starts for each in (*engines[start:], *engines[:start])]

    def events_for(self, engine: Engine) -> int:
        """Return how many events an engine is given."""
        return min(self.events, engine.at_most or self.events)


def bench(plan: Plan, console: Console) -> bool:
    """Run the plan, show and write what it found; tell whether every run was right."""
    with kafka(plan.bootstrap) as topics:
        oracle = ask_oracle(plan, topics, console)
        runs, failed = run_all(plan, topics, oracle, console)
        latencies = take_latencies(plan, topics, failed, console) if plan.latency else {}
        full = try_full_line(plan, topics, failed, console) if plan.full_line else None
    report = Report(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        events=plan.events,
        expected={
            f"{rules}: {events} {looked.value}": each
            for (rules, looked, events), each in oracle.items()
        },
        rows=rows(runs, latencies),
        failed=failed,
        full_line=full,
    )
    for rules in plan.by_rules():
        console.print(table(rules, report))
    console.print(f"written to `{write(report, plan.out)}`")
    return not failed


def ask_oracle(plan: Plan, topics: Topics, console: Console) -> Expected:
    """Load what the engines will read, and say what must come out."""
    answers: Expected = {}
    for engine in plan.engines():
        events, rules, looked = plan.events_for(engine), engine.rules, engine.looked
        topic = load(topics, events, console, rules)
        if looked is not None and (rules.name, looked, events) not in answers:
            answer = rules.expected(topics, topic, looked)
            answers[rules.name, looked, events] = answer
            console.print(f"{rules.page}, {events:,} events, {looked.value}: {told(answer)}")
    return answers


def run_all(
    plan: Plan, topics: Topics, oracle: Expected, console: Console
) -> tuple[list[Run], list[str]]:
    """Run each engine once a round; return the runs that were right, and what went wrong."""
    runs: list[Run] = []
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        turns = plan.turns()
        task = progress.add_task("", total=len(turns))
        for engine in turns:
            title = f"{engine.rules.name}: {engine.name}, {engine.config}"
            progress.update(task, description=title)
            await_quiet()
            try:
                ran = right(run(engine, topics, plan.events_for(engine)), oracle)
                runs.append(ran)
                progress.console.print(f"{title}: {pace_of(ran)}")
            except Failed as error:
                failed.append(f"{title}: {error}")
                progress.console.print(f"[red]{failed[-1]}[/red]")
            progress.advance(task)
    return runs, failed


def take_latencies(
    plan: Plan, topics: Topics, failed: list[str], console: Console
) -> dict[Named, Latency]:
    """Take the latency of each engine that follows, at one rate; note what went wrong."""
    taken: dict[Named, Latency] = {}
    load = [Stretch(plan.latency, WARM_UP_S), Stretch(plan.latency, MEASURED_S)]
    for engine in plan.engines():
        if not engine.follows:
            continue
        title = f"{engine.rules.name}: {engine.name}, {engine.config}, {plan.latency:,}/s"
        await_quiet()
        try:
            found = reduced(engine, follow(engine, topics, load), None)
        except Failed as error:
            failed.append(f"{title}: {error}")
            console.print(f"[red]{failed[-1]}[/red]")
            continue
        taken[named(engine)] = found
        console.print(f"{title}: p50 {found.p50_ms:.0f} ms, p99 {found.p99_ms:.0f} ms")
    return taken


def try_full_line(
    plan: Plan, topics: Topics, failed: list[str], console: Console
) -> FullRow | None:
    """Run Legato's whole line as well, which no peer has; note what went wrong."""
    try:
        full = whole_line(topics, plan.events, "json", console)
    except Failed as error:
        failed.append(f"full line: {error}")
        return None
    console.print(
        f"full line, {full.linking_percent:.1f} % of it linking events: "
        f"{full.events_per_s:,} events/s at {full.cpu_us_per_event:.1f} µs CPU"
    )
    if not full.counts_ok:
        failed.append("full line: its actions are not those of the line in memory")
    return full


def right(ran: Run, oracle: Expected) -> Run:
    """Return the run if it put out what the oracle says; raises Failed otherwise."""
    looked = ran.engine.looked
    if looked is None:
        return ran
    wanted = oracle[ran.engine.rules.name, looked, ran.measurement.events]
    if ran.outputs != wanted:
        raise Failed(f"put out {told(ran.outputs)} instead of {told(wanted)}")
    return ran


def pace_of(ran: Run) -> str:
    """Say how fast a run was."""
    whole = ran.measurement.whole()
    return (
        f"{whole.events_per_s:,.0f} events/s at {whole.cpu_us_per_event:.1f} µs CPU, "
        f"{whole.elsewhere_cores:.1f} cores busy elsewhere"
    )
