"""`legato shadow`: a new playbook beside the live one, without sending anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.replay import load_playbook
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.core.values.time import Span
    from legato.shadow.shadow import ShadowSummary

EXAMPLES = """
\b
Examples:
  legato shadow --playbook new.yaml                 until Ctrl-C, a summary each minute
  legato shadow --playbook new.yaml --for 10m
  legato shadow --playbook new.yaml --until-end     what the log holds now, then end
  legato shadow --playbook new.yaml --alone         without the line's own playbook beside it
  legato shadow --playbook new.yaml --for 1h --every 5m --json | jq .customers
"""
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(epilog=EXAMPLES)
@click.option("--playbook", "new", type=_FILE, required=True, help="The playbook to try.")
@click.option("--for", "lasts", metavar="SPAN", help="End after so long, such as 10m.")
@click.option("--until-end", is_flag=True, help="End at what is the end of the log now.")
@click.option("--every", default="1m", metavar="SPAN", help="Tell how it stands so often.")
@click.option("--alone", is_flag=True, help="Do not count beside it what the line does.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a summary.")
@pass_invocation
def shadow(
    invocation: Invocation,
    new: Path,
    lasts: str | None,
    until_end: bool,
    every: str,
    alone: bool,
    as_lines: bool,
) -> None:
    """Follow the line with a new playbook, and send nothing to anybody.

    It starts from the contexts as they are now and follows customer.events from there on, with
    state and caps of its own. What it would do is written to shadow.decisions alone, and
    counted beside what the playbook of the settings, or with `playbooks = true` each version
    that counts, does with the same events: by situation, action, channel and reason. References
    are read as the line reads them. Nothing is sent, so of its actions it hears only what is
    reported of the same actions of the line.

    It keeps nothing: one that is started again begins anew. SIGTERM or Ctrl-C ends it.
    """
    from legato.logs import start_logging
    from legato.runtime.host.assembly import playbook_of
    from legato.shadow.shadow import ShadowOrder, run_shadow

    settings = invocation.settings
    live = None if alone else playbook_of(settings)
    order = ShadowOrder(
        load_playbook(invocation, new),
        new.name,
        live,
        _span("--every", every),
        None if lasts is None else _span("--for", lasts),
        until_end,
    )
    counts = "what counts" if settings.playbooks else settings.playbook or "default"
    names = None if alone else counts, str(new)
    start_logging(settings, "shadow")
    run_shadow(settings, order, lambda summary: _tell(summary, names, as_lines), leave)


def _span(option: str, text: str) -> Span:
    from legato.core.values.time import read_span

    try:
        return read_span(text)
    except ValueError as error:
        raise Failure(f"{option}: {error}", 2) from None


def _tell(summary: ShadowSummary, names: tuple[str | None, str], as_lines: bool) -> None:
    from legato.cli.format.backtest import BESIDE, BacktestReport, as_object, report_lines
    from legato.cli.format.screen import page, show_json
    from legato.operations.comparison import compare
    from legato.operations.tally import PlaybookTally

    compared = compare(summary.live or PlaybookTally(), summary.shadow)
    span = summary.first, summary.last
    report = BacktestReport(*names, compared, summary.events, 0, *span, BESIDE)
    if as_lines:
        show_json(as_object(report))
    else:
        page().print(report_lines(report))
