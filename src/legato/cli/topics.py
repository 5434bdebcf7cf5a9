"""`legato topics`: make the topics that are missing, or see that those there can do."""

from __future__ import annotations

from pathlib import Path

import click

from legato.cli.invocation import Invocation, pass_invocation


@click.group()
def topics() -> None:
    """Create the topics, or check those that exist."""


@topics.command()
@click.option(
    "--playbook",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="For the channels of FILE, before it is published; else of the settings' playbook.",
)
@pass_invocation
def create(invocation: Invocation, path: Path | None) -> None:
    """Create the topics of Legato that do not exist yet.

    \b
      legato topics create
      legato topics create --playbook spring.yaml

    Topics of your own sources are not touched; those trusted to be keyed by customer_id
    decide how many partitions customers are spread over.
    """
    from legato.cli.replay import load_playbook
    from legato.runtime.host.topic_commands import create_missing

    wanted = load_playbook(invocation, path)
    for name in (made := create_missing(invocation.settings, wanted)):
        click.echo(f"created `{name}`")
    if not made:
        click.echo("all topics are there")


@topics.command()
@pass_invocation
def check(invocation: Invocation, /) -> None:
    """See that the topics exist and fit together; exit code 1 and a sentence if not."""
    from legato.runtime.host.topic_commands import check_all

    for line in check_all(invocation.settings):
        click.echo(line)
