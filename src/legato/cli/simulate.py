"""`legato simulate`: a day of customers as JSON lines, the same for the same seed."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.progress import track

from legato.cli.envelope import read_moment, wall_clock
from legato.simulation.day import simulate as tell_day

START = "2026-03-02T07:00:00Z"
_encode = msgspec.json.Encoder().encode


@click.command()
@click.option("--customers", default=1_000, type=click.IntRange(min=1), help="How many; 1,000.")
@click.option("--events", default=10_000, type=click.IntRange(min=1), help="How many; 10,000.")
@click.option("--seed", default=1, metavar="N", help="The same seed tells the same day; 1.")
@click.option("--start", metavar="TIME", default=START, help=f"When the day begins; {START}.")
@click.option("--out", metavar="FILE", default="-", help="Else to stdout.")
def simulate(customers: int, events: int, seed: int, start: str, out: str) -> None:
    """Write a simulated day of customers over web, mobile, store, call, chat and email.

    \b
      legato simulate --events 100000 --out day.jsonl
      legato replay day.jsonl --until +3d
      legato simulate --start -20h | legato send --file -
    """
    console = Console(stderr=True)
    opens = read_moment(start, wall_clock())
    quiet = out == "-" or not console.is_terminal
    with click.open_file(out, "wb") as file:
        day = tell_day(seed, customers, events, opens)
        for event in track(day, "simulating", events, console=console, disable=quiet):
            file.write(_encode(event) + b"\n")
