"""`legato replay`: the line over a file, in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from legato.cli.format.progress import bar
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.core.playbook.definition import Playbook
    from legato.replay import Order
    from legato.wire.source.source import Source

EXAMPLES = """
\b
Examples:
  legato replay events.jsonl                      what would have happened, to the terminal
  legato replay events.jsonl --until +3d          and what time alone would bring afterwards
  legato replay events.jsonl --playbook new.yaml --out actions.jsonl
  legato replay events.jsonl --identity           and who turned out to be one customer
  legato replay events.jsonl --learn              learning as it goes, as `legato learn` does
"""


@click.command(epilog=EXAMPLES)
@click.argument("events", type=click.File("rb"), metavar="EVENTS.jsonl")
@click.option(
    "--playbook",
    "playbook_path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Use this playbook; else the one of the settings, else Legato's own.",
)
@click.option("--until", help="Let time pass up to TIME, or +SPAN after the last event.")
@click.option(
    "--order",
    type=click.Choice(["auto", "received", "time"]),
    default="auto",
    help="Take the lines by when they were received, or by when they happened.",
)
@click.option("--source", "source_name", help="Read the lines as this [[sources]] entry says.")
@click.option(
    "--identity",
    is_flag=True,
    help="Tell links, merges, conflicts and splits of customers as well (identity.*).",
)
@click.option(
    "--learn", is_flag=True, help="Learn inline what became of actions (docs/learning.md)."
)
@click.option("--out", type=click.File("wb"), default="-", help="Write to this file.")
@pass_invocation
def replay(
    invocation: Invocation,
    events: IO[bytes],
    playbook_path: Path | None,
    until: str | None,
    order: Order,
    source_name: str | None,
    identity: bool,
    learn: bool,
    out: IO[bytes],
) -> None:
    """Run the line over EVENTS.jsonl without Kafka: one JSON object a line for what happens."""
    from legato.harness import Harness, LearningHarness
    from legato.replay import read_log, until_when
    from legato.replay import replay as follow

    playbook = load_playbook(invocation, playbook_path)
    if learn and playbook.learning is None:
        raise Failure("the playbook asks for no learning; add `learning: {}` to it", 2)
    of = LearningHarness if learn else Harness
    harness = of(playbook, invocation.settings.identity.without_formers)
    channels = playbook.consent_channels
    entries = read_log(events, order, source_named(invocation, source_name), channels)
    try:
        end = until_when(until, entries)
    except ValueError as error:
        raise Failure(f"--until: {error}", 2) from None
    with bar("replaying", len(entries), show=not out.isatty()) as seen:
        for line in follow(harness, entries, end, seen, identity=identity):
            out.write(line + b"\n")


def load_playbook(invocation: Invocation, path: Path | None) -> Playbook:
    """Read the playbook that was asked for; raises PlaybookError."""
    from legato.harness import default_playbook, playbook_at

    chosen = path or (Path(named) if (named := invocation.settings.playbook) else None)
    return default_playbook() if chosen is None else playbook_at(chosen)


def load_live_playbook(invocation: Invocation, path: Path | None) -> Playbook:
    """Read the playbook that was asked for, else the version that counts now.

    Where Kafka does not tell it is that of the settings, and a line says so. Raises
    PlaybookError.
    """
    from legato.cli.envelope import wall_clock
    from legato.queries.errors import KafkaAway
    from legato.queries.playbook_versions import live_playbook

    playbook = load_playbook(invocation, path)
    if path is not None:
        return playbook
    try:
        return live_playbook(invocation.settings, playbook, wall_clock())
    except KafkaAway as away:
        click.echo(f"{away}; until then the playbook of the settings is used", err=True)
        return playbook


def source_named(invocation: Invocation, name: str | None) -> Source | None:
    """Find a source of the settings; None if none was asked for."""
    if name is None:
        return None
    for source in invocation.settings.sources:
        if source.name == name:
            return source
    raise Failure(f"no source `{name}`; name one of the [[sources]] of the settings", 2)
