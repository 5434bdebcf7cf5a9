"""`legato verify`: was anything lost, doubled or made up?"""

from __future__ import annotations

import click

from legato.cli.format.progress import bar
from legato.cli.format.screen import screen, show_json
from legato.cli.format.verification import as_object, verification_lines
from legato.cli.invocation import Invocation, pass_invocation

EXAMPLES = """
\b
Examples:
  legato verify                        while the workers run, or after they ended
  legato verify --json | jq .clean
  legato --settings backfill.toml verify
"""


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object.")
@pass_invocation
def verify(invocation: Invocation, as_lines: bool) -> None:
    """See whether anything was lost, doubled or made up; exit code 1 if so.

    It follows what the workers have committed of customer.events once more, in one thread, and
    compares what comes of it with what lies in the topics, by ids. It writes nothing. What it
    cannot judge it says: what a trusted source holds, and whoever was known before the log
    begins. An id that stands twice in its topic is told always.

    It judges by the settings and the playbook as they are now: what came of others before shows
    as lost and made up.
    """
    from legato.runtime.host.assembly import playbook_of
    from legato.verification.verify import verify as judge

    settings = invocation.settings
    found = judge(settings, playbook_of(settings), lambda total: bar("reading", total))
    if as_lines:
        show_json(as_object(found))
    else:
        console = screen()
        for line in verification_lines(found):
            console.print(line)
    if not found.clean:
        raise click.exceptions.Exit(1)
