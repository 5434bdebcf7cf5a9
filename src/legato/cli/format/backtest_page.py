"""What a backtest found, as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from legato.cli.format.backtest import KINDS, BacktestReport, signed
from legato.cli.format.reasons import why_in_general
from legato.operations.comparison import ComparedCount

STYLE = """
:root { --ink: #1b1f24; --soft: #57606a; --line: #e3e7eb; --paper: #ffffff; --band: #f6f8fa;
  --old: #c4ccd4; --new: #0b6bcb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #30363d;
  --paper: #0d1117; --band: #161b22; --old: #484f58; --new: #58a6ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 3rem 1.5rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; font-weight: 600; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .5rem; font-weight: 600; }
p { color: var(--soft); margin: 0; }
code { font: .9em ui-monospace, monospace; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  gap: 1rem; margin-top: 2rem; }
.fact { background: var(--band); border-radius: .6rem; padding: 1rem 1.2rem; }
.fact b { display: block; font-size: 1.7rem; font-weight: 600; line-height: 1.2; }
.fact span { color: var(--soft); font-size: .9rem; }
table { width: 100%; table-layout: fixed; border-collapse: collapse;
  font-variant-numeric: tabular-nums; }
th { text-align: right; color: var(--soft); font-weight: 500; font-size: .85rem; }
th, td { padding: .45rem .5rem; border-bottom: 1px solid var(--line); }
td { text-align: right; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:first-child { width: 32%; } th:nth-child(2) { width: 24%; }
.bar { height: .45rem; border-radius: .2rem; min-width: 1px; }
.old { background: var(--old); margin-bottom: .15rem; } .new { background: var(--new); }
td b { font-weight: 600; } td small { display: block; color: var(--soft); }
.key i { display: inline-block; width: .8rem; height: .45rem; border-radius: .2rem;
  margin: 0 .3rem 0 .9rem; } .key i:first-child { margin-left: 0; }
.key { font-size: .85rem; margin-top: .3rem; }
"""


def report_page(report: BacktestReport) -> str:
    """Write the page; all names are escaped."""
    return "\n".join(_page(report)) + "\n"


def _page(report: BacktestReport) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Backtest of {escape(report.after)}</title>\n<style>{STYLE}</style>\n</head>"
    yield "<body>\n<h1>What would be different</h1>"
    if report.before is None:
        yield f"<p><code>{escape(report.after)}</code> alone, over {report.over}.</p>"
    else:
        yield (
            f"<p><code>{escape(report.after)}</code> in place of "
            f"<code>{escape(report.before)}</code>, over {report.over}.</p>"
        )
        yield '<p class="key"><i class="old"></i>before<i class="new"></i>after</p>'
    yield from _facts(report)
    for kind, title in KINDS:
        if counts := report.comparison.of(kind):
            yield f"<h2>{title[0].upper()}{title[1:]}</h2>"
            yield from _table(counts, both=report.before is not None)
    yield "</body>\n</html>"


def _facts(report: BacktestReport) -> Iterator[str]:
    customers = report.comparison.customers
    actions = report.comparison.of("action")
    facts = [
        (f"{sum(each.after for each in actions):,}", "actions"),
        (f"{customers.after:,}", "customers for whom something is done"),
    ]
    if report.before is not None:
        more = sum(each.difference for each in actions)
        facts[0] = facts[0][0], f"actions ({signed(more)})" if more else "actions, as before"
        facts.append((f"{customers.gained_count:,}", "customers gained"))
        facts.append((f"{customers.lost_count:,}", "customers lost"))
    yield '<div class="facts">'
    for number, words in facts:
        yield f'<div class="fact"><b>{number}</b><span>{words}</span></div>'
    yield "</div>"


def _table(counts: Sequence[ComparedCount], *, both: bool) -> Iterator[str]:
    named = any(each.customers for each in counts)
    heads = ["", "", "before", "after", "difference"] if both else ["", "", "times"]
    if named:
        heads += ["gained", "lost"] if both else ["customers"]
    yield f"<table>\n<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
    most = max(1, *(max(each.before, each.after) for each in counts))
    for each in counts:
        cells = "".join(f"<td>{cell}</td>" for cell in _cells(each, both=both))
        bars = _bars(each, most, both=both)
        yield f"<tr><td>{_name(each)}</td><td>{bars}</td>{cells}</tr>"
    yield "</table>"


def _name(each: ComparedCount) -> str:
    if each.kind != "reason":
        return escape(each.name)
    return f"{escape(each.name)}<small>{escape(why_in_general(each.name))}</small>"


def _bars(each: ComparedCount, most: int, *, both: bool) -> str:
    shown = [("old", each.before), ("new", each.after)] if both else [("new", each.after)]
    return "".join(
        f'<div class="bar {name}" style="width:{100 * count / most:.1f}%"></div>'
        for name, count in shown
    )


def _cells(each: ComparedCount, *, both: bool) -> list[str]:
    customers = each.customers
    if not both:
        return [f"{each.after:,}", *([f"{customers.after:,}"] if customers else [])]
    change = signed(each.difference)
    return [
        f"{each.before:,}",
        f"{each.after:,}",
        f"<b>{change}</b>" if each.difference else change,
        *([f"{customers.gained_count:,}", f"{customers.lost_count:,}"] if customers else []),
    ]
