"""Writing to the terminal, or to whatever stands in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table

from legato.cli.format.output import WIDTH, OutputLine


def screen() -> Console:
    """Open stdout: colours on a terminal, and lines that are never cut."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def page() -> Console:
    """Open stdout for panels, which are as wide as the terminal."""
    return Console(highlight=False, markup=False, emoji=False)


def show(console: Console, lines: Iterable[OutputLine]) -> None:
    """Print lines; on a terminal, what is too long goes on below its own beginning."""
    for line in lines:
        if console.is_terminal:
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(width=WIDTH, no_wrap=True, style="dim")
            table.add_row(line.when, line.body)
            console.print(table)
        else:
            console.print(line.plain)


def show_json(value: object) -> None:
    """Print one JSON object a line, for other programs, at once."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
