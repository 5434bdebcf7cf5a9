"""`legato view`: processes that read the contexts and show them elsewhere."""

from __future__ import annotations

import sys

import click

from legato.cli.invocation import Invocation, pass_invocation


@click.group()
def view() -> None:
    """Run a view of the contexts: a process of its own, which the line does not know of."""


@view.command()
@click.option("--rebuild", is_flag=True, help="Write every context once more, then end.")
@pass_invocation
def redis(invocation: Invocation, rebuild: bool) -> None:
    """Keep the contexts in Redis as JSON, with an index from hashed identifier to customer.

    \b
      legato view redis
      legato view redis --rebuild

    Redis may be slow or away: the line does not notice, and the view catches up. SIGTERM
    ends it.
    """
    from legato.logs import start_logging
    from legato.serving.redis_view.view import run

    start_logging(invocation.settings)
    sys.exit(run(invocation.settings, rebuild=rebuild))
