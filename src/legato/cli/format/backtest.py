"""What a backtest or a shadow found, as a table for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from legato.cli.format.context import titled
from legato.cli.format.output import moment
from legato.core.playbook.versions import PlaybookVersion
from legato.core.values.time import Instant
from legato.operations.comparison import (
    ChangedCustomers,
    ComparedCount,
    Kind,
    PlaybookComparison,
    compare,
)
from legato.operations.tally import PlaybookTally
from legato.replay import Entry
from legato.wire.topics.references import ReferenceLine

KINDS: tuple[tuple[Kind, str], ...] = (
    ("situation", "situations found"),
    ("action", "actions decided"),
    ("channel", "actions by channel"),
    ("reason", "why actions lost"),
)
"""Each kind of count, and what its table is called."""


class ReportWords(Struct, frozen=True):
    """What the two sides of a report are called, in the heads of tables and in a sentence."""

    before: str
    after: str
    then: str


INSTEAD = ReportWords("before", "after", "before")
BESIDE = ReportWords("line", "shadow", "by the line")


class BacktestReport(Struct, frozen=True):
    """What was compared, over which events; without `before` there was one playbook alone."""

    before: str | None
    after: str
    comparison: PlaybookComparison
    events: int
    unread: int
    first: Instant
    last: Instant
    words: ReportWords = INSTEAD

    @classmethod
    def of(
        cls,
        names: tuple[str | None, str],
        tallies: tuple[PlaybookTally | None, PlaybookTally],
        entries: Sequence[Entry],
    ) -> BacktestReport:
        """Compare what came of the playbooks of these names."""
        before, after = tallies
        times = [entry.at for entry in entries if entry.event is not None]
        unread = sum(entry.event is None and not _is_told(entry) for entry in entries)
        first, last = (times[0], times[-1]) if times else (0, 0)
        compared = compare(before or PlaybookTally(), after)
        return cls(*names, compared, len(times), unread, first, last)

    @property
    def over(self) -> str:
        """Say over how many events it was, and of which time, in UTC."""
        lines = "1 line makes" if self.unread == 1 else f"{self.unread:,} lines make"
        unread = f"; {lines} no event" if self.unread else ""
        if not self.events:
            return f"no events{unread}"
        time = f"{moment(self.first)} to {moment(self.last)} UTC"
        return f"{self.events:,} events, {time}{unread}"


def _is_told(entry: Entry) -> bool:
    """Is it no event, but understood all the same?"""
    return isinstance(entry.reading, ReferenceLine | PlaybookVersion)


def report_lines(report: BacktestReport) -> Group:
    """Lay out a report: a table for each kind of count, then the customers."""
    old, words = report.before, report.words
    head = f"{old} → {report.after}" if old else report.after
    parts: list[RenderableType] = [Text(head, "bold"), Text(report.over, "dim")]
    for kind, title in KINDS:
        if counts := report.comparison.of(kind):
            parts.append(titled(title, _table(counts, words if old else None)))
    parts.append(_customers(report.comparison.customers, words if old else None))
    return Group(*parts)


def _table(counts: Sequence[ComparedCount], words: ReportWords | None) -> Table:
    named = any(each.customers for each in counts)
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True, min_width=max(len(each.name) for each in counts))
    for head in _heads(words, named=named):
        table.add_column(head, justify="right")
    for each in counts:
        table.add_row(each.name, *_cells(each, both=words is not None))
    return table


def _heads(words: ReportWords | None, *, named: bool) -> list[str]:
    heads = [words.before, words.after, "difference"] if words else ["times"]
    if named:
        heads += ["gained", "lost"] if words else ["customers"]
    return heads


def _cells(each: ComparedCount, *, both: bool) -> list[Text]:
    customers = each.customers
    if not both:
        cells = [f"{each.after:,}", *([f"{customers.after:,}"] if customers else [])]
        return [Text(cell) for cell in cells]
    style = "" if not each.difference else "green" if each.difference > 0 else "red"
    changed = (customers.gained_count, customers.lost_count) if customers else ()
    return [
        Text(f"{each.before:,}"),
        Text(f"{each.after:,}"),
        Text(signed(each.difference), style),
        *(Text(f"{count:,}") for count in changed),
    ]


def signed(difference: int) -> str:
    """Write a difference with its sign; nothing where there is none."""
    return f"{difference:+,}" if difference else "·"


def _customers(customers: ChangedCustomers, words: ReportWords | None) -> Text:
    if words is None:
        return Text(f"something is done for {_people(customers.after)}")
    done = f"something is done for {_people(customers.after)}"
    changed = f"{customers.gained_count:,} gained, {customers.lost_count:,} lost"
    return Text(f"{done}, {words.then} for {customers.before:,}: {changed}")


def _people(count: int) -> str:
    return "1 customer" if count == 1 else f"{count:,} customers"


def as_object(report: BacktestReport) -> dict[str, object]:
    """Make a report a JSON object."""
    return {
        "before": report.before,
        "after": report.after,
        "events": report.events,
        "unread": report.unread,
        "from": report.first,
        "until": report.last,
        "counts": [
            {
                "kind": each.kind,
                "name": each.name,
                "before": each.before,
                "after": each.after,
                "difference": each.difference,
                **(
                    {
                        "customers_gained": each.customers.gained_count,
                        "customers_lost": each.customers.lost_count,
                    }
                    if each.customers
                    else {}
                ),
            }
            for each in report.comparison.counts
        ],
        "customers": report.comparison.customers,
    }
