"""`legato identity`: who is one customer, why, and how to part them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from legato.cli.envelope import wall_clock
from legato.cli.format.identity import in_words
from legato.cli.format.output import moment
from legato.cli.format.progress import bar
from legato.cli.format.screen import page, show_json
from legato.cli.identity.svg import cluster_svg
from legato.cli.identity.tree import cluster_tree, log_panel
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.replay import load_live_playbook
from legato.core.identity.split import SplitPlan
from legato.core.values.time import LONG_AGO
from legato.operations.identity_commands import IdentityCommands
from legato.operations.rebuild import RebuildResult, rebuild_both
from legato.operations.split import split_off
from legato.operations.split_plan import former_parting, plan_split
from legato.queries.identifier_lookup import AskedCustomer, IdentifierLookup
from legato.queries.identity_cluster import Cluster, identity_view, notes_of, read_cluster
from legato.settings import Settings


@click.group()
def identity() -> None:
    """Show which identifiers are one customer's, and split one off.

    \b
      legato identity show email:kim@example.org
      legato identity show loyalty:42 --svg kim.svg
      legato identity split phone:+49301234567

    An identifier is written as for `legato send --as`; its case, or a number's spaces, do not
    matter.
    """


@identity.command()
@click.argument("identifier")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object.")
@click.option(
    "--svg",
    "picture",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Draw the links into FILE as well.",
)
@pass_invocation
def show(invocation: Invocation, identifier: str, as_lines: bool, picture: Path | None) -> None:
    """Show the customer behind IDENTIFIER, and what links them.

    \b
      legato identity show email:kim@example.org
      legato identity show loyalty:42 --svg kim.svg
      legato identity show loyalty:42 --json | jq .log

    That is a tree of all identifiers by type, with since when and who claimed a device, and the
    log of links in words. Values are those that the context knows; else the name stands there,
    a keyed hash. The log goes back as far as identity.events is kept. Times are UTC.
    """
    asked = IdentifierLookup(invocation.settings).ask(identifier)
    cluster = read_cluster(invocation.settings, asked)
    if picture is not None:
        picture.write_text(cluster_svg(cluster), encoding="utf-8")
    if as_lines:
        show_json(_as_json(cluster))
        return
    console, now = page(), wall_clock()
    for note in notes_of(asked, cluster.found):
        console.print(note, style="yellow")
    console.print(cluster_tree(cluster, now), log_panel(cluster), sep="\n")


@identity.command()
@click.argument("identifier")
@click.option("--rebuild", is_flag=True, help="Rebuild both contexts from the log as well.")
@click.option("--wait", default=30.0, metavar="SECONDS", help="For each answer; 30.")
@pass_invocation
def split(invocation: Invocation, identifier: str, rebuild: bool, wait: float) -> None:
    """Split IDENTIFIER from its customer, for what comes after.

    \b
      legato identity split phone:+49301234567
      legato identity split email:kim@example.org --rebuild

    What comes from now on stands for itself, until a later event proves a link again; so do the
    devices on which IDENTIFIER was the last to log in. What there was stays with the customer,
    unless with --rebuild: then both are made anew from the events that customer.events still
    holds (7 days), each with its own. An identifier that was split off before can be rebuilt
    still. The exit code is 0 once that is done, and 1 if it is not linked, or if no worker
    answers in time.
    """
    settings = invocation.settings
    asked = IdentifierLookup(settings).ask(identifier)
    former = former_parting(settings, asked) if rebuild else None
    with IdentityCommands(settings, wait) as owners:
        parting = former or _split(settings, owners, asked)
        if not rebuild:
            click.echo("what comes after stands for itself, until an event proves a link again")
            return
        playbook, show = load_live_playbook(invocation, None), partial(bar, "reading the log")
        done = rebuild_both(settings, playbook, owners, parting, show)
    click.echo(f"rebuilt from {_since(done)}: {_events(done.went)} of {asked.text} alone")
    click.echo(f"{_events(done.stayed)} stayed with customer {parting.customer_id}")


def _split(settings: Settings, owners: IdentityCommands, asked: AskedCustomer) -> SplitPlan:
    splitting = plan_split(settings, asked, wall_clock())
    told = split_off(owners, splitting, asked)
    click.echo(in_words(told, lambda name, kind: _call(asked, name, kind)))
    for device in splitting.parting.devices:
        click.echo(f"device {device} goes along: it was the last to log in there")
    return splitting.parting


def _since(done: RebuildResult) -> str:
    if done.start == LONG_AGO:
        return "all events there were"
    return f"the log, which begins at {moment(done.start)}"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _call(asked: AskedCustomer, name: str, kind: str) -> str:
    if name == asked.name and asked.value:
        return f"{asked.kind} {asked.value}"
    return f"{kind} {name}" if kind else f"customer {name}"


def _as_json(cluster: Cluster) -> dict[str, object]:
    return {
        "customer_id": cluster.customer_id,
        **identity_view(cluster.asked, cluster.found, cluster.identifiers),
        "log": cluster.log,
    }
