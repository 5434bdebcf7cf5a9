"""Does an event cost more than it did? What is measured, beside the baseline, and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.gauge import baseline, instructions, on_kafka
from benchmarks.gauge.baseline import Baseline

INSTRUCTIONS_MOST = 0.05
ON_KAFKA_MOST = 0.15
"""So much more than the baseline is red; on Kafka the same code differs by a tenth."""
QUIET_CORES = 0.6
"""The broker takes up to half of one."""


class Cost(Struct, frozen=True):
    """One cost beside what it was; `most` is by what part it may grow."""

    name: str
    unit: str
    was: float | None
    now: float
    most: float

    @property
    def change(self) -> float:
        """By what part it grew; 0 where nothing is known of before."""
        return 0.0 if self.was is None else self.now / self.was - 1

    @property
    def red(self) -> bool:
        """Did it grow by more than it may?"""
        return self.change > self.most


def check(bootstrap: str | None, console: Console, *, rebase: bool) -> bool:
    """Measure, show, and tell whether nothing is red; `rebase` makes this the baseline.

    Raises Uncounted or Failed.
    """
    before, made_by = baseline.read(), baseline.made_by()
    now, elsewhere = measure(made_by, bootstrap, console)
    costs = [*compared(before, now)]
    console.print(table(costs))
    if before.made_by != made_by:
        console.print(
            f"Instructions are not compared: the baseline was made by {before.made_by}, "
            f"and this is {made_by}."
        )
    if elsewhere > QUIET_CORES:
        console.print(
            f"Up to {elsewhere:.1f} cores worked for others meanwhile: what is told of Kafka "
            "counts on a quiet machine alone, instructions on any."
        )
    if rebase:
        baseline.write(now)
        console.print("This is the baseline now: commit it, and say why.")
    return rebase or not any(cost.red for cost in costs)


def measure(made_by: str, bootstrap: str | None, console: Console) -> tuple[Baseline, float]:
    """Count instructions in memory, then measure on Kafka, and say how busy others were."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        counting = progress.add_task("instructions, in memory", total=instructions.runs())
        counted = instructions.count_all(lambda: progress.advance(counting))
        running = progress.add_task("CPU, on Kafka", total=on_kafka.runs())
        ratios = on_kafka.ratios(bootstrap, console, lambda: progress.advance(running))
    return Baseline(made_by, counted, ratios.of), ratios.elsewhere


def compared(before: Baseline, now: Baseline) -> Iterator[Cost]:
    """Put each cost beside what it was."""
    known: Mapping[str, int] = before.instructions if before.made_by == now.made_by else {}
    for name, count in now.instructions.items():
        yield Cost(name, "instructions", known.get(name), count, INSTRUCTIONS_MOST)
    for name, ratio in now.on_kafka.items():
        was = before.on_kafka.get(name)
        yield Cost(name, "× a bare loop's CPU", was, ratio, ON_KAFKA_MOST)


def table(costs: list[Cost]) -> Table:
    """Show costs an event."""
    shown = Table("an event", "was", "is", "change", "may grow by", "", box=None)
    for cost in costs:
        digits = 0 if cost.unit == "instructions" else 2
        shown.add_row(
            f"{cost.name}, {cost.unit}",
            "" if cost.was is None else f"{cost.was:,.{digits}f}",
            f"{cost.now:,.{digits}f}",
            "" if cost.was is None else f"{cost.change:+.1%}",
            f"{cost.most:.0%}",
            "[red]red[/red]" if cost.red else "" if cost.was is None else "good",
        )
    return shown
