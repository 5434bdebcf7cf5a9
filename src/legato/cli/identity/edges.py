"""Which identifier a link leads to, and what proved it."""

from __future__ import annotations

from msgspec import Struct

from legato.cli.cluster import Cluster, Identifier
from legato.core.identity.device_logins import latest_login
from legato.core.identity.events import Evidence, IdentifierLinked
from legato.core.values.time import Instant


class Edge(Struct, frozen=True):
    """A link of an identifier to another, or to the customer; without evidence if too old."""

    child: str
    parent: str
    evidence: Evidence | None = None
    time: Instant | None = None


def edges_of(cluster: Cluster) -> dict[str, Edge]:
    """Name for each identifier but the customer's own where it leads: a tree."""
    linked = {
        told.identifier: told for told in cluster.log if isinstance(told, IdentifierLinked)
    }
    return {
        each.name: _edge(cluster, each, linked.get(each.name))
        for each in cluster.identifiers
        if each.name != cluster.customer_id
    }


def _edge(cluster: Cluster, each: Identifier, told: IdentifierLinked | None) -> Edge:
    claim = latest_login(each.claims)
    parent = told.customer_id if told is not None else ""
    if claim is not None:
        parent = claim.by
    if parent not in cluster.names or parent >= each.name:
        parent = cluster.customer_id
    if told is None:
        return Edge(each.name, parent, time=each.since)
    return Edge(each.name, parent, told.evidence, told.time)
