"""`legato explain`: why a customer got what they got, and not something else."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from legato.cli.format.progress import bar
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.queries.customer_story import CustomerStory

EXAMPLES = """
\b
Examples:
  legato explain email:kim@example.org
  legato explain loyalty:42 --at 2026-03-02T18:00:00Z     what was known, and decided, by then
  legato explain loyalty:42 --at -2h --last 1
  legato explain loyalty:42 --json | jq '.decisions[-1].candidates'
  legato explain email:kim@example.org --events events.jsonl --at +1h
"""


@click.command(epilog=EXAMPLES)
@click.argument("customer", metavar="CUSTOMER")
@click.option(
    "--at",
    "moment",
    metavar="TIME",
    help="As of TIME: RFC 3339, or -SPAN from now; with --events, +SPAN after the last event.",
)
@click.option("--last", default=5, metavar="N", help="How many decisions to explain; 5.")
@click.option(
    "--events",
    type=click.File("rb"),
    metavar="FILE",
    help="Replay FILE (JSON lines) instead of asking Kafka.",
)
@click.option(
    "--playbook",
    "playbook_path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="With --events: use this playbook; else what counts now, as versions or settings say.",
)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object, with all decisions.")
@pass_invocation
def explain(
    invocation: Invocation,
    customer: str,
    moment: str | None,
    last: int,
    events: IO[bytes] | None,
    playbook_path: Path | None,
    as_lines: bool,
) -> None:
    """Explain what was decided about CUSTOMER, a customer id or any identifier of theirs.

    It tells what was seen of them (the last 30 touchpoints), what was found, what was done
    about it and what became of that, and for every action that was not taken why not. From
    Kafka it reads the partitions of this customer alone, as far back as the topics are kept.
    With --events it replays a file and needs no Kafka. Times are UTC.
    """
    from legato.cli.format.explanation import as_object, explanation
    from legato.cli.format.screen import page, show_json

    if events is None:
        if playbook_path is not None:
            raise Failure("`--playbook` is for `--events`; what was decided is decided", 2)
        story = _of_topics(invocation, customer, moment)
    else:
        story = _of_file(invocation, customer, moment, events, playbook_path)
    if as_lines:
        show_json(as_object(story))
    else:
        page().print(explanation(story, last))


def _of_topics(invocation: Invocation, customer: str, moment: str | None) -> CustomerStory:
    from legato.cli.envelope import read_moment, wall_clock
    from legato.core.values.time import NEVER
    from legato.queries.customer_story import read_story
    from legato.queries.identifier_lookup import IdentifierLookup

    until = read_moment(moment, wall_clock()) if moment else NEVER
    asked = IdentifierLookup(invocation.settings).ask(customer)
    return read_story(invocation.settings, asked.names, until)


def _of_file(
    invocation: Invocation,
    customer: str,
    moment: str | None,
    events: IO[bytes],
    path: Path | None,
) -> CustomerStory:
    from legato.cli.replay import load_live_playbook
    from legato.core.playbook.lineage import alone
    from legato.harness import Harness
    from legato.queries.customer_story import replay_story
    from legato.queries.identifier_lookup import IdentifierLookup
    from legato.replay import read_log, until_when

    compiled = alone(load_live_playbook(invocation, path))
    entries = read_log(events, channels=compiled.consent_channels)
    try:
        until = until_when(moment, entries)
    except ValueError as error:
        raise Failure(f"--at: {error}", 2) from None
    harness = Harness(compiled, invocation.settings.identity.without_formers)
    asked = IdentifierLookup(invocation.settings).ask(customer)
    with bar("replaying", len(entries)) as seen:
        story = replay_story(harness, entries, asked.name, until, seen)
    if story is None:
        raise Failure(f"no event of `{customer}` is in `{events.name}` by then")
    return story
