"""`legato backtest`: what another playbook would have done with the same events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from legato.cli.format.progress import bar
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_playbook, source_named
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.core.playbook.definition import Playbook
    from legato.operations.tally import PlaybookTally
    from legato.replay import Entry, Order

EXAMPLES = """
\b
Examples:
  legato backtest --playbook new.yaml --against playbook.yaml events.jsonl
  legato backtest --playbook new.yaml --against playbook.yaml --topic
  legato backtest --playbook new.yaml may.jsonl june.jsonl      what it alone would have done
  legato backtest --playbook new.yaml --against old.yaml day.jsonl --html report.html
  legato backtest --playbook new.yaml --against old.yaml day.jsonl --json | jq .customers
"""
OFTEN = 1_000
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(epilog=EXAMPLES)
@click.argument("events", nargs=-1, type=_FILE, metavar="[EVENTS.jsonl]...")
@click.option("--playbook", "new", type=_FILE, required=True, help="The playbook to try.")
@click.option("--against", "old", type=_FILE, help="The playbook to compare it with.")
@click.option("--topic", is_flag=True, help="Take what customer.events holds, not files.")
@click.option("--until", help="Let time pass up to TIME, or +SPAN after the last event.")
@click.option(
    "--order",
    type=click.Choice(["auto", "received", "time"]),
    default="auto",
    help="Take the lines by when they were received, or by when they happened.",
)
@click.option("--source", "source_name", help="Read the lines as this [[sources]] entry says.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="So many at once; one for each processor, fewer if there is little to do.",
)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write a page for people into FILE as well.",
)
@pass_invocation
def backtest(
    invocation: Invocation,
    events: tuple[Path, ...],
    new: Path,
    old: Path | None,
    topic: bool,
    until: str | None,
    order: Order,
    source_name: str | None,
    processes: int | None,
    as_lines: bool,
    page: Path | None,
) -> None:
    """Replay EVENTS with a new playbook, and tell what would be different.

    By situation, action, channel and reason it tells how often something came before, how often
    after, and for how many customers something is done now, or no more. Events are read and
    identified once, as `legato replay` does it. Without --against, it tells what the playbook
    alone would have done. What became of actions in truth is known of those that were taken:
    a playbook that acts otherwise is answered by nobody.

    --topic takes the events that customer.events still holds (7 days, unless set otherwise),
    and who was known before that is not. With `references = true` it takes those as well.
    """
    from legato.cli.format.backtest import BacktestReport, as_object, report_lines
    from legato.cli.format.backtest_page import report_page
    from legato.cli.format.screen import page as open_page
    from legato.cli.format.screen import show_json

    if bool(events) == topic:
        raise Failure("name files of events, or `--topic`, and not both", 2)
    playbooks = [load_playbook(invocation, path) for path in (new, old) if path is not None]
    channels = frozenset().union(*(each.consent_channels for each in playbooks))
    if topic:
        entries = _of_topic(invocation)
    else:
        entries = _of_files(invocation, events, order, source_name, channels)
    after, *before = _tallies(invocation, entries, playbooks, until, processes)
    names = (str(old) if old else None), str(new)
    report = BacktestReport.of(names, (before[0] if before else None, after), entries)
    if page is not None:
        page.write_text(report_page(report), encoding="utf-8")
    if as_lines:
        show_json(as_object(report))
    else:
        open_page().print(report_lines(report))


def _tallies(
    invocation: Invocation,
    entries: list[Entry],
    playbooks: list[Playbook],
    until: str | None,
    processes: int | None,
) -> list[PlaybookTally]:
    from legato.operations.backtest import BacktestJob, RunningBacktest
    from legato.replay import until_when

    try:
        end = until_when(until, entries)
    except ValueError as error:
        raise Failure(f"--until: {error}", 2) from None
    job = BacktestJob(tuple(playbooks), invocation.settings.identity.without_formers, end)
    with (
        RunningBacktest(entries, job, processes or 0) as running,
        bar("replaying", len(entries)) as seen,
    ):
        return running.collect(seen)


def _of_files(
    invocation: Invocation,
    files: tuple[Path, ...],
    order: Order,
    source_name: str | None,
    channels: frozenset[str],
) -> list[Entry]:
    from legato.replay import read_log

    source = source_named(invocation, source_name)
    return read_log(_lines(files), order, source, channels)


def _lines(files: tuple[Path, ...]) -> Iterator[bytes]:
    """Read the lines of all files, and show how far that is."""
    size, done = sum(file.stat().st_size for file in files), 0
    with bar("reading (bytes)", size) as seen:
        for path in files:
            with path.open("rb") as file:
                for number, line in enumerate(file):
                    done += len(line)
                    if number % OFTEN == 0:
                        seen(done)
                    yield line
        seen(size)


def _of_topic(invocation: Invocation) -> list[Entry]:
    from legato.queries.event_log import EveryEvent
    from legato.queries.topic_reader import TopicReader

    with TopicReader(invocation.settings) as reader:
        log = EveryEvent(reader)
        with bar("reading", log.size()) as seen:
            return log.entries(seen)
