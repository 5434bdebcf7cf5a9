"""`legato inspect`: one customer, as the line knows them."""

from __future__ import annotations

import click

from legato.cli.customer import Known, find_customer
from legato.cli.envelope import wall_clock
from legato.cli.inspect_context import context_panels
from legato.cli.inspect_decisions import decision_panel
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_playbook
from legato.cli.screen import page, show_json
from legato.cli.who import Who
from legato.wire.context_view import context_view


@click.command()
@click.argument("customer", metavar="CUSTOMER")
@click.option("--last", default=5, metavar="N", help="How many decisions to show; 5.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object, with all decisions.")
@pass_invocation
def inspect(invocation: Invocation, customer: str, last: int, as_lines: bool) -> None:
    """Show all that is known of CUSTOMER: a customer id, or an identifier.

    \b
      legato inspect loyalty:42
      legato inspect email:a@example.org --json | jq .context.carts

    That is the context (who, where, carts, cases, timeline, what waits for its time, recent
    actions), and each decision with the reason of every action that lost. Times are UTC.
    """
    known = find_customer(invocation.settings, Who(invocation.settings).read(customer))
    if as_lines:
        show_json(_as_json(known))
        return
    console = page()
    if known.context is not None:
        playbook = load_playbook(invocation, None)
        console.print(*context_panels(known.context, playbook, wall_clock()), sep="\n")
    console.print(decision_panel(known, last))


def _as_json(known: Known) -> dict[str, object]:
    return {
        "customer_id": known.customer_id,
        "context": None if known.context is None else context_view(known.context),
        "situations": known.situations,
        "decisions": known.decisions,
    }
