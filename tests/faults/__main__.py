"""`python -m tests.faults`: a busy line, one fault after the other, and what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import click
from rich.console import Console

from legato.local import real_kafka_obstacle
from tests.faults.page import read_results, write_page, write_results
from tests.faults.play import play
from tests.faults.row import Result, Row
from tests.faults.rows import FAMILIES, ROWS
from tests.faults.screen import Screen

EXAMPLES = """
\b
Examples:
  python -m tests.faults --list
  python -m tests.faults broker-kill-30s-loaded
  python -m tests.faults 'cluster-*' 'hung-*' --keep /tmp/faults
  python -m tests.faults --json faults.json --markdown
"""


@click.command(epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "only_list", is_flag=True, help="List the rows, and run none.")
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write results to FILE, over what it has of the same rows.",
)
@click.option(
    "--markdown",
    is_flag=True,
    help="Write the table of docs/reliability.md; rows that FILE has need not be run again.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the logs of rows go that failed.",
)
def main(
    names: tuple[str, ...],
    file: Path | None,
    keep: Path | None,
    *,
    only_list: bool,
    markdown: bool,
) -> None:
    """Break things under a busy line, and let a replay judge what came out.

    NAME is a row, or a pattern such as 'broker-kill-*'. Without any, all rows are run, one
    after the other, which takes about two hours. Exits with 1 when a row failed.
    """
    # A log file has no width of its own, and a table needs one.
    screen = Screen(Console(width=None if sys.stdout.isatty() else 150))
    if only_list:
        screen.list(FAMILIES)
        return
    if obstacle := real_kafka_obstacle():
        raise click.ClickException(f"needs a real Kafka: {obstacle}")
    known = read_results(file)
    measured = known if markdown and not names else {}
    rows = [row for row in _chosen(names) if row.name not in measured]
    done = _run(rows, screen, keep, file)
    if markdown:
        write_page({**known, **done})
    failed = [result for result in done.values() if not result.passed]
    sys.stdout.flush()
    # A call that hung in librdkafka must not keep us from our end.
    os._exit(1 if failed else 0)


def _chosen(names: Sequence[str]) -> list[Row]:
    for name in names:
        if not any(fnmatch(row, name) for row in ROWS):
            raise click.BadParameter(f"no row is called `{name}`; see --list")
    patterns = names or ("*",)
    return [row for row in ROWS.values() if any(fnmatch(row.name, each) for each in patterns)]


def _run(
    rows: Sequence[Row], screen: Screen, keep: Path | None, file: Path | None
) -> dict[str, Result]:
    done: dict[str, Result] = {}
    for number, row in enumerate(rows, 1):
        with screen.playing(row, number, len(rows)) as say:
            done[row.name] = play(row, say, keep)
        screen.told(done[row.name])
        write_results(file, done)
    screen.table(done.values())
    return done


if __name__ == "__main__":
    main()
