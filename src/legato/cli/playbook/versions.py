"""`legato playbook versions` and `show`: what was published, and what counts."""

from __future__ import annotations

import click

from legato.cli.invocation import Invocation, pass_invocation


@click.command()
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a version.")
@pass_invocation
def versions(invocation: Invocation, as_lines: bool) -> None:
    """List the versions of the playbook that were published, and which of them counts now.

    \b
      legato playbook versions
      legato playbook versions --json | jq 'select(.state == "counts now").version'

    Before the first counts the playbook of the settings. A version of which another takes the
    place at the same instant never counts. Times are UTC.
    """
    from legato.cli.envelope import wall_clock
    from legato.cli.format.screen import page, show_json
    from legato.cli.format.versions import version_object, versions_table
    from legato.queries.playbook_versions import published_playbooks
    from legato.queries.topic_reader import TopicReader

    with TopicReader(invocation.settings) as reader:
        known = published_playbooks(invocation.settings, reader)
    now = wall_clock()
    if as_lines:
        for each in known.every:
            show_json(version_object(known, each, now))
    elif known.every:
        page().print(versions_table(known, now))
    else:
        click.echo("no version is published; the playbook of the settings counts")


@click.command()
@click.argument("number", type=click.IntRange(1))
@pass_invocation
def show(invocation: Invocation, number: int) -> None:
    """Print the text of version NUMBER as it was published.

    \b
      legato playbook show 3 > playbook.yaml
      diff <(legato playbook show 3) <(legato playbook show 4)
    """
    from legato.queries.playbook_versions import published_playbooks
    from legato.queries.topic_reader import TopicReader

    with TopicReader(invocation.settings) as reader:
        known = published_playbooks(invocation.settings, reader)
    click.echo(known.version(number).text, nl=False)
