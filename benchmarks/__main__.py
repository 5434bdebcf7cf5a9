"""`python -m benchmarks`: every engine over the same events, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec
from rich.console import Console

from benchmarks.bench import Plan, bench
from benchmarks.engines import NAMES
from benchmarks.engines.engine import ROOT
from benchmarks.gauge.check import check
from benchmarks.gauge.instructions import Uncounted
from benchmarks.gauge.profile import profile
from benchmarks.rules import EVERY_RULES
from benchmarks.run import Failed

EXAMPLES = """
\b
Examples:
  python -m benchmarks
  python -m benchmarks --engine legato --engine flink --rounds 5
  python -m benchmarks --rules full --every-config
  python -m benchmarks --engine kafka-streams --every-config --rounds 1
  python -m benchmarks --engine quix
  python -m benchmarks --check           does an event cost more than it did?
  python -m benchmarks --profile         where an event's time goes
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--engine",
    "names",
    multiple=True,
    type=click.Choice(NAMES),
    help="Run this engine only; may be given again.  [default: all but quix]",
)
@click.option(
    "--rules",
    multiple=True,
    type=click.Choice([rules.name for rules in EVERY_RULES]),
    help="Go by these rules only: of RULES.md, or of RULES-FULL.md.  [default: both]",
)
@click.option("--events", default=1_000_000, show_default=True, help="Events to read.")
@click.option("--rounds", default=3, show_default=True, help="How often each engine runs.")
@click.option("--every-config", is_flag=True, help="Run the slower configurations too.")
@click.option(
    "--full-line/--no-full-line",
    default=None,
    help="Legato's full line at the end.  [default: with all engines]",
)
@click.option(
    "--latency",
    default=5_000,
    show_default=True,
    metavar="RATE",
    help="So many events a second while latency is taken; 0 for not at all.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "benchmarks" / "results",
    help="Where DATE.json goes.  [default: benchmarks/results]",
)
@click.option(
    "--bootstrap", metavar="HOST:PORT", help="Kafka to use.  [default: start one of our own]"
)
@click.option(
    "--check",
    "checked",
    is_flag=True,
    help="Compare what an event costs with benchmarks/gauge/baseline.json, and nothing else.",
)
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Show where an event's CPU time goes, and nothing else.",
)
@click.option("--rebase", is_flag=True, help="With --check: make this the baseline.")
def main(*, checked: bool, profiled: bool, rebase: bool, **options: object) -> None:
    """Compare Legato with its peers, by benchmarks/RULES.md and by benchmarks/RULES-FULL.md.

    No row without the oracle's outputs: exits with 1 when a run failed or put out others.
    With --check, exits with 1 when an event costs 5 % more instructions in memory, or 15 %
    more CPU on Kafka beside a bare loop, than the baseline says.
    """
    # A log file has no width of its own, and a table needs one.
    console = Console(width=None if sys.stdout.isatty() else 132)
    plan = msgspec.convert({**options, "full_line": full_line_of(options)}, Plan)
    try:
        if profiled:
            profile(plan.bootstrap, plan.events, console)
            return
        good = (
            check(plan.bootstrap, console, rebase=rebase) if checked else bench(plan, console)
        )
    except (Uncounted, Failed) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(not good)


def full_line_of(options: Mapping[str, object]) -> bool:
    """Is the full line to run? It has no peer, so not where engines are named."""
    asked = options["full_line"]
    return not options["names"] if asked is None else bool(asked)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
