"""`legato source`: what a `[[sources]]` entry would make of a sample."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from legato.cli.format.output import moment
from legato.cli.format.record import printable
from legato.cli.format.screen import page
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.core.events.event import Event
from legato.queries.outputs import registry_of
from legato.settings import Settings
from legato.wire.formats.envelope import Misunderstood, SourceReading
from legato.wire.source.sample import check_sample
from legato.wire.source.source import Source

MOST_GOOD, MOST_BAD = 10, 50


@click.group()
def source() -> None:
    """Try a source's settings on a sample."""


@source.command()
@click.argument("name")
@click.option(
    "--sample",
    "path",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="Records as the topic has them: JSON lines, or Avro; `-` is stdin.",
)
@pass_invocation
def check(invocation: Invocation, name: str, path: Path) -> None:
    """Read a sample as the source NAME would; exit with 1 if a record makes no event.

    \b
      legato source check till --sample receipts.jsonl

    No Kafka is needed, unless the source's schemas are in a registry.
    """
    settings = invocation.settings
    chosen = _named(settings, name)
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    readings = list(check_sample(chosen, registry_of(settings), data))
    bad = sum(not isinstance(reading, Event) for reading in readings)
    page().print(_table(readings))
    click.echo(f"{len(readings) - bad} of {len(readings)} records make events")
    if bad or not readings:
        raise Failure(f"correct the source `{name}` in the settings, or the sample")


def _named(settings: Settings, name: str) -> Source:
    for known in settings.sources:
        if known.name == name:
            return known
    names = ", ".join(f"`{known.name}`" for known in settings.sources)
    raise Failure(f"no source `{name}` in the settings; there is {names}", 2)


def _table(readings: list[SourceReading]) -> Table:
    """Show the first of the good ones, and those that make no event."""
    table = Table(box=box.SIMPLE)
    for name in ("", "when", "type", "channel", "who", "data"):
        table.add_column(name, no_wrap=name == "when", overflow="fold")
    numbered = list(enumerate(readings, start=1))
    good = [pair for pair in numbered if isinstance(pair[1], Event)][:MOST_GOOD]
    bad = [pair for pair in numbered if not isinstance(pair[1], Event)][:MOST_BAD]
    for number, reading in sorted([*good, *bad], key=lambda pair: pair[0]):
        table.add_row(*_row(number, reading))
    return table


def _row(number: int, reading: SourceReading) -> Iterator[str | Text]:
    yield str(number)
    if not isinstance(reading, Event):
        why = reading.why if isinstance(reading, Misunderstood) else reading
        yield Text("no event", "bold red")
        yield Text(why.reason, "red")
        yield ""
        yield ""
        yield Text(why.message, "red")
        return
    yield moment(reading.time)
    yield Text(reading.type, "cyan")
    yield reading.channel
    yield _who(reading)
    yield printable(bytes(reading.data)) or ""


def _who(event: Event) -> str:
    if event.customer_id:
        return event.customer_id
    return ", ".join(f"{kind}:{value}" for kind, value in (event.identifiers or {}).items())
