"""`legato api`: the HTTP API, a process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.serving.api.beside import MakeBeside

EXAMPLES = """
\b
Examples:
  legato keys create "the shop" --scope ingest     prints a key, once
  legato api                                       answers on 127.0.0.1:8088
  legato api --pages                               with the desk at /pages/
  LEGATO_API_HOST=0.0.0.0 legato api               for a balancer on another machine
\b
  curl -sf localhost:8088/v1/events -H "Authorization: Bearer $KEY" -d '{
    "type": "page.viewed", "channel": "web", "time": "2026-03-02T09:00:00Z",
    "identifiers": {"user_id": "7"}}'
"""


@click.command(epilog=EXAMPLES)
@click.option("--pages", is_flag=True, help="Serve the desk at /pages/ too (docs/desk.md).")
@pass_invocation
def api(invocation: Invocation, *, pages: bool) -> None:
    """Take events by HTTP, and tell of customers.

    Run as many as you like behind a balancer: none keeps anything. SIGTERM ends it when what
    it has taken is in Kafka. /v1/openapi.json tells all routes; docs/http.md tells the rest.
    """
    from legato.logs import start_logging

    try:
        from legato.serving.api.process import run

        beside = _pages() if pages else None
    except ModuleNotFoundError as error:
        extra = "pages" if pages else "api"
        raise Failure(
            f"it needs `{error.name}`; install it with `pip install 'legato[{extra}]'`", 2
        ) from None
    start_logging(invocation.settings)
    sys.exit(run(invocation.settings, leave, beside))


def _pages() -> MakeBeside:
    from legato.serving.pages.app import serve_pages

    return serve_pages
