"""What a person sees of the bench."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.faults.page import went_on
from tests.faults.play import Say
from tests.faults.row import Result, Row

COLUMNS = ("row", "fault", "went on after", "lost", "doubled", "made up", "events", "memory")


class Screen:
    """Says which row is played and how far it is, then a line of each; at the end a table."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def list(self, families: Mapping[str, tuple[Row, ...]]) -> None:
        """List all rows by family."""
        for family, rows in families.items():
            self._console.print(f"\n[bold]{family}[/]")
            for row in rows:
                self._console.print(f"  [cyan]{row.name:<32}[/] {row.about}", highlight=False)

    @contextmanager
    def playing(self, row: Row, number: int, count: int) -> Iterator[Say]:
        """Show the step of a row that is under way, and since when."""
        began = time.monotonic()
        head = f"[dim]{number}/{count}[/] [bold cyan]{row.name}[/]"
        with self._console.status(f"{head} starting") as status:

            def say(what: str) -> None:
                after = time.monotonic() - began
                status.update(f"{head} {what}")
                if not self._console.is_terminal:
                    self._console.print(f"  {after:5.0f} s {row.name}: {what}", highlight=False)

            yield say

    def told(self, result: Result) -> None:
        """Say in a line what a row came to, and under it what was wrong."""
        mark = "[green]held[/]        " if result.passed else "[red]did not hold[/]"
        on = f"went on after {went_on(result):>7}, {result.took_s:.0f} s in all"
        self._console.print(f"{mark}  [cyan]{result.row:<32}[/] {on}", highlight=False)
        for what in (*result.faults, *result.complaints):
            self._console.print(Text(f"              {what}", style="yellow"))

    def table(self, results: Iterable[Result]) -> None:
        """Show all of them."""
        table = Table(*COLUMNS, "signals", "verdict", header_style="bold", border_style="dim")
        for result in results:
            counts = map(str, (result.lost, result.doubled, result.made_up, result.events))
            table.add_row(
                result.row,
                f"{result.outage_s:.1f} s",
                went_on(result),
                *counts,
                f"{result.memory_mb:.0f} MB",
                "[red]not ok[/]" if result.complaints else "ok",
                "[green]held[/]" if result.passed else "[red]did not hold[/]",
            )
        self._console.print(table)
