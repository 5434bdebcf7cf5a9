"""`legato learn`: learn from what became of actions, and publish how likely each is to work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.replay import load_playbook
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.core.playbook.definition import Playbook
    from legato.settings import Settings

EXAMPLES = """
\b
Examples:
  legato learn                     publish a table each hour, until SIGTERM or ctrl-c
  legato learn --once              the table of the last hour, to the terminal; writes nothing
  legato learn --once --json       the same as lines that `legato replay` takes
"""


@click.command(epilog=EXAMPLES)
@click.option("--once", is_flag=True, help="Print the table of the last hour, and end.")
@click.option("--json", "as_lines", is_flag=True, help="With --once: one reference a line.")
@pass_invocation
def learn(invocation: Invocation, once: bool, as_lines: bool) -> None:
    """Learn how likely actions are to work, of decisions and what became of them.

    The table of each hour is published on the topic `references` (set `references = true`), and
    counts from an hour later. The playbook says by `learning` what is learned; with
    `playbooks = true` that is the version that counts at that hour.
    """
    if as_lines and not once:
        raise Failure("--json prints a table; add `--once`", 2)
    playbook = load_playbook(invocation, None)
    if once:
        _show(invocation.settings, playbook, as_lines=as_lines)
        return
    from legato.logs import start_logging
    from legato.serving.learning.process import run

    start_logging(invocation.settings)
    sys.exit(run(invocation.settings, playbook, leave))


def _show(settings: Settings, playbook: Playbook, *, as_lines: bool) -> None:
    """Print the table of the last hour."""
    from legato.cli.format.learned import line_of, tell_table
    from legato.cli.format.screen import screen
    from legato.serving.learning.process import table_once

    learned = table_once(settings, playbook)
    if as_lines:
        for version in learned.versions:
            click.echo(line_of(version))
        return
    screen().print(tell_table(learned.versions, learned.playbook))
