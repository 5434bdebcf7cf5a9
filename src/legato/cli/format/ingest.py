"""How far files of history are, and what became of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from legato.core.values.time import in_words
from legato.operations.ingest.beside import FileCheck
from legato.operations.ingest.planning import IngestPlan, PlannedFile

LINE_S = 10.0
"""Without a terminal, a line tells so often how far it is."""


@contextmanager
def ingest_bar(doing: str, size: int) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how many of `size` bytes and how many rows are done, and how fast."""
    if not size:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bar(doing, size) as tell:
            yield tell
    else:
        yield _PlainLines(doing, size).tell


@contextmanager
def _bar(doing: str, size: int) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        doing,
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[speed]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task, began_s = progress.add_task(doing, total=size, rows=0, speed=0.0), _now_s()

        def tell(read: int, rows: int) -> None:
            speed = rows / max(_now_s() - began_s, 0.001)
            progress.update(task, completed=read, rows=rows, speed=speed)

        yield tell


class _PlainLines:
    """Tells now and then in a line how far it is."""

    def __init__(self, doing: str, size: int) -> None:
        self._doing, self._size = doing, size
        self._began_s = self._told_s = _now_s()

    def tell(self, read: int, rows: int) -> None:
        """Tell it, if a line is due."""
        now_s = _now_s()
        if now_s - self._told_s < LINE_S:
            return
        self._told_s = now_s
        speed = rows / (now_s - self._began_s)
        click.echo(
            f"{self._doing}: {min(read / self._size, 1):.0%}, {rows:,} rows, "
            f"{speed:,.0f} a second",
            err=True,
        )


def report_lines(plan: IngestPlan, *, dry_run: bool) -> Iterator[str]:
    """Say what became of each file, and what is to be done next."""
    for each in plan.files:
        yield _line_of(each, dry_run=dry_run)
        if each.progress and each.progress.check.rejected and not each.skipped:
            yield _rejected(each, dry_run=dry_run)
    if dry_run:
        return
    name = plan.request.source.name
    if plan.request.last and not plan.unsent:
        yield f"no history follows in `{name}`: time goes on without it"
    elif not plan.unsent:
        yield (
            f"time waits for more of `{name}`; when no file follows, say `legato ingest "
            f"--source {name} --last`"
        )


def as_object(plan: IngestPlan, *, dry_run: bool) -> dict[str, Any]:
    """Say the same as one object."""
    return {
        "source": plan.request.source.name,
        "topic": plan.request.topic,
        "dry_run": dry_run,
        "last": plan.request.last and not plan.unsent,
        "files": [_object_of(each) for each in plan.files],
    }


def _line_of(each: PlannedFile, *, dry_run: bool) -> str:
    name, progress = each.file.path, each.progress
    if progress is None or each.skipped:
        sent = progress.sent if progress else 0
        return f"{name}: done before ({sent:,} rows); `--from-start` sends it again"
    check = progress.check
    if dry_run:
        return f"{name}: would send {check.sent - progress.sent:,} of {_told(check)}"
    left = check.sent - progress.sent
    rest = f", {left:,} are left" if left else ""
    return f"{name}: sent {each.sent_now:,} of {_told(check)}{rest}"


def _told(check: FileCheck) -> str:
    told = f"{check.rows:,} rows"
    if check.sent:
        told += f" ({in_words(check.first)} to {in_words(check.last)})"
    if check.left_out:
        told += f", {check.left_out:,} left out by the map"
    return told if check.is_ordered else f"{told}, {check.disordered:,} not in order of time"


def _rejected(each: PlannedFile, *, dry_run: bool) -> str:
    check = each.progress.check if each.progress else FileCheck()
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in check.reasons.items())
    where = "" if dry_run else f": see {each.beside.rejected_path}"
    return f"  {check.rejected:,} rejected ({reasons}){where}"


def _object_of(each: PlannedFile) -> dict[str, Any]:
    progress = each.progress
    check = progress.check if progress else FileCheck()
    return {
        "file": str(each.file.path),
        "rows": check.rows,
        "sent": each.sent_now,
        "sent_in_all": progress.sent if progress else 0,
        "rejected": check.rejected,
        "reasons": check.reasons,
        "left_out": check.left_out,
        "first": in_words(check.first) if check.sent else None,
        "last": in_words(check.last) if check.sent else None,
        "disordered": check.disordered,
        "done": progress.done if progress else False,
        "skipped": each.skipped,
    }


def _now_s() -> float:
    return time.monotonic()
