"""`legato view`: processes that read what the line knows and show it elsewhere."""

from __future__ import annotations

import sys

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave


@click.group()
def view() -> None:
    """Run a view of what the line knows: a process of its own, unknown to the line."""


@view.command()
@click.option("--rebuild", is_flag=True, help="Write all that there is once more, then end.")
@pass_invocation
def redis(invocation: Invocation, rebuild: bool) -> None:
    """Keep contexts in Redis as JSON, with the last decisions and the open actions.

    An index leads from hashed identifiers to customers; open actions are also kept by venue
    and by queue, and what changed is published (docs/operations.md).

    \b
      legato view redis
      legato view redis --rebuild

    Redis may be slow or away: the line does not notice, and the view catches up. SIGTERM
    ends it.
    """
    from legato.logs import start_logging
    from legato.serving.redis_view.view import run

    start_logging(invocation.settings)
    sys.exit(run(invocation.settings, rebuild=rebuild, leave=leave))
