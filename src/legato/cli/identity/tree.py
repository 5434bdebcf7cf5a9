"""A customer's identifiers as a tree, and the log of their links."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.panel import Panel
from rich.text import Text
from rich.tree import Tree

from legato.cli.format.context import grid, titled, when
from legato.cli.format.identity import in_words
from legato.cli.format.output import moment
from legato.core.values.time import Instant
from legato.queries.identity_cluster import Cluster, Identifier


def cluster_tree(cluster: Cluster, now: Instant) -> Tree:
    """Draw the customer, below it the identifiers by type, below each what is noted of it."""
    tree = Tree(Text.assemble("customer ", (cluster.customer_id, "bold")))
    for kind, group in groupby(cluster.identifiers, key=lambda each: each.type):
        branch = tree.add(Text(kind, "cyan"))
        for each in group:
            leaf = branch.add(_leaf(each, now))
            for note in _notes(cluster, each, now):
                leaf.add(Text(note, "dim"))
    if cluster.former:
        branch = tree.add(Text("no longer", "yellow"))
        for told in cluster.former:
            branch.add(Text(f"{in_words(told, cluster.call)}, {when(told.time, now)}"))
    return tree


def log_panel(cluster: Cluster) -> Panel:
    """List what happened, oldest first."""
    rows = [(moment(told.time), Text(in_words(told, cluster.call))) for told in cluster.log]
    return titled("log of links", grid(rows or [("nothing in the log", "")]))


def _leaf(each: Identifier, now: Instant) -> Text:
    since = "" if each.since is None else f"  since {when(each.since, now)}"
    name = f"  {each.name}" if each.value else ""
    return Text.assemble((each.label, "bold"), since, (name, "dim"))


def _notes(cluster: Cluster, each: Identifier, now: Instant) -> Iterator[str]:
    for claim in each.claims:
        yield f"claimed by {cluster.call(claim.by)}, {when(claim.time, now)}"
    if each.split is not None:
        yield f"split off {when(each.split, now)}: proofs from before do not count"
    if each.blocked:
        yield "blocked: too many customers share it, so it links nobody"
