"""`legato api`: the HTTP API, a process of its own."""

from __future__ import annotations

import sys

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.verbs import Failure

EXAMPLES = """
\b
Examples:
  legato keys create "the shop" --scope ingest     prints a key, once
  legato api                                       answers on 127.0.0.1:8088
  LEGATO_API_HOST=0.0.0.0 legato api               for a balancer on another machine
\b
  curl -sf localhost:8088/v1/events -H "Authorization: Bearer $KEY" -d '{
    "type": "page.viewed", "channel": "web", "time": "2026-03-02T09:00:00Z",
    "identifiers": {"user_id": "7"}}'
"""


@click.command(epilog=EXAMPLES)
@pass_invocation
def api(invocation: Invocation) -> None:
    """Take events by HTTP, and tell of customers.

    Run as many as you like behind a balancer: none keeps anything. SIGTERM ends it when what
    it has taken is in Kafka. /v1/openapi.json tells all routes; docs/http.md tells the rest.
    """
    from legato.logs import start_logging

    try:
        from legato.serving.api.process import run
    except ModuleNotFoundError as error:
        raise Failure(
            f"the API needs `{error.name}`; install it with `pip install 'legato[api]'`", 2
        ) from None
    start_logging(invocation.settings)
    sys.exit(run(invocation.settings, leave))
