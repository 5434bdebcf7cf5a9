"""`legato tail`: what the line says, as it says it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import click

from legato.cli.format.record import as_json, format_record, read_record
from legato.cli.format.screen import screen, show, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.queries.outputs import registry_of
from legato.queries.record_filter import records_of
from legato.queries.topic_filter import topic_filter
from legato.queries.topic_reader import TopicReader, TopicRecord

WHATS = (
    "situations",
    "decisions",
    "actions",
    "outcomes",
    "events",
    "touchpoints",
    "identity",
    "dead-letters",
    "shadow",
)


@click.command()
@click.argument("what", type=click.Choice(WHATS), metavar="WHAT")
@click.option("--from-start", is_flag=True, help="From the oldest record, not from now on.")
@click.option("--to-end", is_flag=True, help="From the oldest to the newest, then stop.")
@click.option("--customer", metavar="WHO", help="Only of a customer id, or of `loyalty:42`.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line.")
@pass_invocation
def tail(
    invocation: Invocation,
    what: str,
    from_start: bool,
    to_end: bool,
    customer: str | None,
    as_lines: bool,
) -> None:
    """Follow what the line says.

    WHAT is situations, decisions, actions, outcomes, events, touchpoints (if they are set to be
    told), identity, dead-letters, or shadow: what `legato shadow` would have said.

    \b
      legato tail actions
      legato tail decisions --from-start --customer loyalty:42
      legato tail situations --to-end --json | jq .evidence

    --customer takes any identifier, and includes what was said of those who were merged into
    this customer by now. Only what is committed is shown. Times are UTC. Ctrl-C ends it.
    """
    settings = invocation.settings
    registry, console = registry_of(settings), screen()
    is_theirs = records_of(settings, what, customer)
    with TopicReader(settings) as reader:
        found = _to_end(reader, what) if to_end else _on_and_on(reader, what, from_start)
        for record in found:
            said = None
            if is_theirs(record):
                said = read_record(what, record, registry)
            if said is not None and as_lines:
                show_json(as_json(said))
            elif said is not None:
                show(console, format_record(said, record))


def _to_end(reader: TopicReader, what: str) -> Iterator[TopicRecord]:
    """Read all there is, in the order in which the brokers took it."""
    listed = reader.partitions(topic_filter(reader.settings, what))
    found = (record for name in listed for record in reader.read(name, listed[name]))
    return iter(sorted(found, key=_order))


def _on_and_on(reader: TopicReader, what: str, from_start: bool) -> Iterator[TopicRecord]:
    wanted = topic_filter(reader.settings, what)
    _greet(reader, what, reader.partitions(wanted))
    return filter(None, reader.follow(wanted, from_start=from_start))


def _order(record: TopicRecord) -> tuple[int, int, int]:
    return record.time, record.partition, record.offset


def _greet(reader: TopicReader, what: str, listed: Iterable[str]) -> None:
    """Say what is being waited for, to a person only."""
    topics = ", ".join(listed) or f"{what}, once there is such a topic,"
    place = reader.settings.kafka.bootstrap
    if sys.stderr.isatty():
        click.secho(f"following {topics} at {place}; Ctrl-C ends it", dim=True, err=True)
