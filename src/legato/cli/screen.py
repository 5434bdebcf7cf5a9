"""Writing to the terminal, or to whatever stands in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.text import Text


def screen() -> Console:
    """Open stdout: colours on a terminal, and lines that are never cut."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def page() -> Console:
    """Open stdout for panels, which are as wide as the terminal."""
    return Console(highlight=False, markup=False, emoji=False)


def show(console: Console, lines: Iterable[Text]) -> None:
    """Print lines."""
    for line in lines:
        console.print(line)


def show_json(value: object) -> None:
    """Print one JSON object a line, for other programs, at once."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
