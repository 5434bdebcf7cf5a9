"""`legato check`: read settings and playbook, and say what they mean or what is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_playbook


@click.command()
@click.option(
    "--playbook",
    "path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Check this playbook; else the one of the settings, else Legato's own.",
)
@pass_invocation
def check(invocation: Invocation, path: Path | None) -> None:
    """Read settings and playbook; exit with 2 and one sentence if they make no sense."""
    from legato.core.playbook.compile import describe

    settings = invocation.settings
    playbook = load_playbook(invocation, path)
    click.echo(f"kafka     {settings.kafka.bootstrap}, topics under `{settings.kafka.prefix}`")
    for source in settings.sources:
        topics = ", ".join(source.topics)
        click.echo(f"source    {source.name}: {topics} ({source.format}, by {source.trust})")
    told = ", ".join(f"{count} {what}" for what, count in describe(playbook).items())
    click.echo(f"playbook  {told}")
    if formers := settings.identity.previous_peppers:
        replaced = ", ".join(sorted(formers, key=int))
        click.echo(
            f"pepper    key {settings.identity.key_id} replaces {replaced}: "
            "customers get their newer name as they are seen"
        )
    if settings.identity.pepper == "change-me":
        click.echo("advice    set LEGATO_IDENTITY_PEPPER to a secret of your own", err=True)
