"""`legato dlq`: what could not be followed, why, and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import click
from rich import box
from rich.table import Table
from rich.text import Text

from legato.cli.dlq.show import letter_panels
from legato.cli.format.output import moment
from legato.cli.format.record import as_json
from legato.cli.format.screen import page, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.operations.redrive import plan_redrive, redrive_letters
from legato.queries.dead_letters import (
    ReadDeadLetter,
    dead_letters,
    find_dead_letter,
    list_dead_letters,
)
from legato.queries.record_filter import records_of
from legato.queries.topic_reader import TopicReader
from legato.wire.reasons import REASONS

reason_option = click.option("--reason", metavar="WORD", help="Only those of this reason.")


@click.group()
def dlq() -> None:
    """Look through the dead letters, and send them again."""


@dlq.command("list")
@reason_option
@click.option("--customer", metavar="WHO", help="Only of a customer id, or of `loyalty:42`.")
@click.option("--last", default=20, metavar="N", help="How many records to list; 20.")
@click.option("--json", "as_lines", is_flag=True, help="All records, one JSON object a line.")
@pass_invocation
def list_letters(
    invocation: Invocation,
    reason: str | None,
    customer: str | None,
    last: int,
    as_lines: bool,
) -> None:
    """List the dead letters: how many of each reason, then the last of them.

    \b
      legato dlq list
      legato dlq list --reason bad_payload --last 100
      legato dlq list --customer email:kim@example.org

    --customer finds records by their key, and by the identifiers of Legato's own envelopes.
    The coordinate of a record is its place in dead.letters: `legato dlq show COORDINATE`.
    """
    wanted = records_of(invocation.settings, "dead-letters", customer)
    if as_lines:
        with TopicReader(invocation.settings) as reader:
            for letter in dead_letters(reader, reason, wanted):
                show_json(as_json(letter))
    elif letters := list_dead_letters(invocation.settings, reason, wanted):
        page().print(_by_reason(letters), _listed(letters[-last:]), sep="\n")
    else:
        click.echo("no dead letters")


@dlq.command()
@click.argument("coordinate")
@pass_invocation
def show(invocation: Invocation, coordinate: str) -> None:
    """Show the record at COORDINATE (`partition:offset`): why it died, headers and payload."""
    for panel in letter_panels(find_dead_letter(invocation.settings, coordinate)):
        page().print(panel)


@dlq.command()
@click.argument("coordinates", metavar="[COORDINATE]...", nargs=-1)
@reason_option
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@pass_invocation
def redrive(
    invocation: Invocation,
    coordinates: tuple[str, ...],
    reason: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Send dead letters back to the topics they came from, after the cause is gone.

    \b
      legato dlq redrive --reason unknown_schema --dry-run
      legato dlq redrive 2:17 2:18

    They go as they first came, byte for byte, without the headers that tell of the error, to
    the partition they came from. They also stay in dead.letters until its retention ends, so
    name what you send; an event that was followed before is recognised by its id.
    """
    plan = plan_redrive(invocation.settings, coordinates, reason)
    _warn_of_lost(plan.lost)
    told = ", ".join(f"{count} to {topic}" for topic, count in plan.counts)
    if not plan.topics or dry_run:
        click.echo(f"would send {told}" if plan.topics else "nothing to send")
    elif yes or click.confirm(f"send {told}?"):
        redrive_letters(invocation.settings, plan)
        click.echo(f"sent {told}")


def _warn_of_lost(letters: Iterable[ReadDeadLetter]) -> None:
    for letter in letters:
        place = f"{letter.size:,} bytes at {letter.origin}"
        click.echo(f"too large to be kept, send it from its source: {place}", err=True)


def _by_reason(letters: list[ReadDeadLetter]) -> Table:
    table = Table("reason", "stage", "what it means", box=box.SIMPLE)
    table.add_column("records", justify="right")
    counts = Counter((letter.reason, letter.stage) for letter in letters)
    for (reason, stage), count in counts.most_common():
        table.add_row(Text(reason, "bold red"), stage, REASONS.get(reason, ""), f"{count:,}")
    return table


def _listed(letters: list[ReadDeadLetter]) -> Table:
    table = Table(box=box.SIMPLE)
    for name in ("coordinate", "when", "from", "reason", "message"):
        table.add_column(name, no_wrap=name in ("coordinate", "when"), overflow="fold")
    for row in _rows(letters):
        table.add_row(*row)
    return table


def _rows(letters: list[ReadDeadLetter]) -> Iterator[tuple[str | Text, ...]]:
    for letter in letters:
        at = moment(letter.record.time)
        yield letter.coordinate, at, letter.origin, letter.reason, letter.message
