"""`legato inspect`: one customer, as the line knows them."""

from __future__ import annotations

import click

from legato.cli.envelope import wall_clock
from legato.cli.format.context import context_panels
from legato.cli.format.decisions import decision_panel
from legato.cli.format.identifiers import identity_panel
from legato.cli.format.screen import page, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_live_playbook
from legato.queries.customer import KnownCustomer, find_customer
from legato.queries.identifier_lookup import AskedCustomer, IdentifierLookup
from legato.queries.identity_cluster import Identifier, identifiers_of, identity_view, notes_of
from legato.wire.context_view import context_view


@click.command()
@click.argument("customer", metavar="CUSTOMER")
@click.option("--last", default=5, metavar="N", help="How many decisions to show; 5.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object, with all decisions.")
@pass_invocation
def inspect(invocation: Invocation, customer: str, last: int, as_lines: bool) -> None:
    """Show all that is known of CUSTOMER: a customer id, or any identifier of theirs.

    \b
      legato inspect loyalty:42
      legato inspect email:Kim@Example.org
      legato inspect email:a@example.org --json | jq .context.carts

    That is the context (who, where, carts, cases, timeline, what waits for its time, recent
    actions), the identifiers that were linked, and each decision with the reason of every
    action that lost. An email's case and a number's spaces do not matter. Times are UTC.
    """
    who = IdentifierLookup(invocation.settings)
    asked = who.ask(customer)
    known = find_customer(invocation.settings, *asked.names)
    asked = asked.known_by(known.found.asked)
    identifiers = identifiers_of(who, asked, known.found, {})
    if as_lines:
        show_json(_as_json(asked, known, identifiers))
        return
    console = page()
    for note in notes_of(asked, known.found):
        console.print(note, style="yellow")
    if known.context is not None:
        playbook = load_live_playbook(invocation, None)
        who_is_who = identity_panel(known.found, identifiers, wall_clock())
        first, *others = context_panels(known.context, playbook, wall_clock())
        console.print(first, *filter(None, (who_is_who,)), *others, sep="\n")
    console.print(decision_panel(known, last))


def _as_json(
    asked: AskedCustomer, known: KnownCustomer, identifiers: tuple[Identifier, ...]
) -> dict[str, object]:
    return {
        "customer_id": known.customer_id,
        "identity": identity_view(asked, known.found, identifiers),
        "context": None if known.context is None else context_view(known.context),
        "situations": known.situations,
        "decisions": known.decisions,
    }
