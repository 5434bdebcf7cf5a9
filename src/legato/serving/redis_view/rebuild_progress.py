"""The progress bar of a rebuild."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from legato.serving.redis_view.places import Place, Span


class RebuildProgress:
    """How far reading all partitions has come, drawn on a terminal."""

    def __init__(self, spans: Mapping[Place, Span]) -> None:
        self._spans = spans
        self._bar = Progress(
            "rebuilding",
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("", total=self.total)

    @property
    def total(self) -> int:
        """How many offsets there are to pass."""
        return sum(span.end - span.first for span in self._spans.values())

    def update(self, safe: Mapping[Place, int]) -> bool:
        """Draw how far it is; whether every partition reached its end."""
        passed = [
            min(safe.get(place, span.first), span.end) - span.first
            for place, span in self._spans.items()
        ]
        self._bar.update(self._task, completed=sum(passed))
        return sum(passed) == self.total

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
