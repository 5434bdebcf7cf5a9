"""`legato identity`: who is one customer, why, and how to part them."""

from __future__ import annotations

from pathlib import Path

import click

from legato.cli.cluster import Cluster, identity_view, notes_of, read_cluster
from legato.cli.envelope import wall_clock
from legato.cli.identity_split import split_off
from legato.cli.identity_svg import cluster_svg
from legato.cli.identity_tree import cluster_tree, log_panel
from legato.cli.identity_words import in_words
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.screen import page, show_json
from legato.cli.who import Asked, Who


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
    asked = Who(invocation.settings).ask(identifier)
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
@click.option("--wait", default=30.0, metavar="SECONDS", help="For the answer; 30.")
@pass_invocation
def split(invocation: Invocation, identifier: str, wait: float) -> None:
    """Split IDENTIFIER from its customer, for what comes after.

    \b
      legato identity split phone:+49301234567

    What there was stays with the customer; what comes from now on stands for itself, until a
    later event proves a link again. The exit code is 0 once that is so, and 1 if it is not
    linked, or if no worker answers in time.
    """
    asked = Who(invocation.settings).ask(identifier)
    told = split_off(invocation.settings, asked, wait)
    click.echo(in_words(told, lambda name, kind: _call(asked, name, kind)))
    click.echo("what comes after stands for itself, until a later event proves a link again")


def _call(asked: Asked, name: str, kind: str) -> str:
    if name == asked.name and asked.value:
        return f"{asked.kind} {asked.value}"
    return f"{kind} {name}" if kind else f"customer {name}"


def _as_json(cluster: Cluster) -> dict[str, object]:
    return {
        "customer_id": cluster.customer_id,
        **identity_view(cluster.asked, cluster.found, cluster.identifiers),
        "log": cluster.log,
    }
