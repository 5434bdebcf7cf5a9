"""`legato ingest`: files of history to the topic of a source."""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import Struct

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.operations.ingest.history_reader import HistoryReader
    from legato.operations.ingest.planning import IngestPlan
    from legato.settings import Settings

EXAMPLES = """
\b
Examples:
  legato ingest orders-2024.csv orders-2025.csv --source shop_history --dry-run
  legato ingest 'history/*.jsonl.gz' --source shop_history
  legato ingest clicks.parquet --source clicks --sort --rate 5000/s
  legato ingest orders-2025.csv --source shop_history --from-start
  legato ingest --source shop_history --last      no file follows: time goes on without it
"""
REJECTED = ".rejected.jsonl"


class RowRate(click.ParamType):
    """So many rows a second, such as `500/s`."""

    name = "N/s"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it; fails for what is no rate."""
        try:
            rate = float(str(value).removesuffix("/s"))
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            self.fail(f"`{value}` is no rate; write for example `500/s`", param, ctx)
        return rate


class IngestOptions(Struct, frozen=True):
    """What was written on the command line."""

    names: tuple[str, ...]
    source: str | None = None
    dry_run: bool = False
    strict: bool = False
    sort: bool = False
    from_start: bool = False
    limit: int | None = None
    rate: float | None = None
    state: str | None = None
    last: bool = False
    as_json: bool = False


@click.command(epilog=EXAMPLES)
@click.argument("names", nargs=-1, metavar="[FILE|GLOB]...")
@click.option("--source", metavar="NAME", help="The [[sources]] entry that takes history.")
@click.option("--dry-run", is_flag=True, help="Read all, say what would be sent, send nothing.")
@click.option("--strict", is_flag=True, help="Send nothing if a row would be rejected.")
@click.option("--sort", is_flag=True, help="Sort files that are not in order of time.")
@click.option("--from-start", is_flag=True, help="Forget how far a file is; send it whole.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Send N rows at most.")
@click.option("--rate", type=RowRate(), metavar="N/s", help="Send N rows a second at most.")
@click.option(
    "--state",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Keep progress and rejected rows there, not beside the files.",
)
@click.option("--last", is_flag=True, help="No history follows: time goes on without it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_invocation
def ingest(invocation: Invocation, /, **given: object) -> None:
    """Load history from files: CSV, JSON lines or Parquet.

    They go to the first topic of a source with `clock = "event_time"`. What they tell is known
    from then on, and reminds nobody of what is over. Rows go out in the order of their times,
    all files merged. A row that the worker could not read is written to FILE.rejected.jsonl,
    with its line and the reason.

    Ctrl-C ends it; the same call goes on where it was. What was sent twice counts once. Exit
    code 0 if all rows are sent, 1 if some are rejected, 2 if it is not to be done like that.
    """
    from legato.operations.ingest.errors import IngestRefused

    told = msgspec.convert(given, IngestOptions)
    if told.last and (told.limit is not None or told.dry_run):
        raise Failure("`--last` goes with neither `--limit` nor `--dry-run`", 2)
    if not told.names and not told.last:
        raise Failure("name files, such as `history/*.csv`", 2)
    try:
        plan = _ingested(invocation, told)
    except IngestRefused as error:
        raise Failure(str(error), 2) from error
    _show(plan, told)
    if any(each.progress and each.progress.check.rejected for each in plan.looked_at):
        raise click.exceptions.Exit(1)


def _ingested(invocation: Invocation, told: IngestOptions) -> IngestPlan:
    """Plan it and do it; raises IngestRefused for what is not to be done like that."""
    from legato.cli.envelope import wall_clock
    from legato.cli.replay import load_playbook
    from legato.operations.ingest.history_reader import HistoryReader
    from legato.operations.ingest.planning import (
        IngestPlan,
        IngestRequest,
        source_of,
        topic_of,
    )

    settings = invocation.settings
    source = source_of(settings.sources, told.source)
    request = IngestRequest(
        source,
        topic_of(source),
        from_start=told.from_start,
        strict=told.strict,
        sort=told.sort,
        last=told.last,
        limit=told.limit,
        rate=told.rate,
        folder=_made(told.state),
    )
    plan = IngestPlan(request, _paths(told.names))
    channels = load_playbook(invocation, None).consent_channels
    reader = HistoryReader(settings, source, channels, wall_clock())
    _run(settings, plan, reader, dry_run=told.dry_run)
    return plan


def _show(plan: IngestPlan, told: IngestOptions) -> None:
    from legato.cli.format.ingest import as_object, report_lines
    from legato.cli.format.screen import show_json

    if told.as_json:
        show_json(as_object(plan, dry_run=told.dry_run))
        return
    for line in report_lines(plan, dry_run=told.dry_run):
        click.echo(line)


def _run(settings: Settings, plan: IngestPlan, reader: HistoryReader, *, dry_run: bool) -> None:
    """Read what was never read, see that it may be sent, and send what is left."""
    from legato.cli.format.ingest import ingest_bar
    from legato.operations.ingest.sending import bytes_left, send_history

    with ingest_bar("reading", sum(each.size for each in plan.unchecked)) as tell:
        plan.check(reader, tell, write=not dry_run)
    if dry_run:
        return
    plan.refuse(settings)
    with ingest_bar("sending", bytes_left(plan.unsent)) as tell:
        send_history(settings, plan, reader, tell)


def _made(state: str | None) -> Path | None:
    if state is None:
        return None
    folder = Path(state)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _paths(names: tuple[str, ...]) -> list[Path]:
    """List files by their names and patterns; rejected rows of before are none of them."""
    found: list[Path] = []
    for name in names:
        paths = [name] if Path(name).exists() else sorted(glob(name))  # noqa: PTH207 - it may begin at the root
        if not paths:
            raise Failure(f"no file matches `{name}`", 2)
        found += [Path(path) for path in paths if not path.endswith(REJECTED)]
    return found
