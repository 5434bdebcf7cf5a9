"""The identifiers that are one customer's, as a panel."""

from __future__ import annotations

from collections.abc import Iterable

from rich.panel import Panel
from rich.text import Text

from legato.cli.format.context import grid, titled, when
from legato.core.values.time import Instant
from legato.queries.identity_cluster import Identifier
from legato.queries.identity_lookup import FoundIdentity


def identity_panel(
    found: FoundIdentity, identifiers: Iterable[Identifier], now: Instant
) -> Panel | None:
    """Lay out who a customer is made of; None before the first link."""
    rows = [
        (
            each.type,
            each.label,
            "" if each.since is None else f"since {when(each.since, now)}",
            Text(each.name if each.value else "value not known", "dim"),
        )
        for each in identifiers
    ]
    return titled("identifiers that were linked", grid(rows)) if found.members else None
