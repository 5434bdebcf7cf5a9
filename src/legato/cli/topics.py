"""`legato topics`: make the topics that are missing, or see that those there can do."""

from __future__ import annotations

import click

from legato.cli.invocation import Invocation, pass_invocation


@click.group()
def topics() -> None:
    """Create the topics, or check those that exist."""


@topics.command()
@pass_invocation
def create(invocation: Invocation, /) -> None:
    """Create the topics of Legato that do not exist yet.

    Topics of your own sources are not touched; those trusted to be keyed by customer_id
    decide how many partitions customers are spread over.
    """
    from legato.runtime.host.topic_commands import create_missing

    for name in (made := create_missing(invocation.settings)):
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
