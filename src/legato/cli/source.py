"""`legato source`: what a `[[sources]]` entry would make of a sample."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from legato.cli.format.output import moment
from legato.cli.format.record import printable
from legato.cli.format.screen import page, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.core.events.event import Event
from legato.core.values.results import Ignored, Rejected, Unreadable
from legato.core.values.time import Instant
from legato.queries.outputs import registry_of
from legato.settings import Settings
from legato.wire.formats.envelope import Misunderstood, SourceReading
from legato.wire.record import RawRecord
from legato.wire.source.advice import advice_on_paths
from legato.wire.source.sample import SampledRecord, SampleReader
from legato.wire.source.source import Source

MOST_GOOD, MOST_BAD = 10, 50
LEFT_OUT = {
    "when": "`when` does not hold for it",
    "else": "a word of it is mapped to `drop`",
    "each": "the list under `each` is empty",
    "empty": "it has no value, and `empty` is `skip`",
}
"""Why a map leaves an event out, by the setting that says so."""


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
@click.option("--key", metavar="KEY", help="The key of the records, for maps that read `$key`.")
@click.option(
    "--header",
    "headers",
    metavar="NAME=VALUE",
    multiple=True,
    help="A header of the records; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a record.")
@pass_invocation
def check(
    invocation: Invocation,
    name: str,
    path: Path,
    key: str | None,
    headers: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read a sample as the source NAME would; exit with 1 if a record makes no event.

    \b
      legato source check till --sample receipts.jsonl
      legato source check calls --sample calls.jsonl --key +49301234567 --json

    What the source's map leaves out is told with the setting that says so, and is no fault.
    No Kafka is needed, unless the source's schemas are in a registry.
    """
    settings = invocation.settings
    around = RawRecord(None if key is None else key.encode(), None, _headers(headers))
    source = _named(settings, name)
    reader = SampleReader(source, registry_of(settings), around, _now())
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    records = list(reader.read(data))
    warnings = [*reader.trace.never_found, *advice_on_paths(source)]
    if as_json:
        _print_json(records, warnings)
    else:
        _print_page(records, warnings)
    if not records or any(map(_is_bad, _readings(records))):
        raise Failure(f"correct the source `{name}` in the settings, or the sample")


def _now() -> Instant:
    return round(time.time() * 1_000)


def _headers(told: tuple[str, ...]) -> tuple[tuple[str, bytes | None], ...]:
    pairs = [each.partition("=") for each in told]
    if wrong := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise Failure(f"--header: `{wrong}` is not `NAME=VALUE`", 2)
    return tuple((name, value.encode()) for name, _, value in pairs)


def _named(settings: Settings, name: str) -> Source:
    for known in settings.sources:
        if known.name == name:
            return known
    names = ", ".join(f"`{known.name}`" for known in settings.sources)
    raise Failure(f"no source `{name}` in the settings; there is {names}", 2)


def _readings(records: list[SampledRecord]) -> list[SourceReading]:
    return [reading for record in records for reading in record.readings]


def _is_bad(reading: SourceReading) -> bool:
    return not isinstance(reading, Event | Ignored)


def _why(reading: SourceReading) -> Event | Ignored | Rejected | Unreadable:
    """Open what is understood only in part: its dead letter says what is not."""
    return reading.why if isinstance(reading, Misunderstood) else reading


def _print_json(records: list[SampledRecord], warnings: list[str]) -> None:
    """Print each record; what holds for all of them stands in the last."""
    for record in records:
        last = record is records[-1]
        show_json(_told(record, warnings if last else []))


def _told(record: SampledRecord, warnings: list[str]) -> dict[str, object]:
    left_out = [each.reason for each in record.readings if isinstance(each, Ignored)]
    return {
        "line": record.line,
        "events": [each for each in record.readings if isinstance(each, Event)],
        "left_out": left_out[0] if left_out else None,
        "dead_letters": [
            {"reason": each.reason, "message": each.message}
            for each in map(_why, record.readings)
            if isinstance(each, Rejected | Unreadable)
        ],
        "warnings": warnings,
    }


def _print_page(records: list[SampledRecord], warnings: list[str]) -> None:
    page().print(_table(records))
    told = [sum(isinstance(each, Event) for each in record.readings) for record in records]
    events, good = sum(told), sum(map(bool, told))
    several = f", {events} in all" if events > good else ""
    click.echo(f"{good} of {len(records)} records make events{several}")
    left_out = sum(isinstance(each, Ignored) for each in _readings(records))
    if left_out:
        click.echo(f"left out: {left_out}")
    for warning in warnings:
        click.echo(f"warning: {warning}")


def _table(records: list[SampledRecord]) -> Table:
    """Show the first of the good ones, and those that make no event."""
    table = Table(box=box.SIMPLE)
    for name in ("", "when", "type", "channel", "who", "data"):
        table.add_column(name, no_wrap=name == "when", overflow="fold")
    numbered = [(record.line, each) for record in records for each in record.readings]
    good = [pair for pair in numbered if isinstance(pair[1], Event)][:MOST_GOOD]
    bad = [pair for pair in numbered if not isinstance(pair[1], Event)][:MOST_BAD]
    for number, reading in sorted([*good, *bad], key=lambda pair: pair[0]):
        table.add_row(*_row(number, reading))
    return table


def _row(number: int, reading: SourceReading) -> Iterator[str | Text]:
    yield str(number)
    match reading:
        case Event():
            yield moment(reading.time)
            yield Text(reading.type, "cyan")
            yield reading.channel
            yield _who(reading)
            yield printable(bytes(reading.data)) or ""
        case Ignored(reason=reason):
            yield from (Text("left out", "yellow"), Text(reason, "yellow"), "", "")
            yield Text(LEFT_OUT.get(reason, ""), "yellow")
        case Misunderstood(why=why) | (Rejected() | Unreadable() as why):
            yield from (Text("no event", "bold red"), Text(why.reason, "red"), "", "")
            yield Text(why.message, "red")


def _who(event: Event) -> str:
    if event.customer_id:
        return event.customer_id
    return ", ".join(f"{kind}:{value}" for kind, value in (event.identifiers or {}).items())
