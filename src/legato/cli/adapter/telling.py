"""Tells what becomes of actions, as they are delivered."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from legato.cli.format.output import OutputLine, moment, tell_handoff
from legato.cli.format.screen import screen, show, show_json
from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.serving.adapters.machine.commands import DeliveryResult
from legato.serving.adapters.plan import Watcher

_STYLES = {
    "held": "bold",
    "delivered": "bold green",
    "failed": "bold red",
    "retried": "yellow",
    "expired": "bold yellow",
    "revoked": "bold magenta",
    "revoked_too_late": "bold red",
}


def watcher(*, as_lines: bool) -> Watcher:
    """Return what tells the terminal, as one JSON object a line if asked to."""
    if as_lines:
        return show_json
    console = screen()
    return lambda done: show(console, tell_done(done))


def tell_done(done: DeliveryResult | Unreadable) -> Iterator[OutputLine]:
    """Tell what became of an action, and what its receiver gets to read."""
    if isinstance(done, Unreadable):
        yield OutputLine(Text(f"an action cannot be read: {done.message}", "red"))
        return
    of = done.of
    told = Text.assemble(
        (f"{done.what.replace('_', ' ')} ", _STYLES[done.what]),
        (f"{of.channel} ", "bold magenta"),
        _what(of, done.what),
        (f"  {of.customer_id}", "dim blue"),
    )
    yield OutputLine(told, done.time)
    if isinstance(of, Action) and done.what == "delivered":
        yield from tell_handoff(of.handoff)


def _what(of: Action | Revoked, what: str) -> str:
    if isinstance(of, Revoked):
        return f"{of.action_id}, revoked because {of.reason}"
    wait = f", until {moment(of.not_before)}" if what == "held" else ""
    return f"{of.action} → {of.address}  ({of.content_ref}{wait})"
