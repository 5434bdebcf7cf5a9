"""The decisions on a customer, each with why every other action lost."""

from __future__ import annotations

from collections.abc import Iterator

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from legato.cli.format.context import titled
from legato.cli.format.output import evidence_in_words, moment
from legato.cli.format.reasons import why
from legato.core.values.outputs import Candidate, Decision
from legato.queries.customer import KnownCustomer

_STYLES = {"won": "bold green", "not_eligible": "dim"}


def decision_panel(known: KnownCustomer, last: int) -> Panel:
    """Lay out the last decisions, oldest first, under what they were about."""
    shown = known.decisions[-last:] if last > 0 else ()
    evidence = {found.situation_id: evidence_in_words(found) for found in known.situations}
    table = Table.grid(padding=(0, 2))
    for number, decision in enumerate(shown):
        if number:
            table.add_row()
        table.add_row(*_head(decision), evidence.get(decision.situation_id, ""))
        for row in map(_row, decision.candidates):
            table.add_row(*row)
    if not shown:
        table.add_row(Text("none so far", "dim"))
    of_all = f" (last {len(shown)} of {len(known.decisions)})"
    return titled(f"decisions{of_all if len(shown) < len(known.decisions) else ''}", table)


def _head(decision: Decision) -> Iterator[Text]:
    stage = f" stage {decision.stage}" if decision.stage is not None else ""
    yield Text(moment(decision.time), "dim")
    yield Text(f"{decision.situation}{stage}", "bold yellow")


def _row(candidate: Candidate) -> tuple[Text, Text, Text]:
    style = _STYLES.get(candidate.reason, "")
    factors = candidate.factors
    worth = "" if factors is None else f"{factors.priority:.3g}"
    mark = "✔" if candidate.reason == "won" else "✘"
    return (
        Text(worth.rjust(19), "dim"),
        Text(f"{mark} {candidate.action}", style),
        Text(why(candidate), style),
    )
