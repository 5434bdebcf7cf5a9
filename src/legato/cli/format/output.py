"""What the line said, as lines for a terminal. All times are UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from rich.text import Text

from legato.cli.format.reasons import why
from legato.core.events.event import Event
from legato.core.values.handoff import Handoff
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    JourneyTouchpoint,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.core.values.time import Instant, in_words, span_in_words


class OutputLine(NamedTuple):
    """A line for a terminal: when it was, unless it belongs to the line above, and what."""

    body: Text
    at: Instant | None = None

    @property
    def when(self) -> str:
        """The time in words, or as much room."""
        return moment(self.at) if self.at is not None else " " * WIDTH

    @property
    def plain(self) -> str:
        """The line without colours."""
        return f"{self.when}  {self.body.plain}"


WIDTH = 19
"""Columns that a time takes."""


def format_output(output: Output) -> Iterator[OutputLine]:
    """Tell one output in a line, and what belongs to it in lines below."""
    match output:
        case Situation():
            yield _line(output.time, _situation(output), output.customer_id)
        case Retracted():
            told = Text.assemble(("retracted ", "red"), f"{output.situation}  {output.reason}")
            yield _line(output.time, told, output.customer_id)
        case Decision():
            yield _line(output.time, _decision(output), output.customer_id)
            yield from _losers(output)
        case Action():
            yield _line(output.time, _action(output), output.customer_id)
            yield from tell_handoff(output.handoff)
        case Revoked():
            yield _line(output.time, _revoked(output), output.customer_id)
        case Conversion():
            yield _line(output.time, _conversion(output), output.customer_id)
        case Resolution():
            yield _line(output.time, _resolution(output), output.customer_id)


def tell_event(event: Event) -> OutputLine:
    """Tell an event in a line."""
    told = Text.assemble((f"{event.type} ", "cyan"), f"on {event.channel}")
    if event.data and (data := bytes(event.data).decode(errors="replace")) != "{}":
        told.append(f"  {data}", "dim")
    return _line(event.time, told, event.customer_id)


def tell_touchpoint(touchpoint: JourneyTouchpoint) -> OutputLine:
    """Tell a touchpoint in a line."""
    told = Text.assemble((f"{touchpoint.type} ", "cyan"), f"on {touchpoint.channel}")
    if touchpoint.venue:
        told.append(f" in {touchpoint.venue}")
    if about := touchpoint.goal or touchpoint.campaign:
        told.append(f"  {about}", "yellow")
    if touchpoint.order_value is not None:
        told.append(f"  {money(touchpoint.order_value, touchpoint.currency)}", "green")
    told.append(f"  journey {touchpoint.journey_id}", "dim")
    return _line(touchpoint.time, told, touchpoint.customer_id)


def tell_handoff(handoff: Handoff | None) -> Iterator[OutputLine]:
    """Tell what the receiving channel gets to read, below its action."""
    if handoff is None:
        return
    yield OutputLine(Text(f"{handoff.goal}", "italic"))
    if handoff.items:
        yield OutputLine(Text(f"{basket(handoff)}"))
    if handoff.stopped_at:
        yield OutputLine(Text(f"stopped at: {handoff.stopped_at}"))
    for touchpoint in handoff.touchpoints:
        yield OutputLine(Text(f"· {touchpoint}", "dim"))
    for name, facts in (("tried", handoff.tried), ("do not ask", handoff.do_not_ask)):
        if facts:
            yield OutputLine(Text(f"{name}: {'; '.join(facts)}"))


def basket(handoff: Handoff) -> str:
    """Write items, sizes and value as one would read them out."""
    items = [
        f"{item.quantity:g} × {item.name or item.sku}"
        + (f", size {item.size}" if item.size else "")
        for item in handoff.items
    ]
    value = money(handoff.value, handoff.currency)
    return "; ".join(items) + (f"  ({value})" if handoff.value else "")


def money(value: float, currency: str | None) -> str:
    """Write an amount with its currency, if that is known."""
    return f"{value:,.2f} {currency or ''}".strip()


def sums(worth: Mapping[str, float]) -> str:
    """Write amounts of several currencies, none added to another."""
    return " and ".join(money(value, currency) for currency, value in worth.items())


def moment(at: Instant) -> str:
    """Write an instant as a person reads it, to the second, in UTC."""
    return in_words(at).replace("T", " ").rstrip("Z")


def _line(at: Instant, told: Text, customer_id: str) -> OutputLine:
    return OutputLine(told.append(f"  {customer_id}", "dim blue"), at)


def _situation(situation: Situation) -> Text:
    stage = f" stage {situation.stage}" if situation.stage is not None else ""
    name = (f"{situation.situation}{stage}", "bold yellow")
    return Text.assemble(name, "  ", evidence_in_words(situation))


def evidence_in_words(situation: Situation) -> str:
    """Say what showed a situation."""
    evidence = situation.evidence
    goals = ", ".join(goal.removesuffix(":-") for goal in situation.goals)
    if "to" in evidence:
        gap = span_in_words(evidence.get("gap", 0))
        return f"{evidence.get('from')} → {evidence['to']} after {gap}, open: {goals or '—'}"
    return ", ".join(filter(None, (goals, *_facts(evidence))))


_FACTS: dict[str, Callable[[Any], str]] = {
    "items": lambda count: f"{count} item{'s' if count != 1 else ''}",
    "value": lambda value: f"worth {value:,.2f}",
    "values": lambda worth: f"worth {sums(worth)}",
    "origin": lambda channel: f"from {channel}",
    "reason": lambda reason: f"about {reason}",
    "waited_ms": lambda span: f"untouched for {span_in_words(span)}",
}


def _facts(evidence: Mapping[str, Any]) -> Iterator[str]:
    return (say(evidence[name]) for name, say in _FACTS.items() if evidence.get(name))


def _decision(decision: Decision) -> Text:
    stage = f" stage {decision.stage}" if decision.stage is not None else ""
    done = (decision.action, "bold green") if decision.action else ("nothing", "bold red")
    form = f" as {decision.variant}" if decision.variant else ""
    again = f", since {decision.fallback_of} came to nothing" if decision.fallback_of else ""
    return Text.assemble(done, f"{form} for {decision.situation}{stage}{again}")


def _losers(decision: Decision) -> Iterator[OutputLine]:
    """Tell the losers, those with the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for candidate in decision.candidates:
        if candidate.reason != "won":
            by_reason.setdefault(why(candidate), []).append(candidate.action)
    for reason, names in by_reason.items():
        yield OutputLine(Text(f"not {', '.join(names)}: {reason}", "dim"))


def _action(action: Action) -> Text:
    wait = f" from {moment(action.not_before)}" if action.not_before > action.time else ""
    return Text.assemble(
        (f"{action.channel} ", "bold magenta"),
        (f"{action.action}{f' as {action.variant}' if action.variant else ''}", "bold green"),
        f" → {action.address}  ({action.content_ref},{wait} until {moment(action.expires_at)})",
    )


def _revoked(revoked: Revoked) -> Text:
    late = ", too late" if revoked.too_late else ""
    return Text.assemble(
        (f"{revoked.channel} ", "bold magenta"),
        ("revoked ", "bold red"),
        f"{revoked.action_id}: {revoked.reason}{late}",
    )


def _conversion(told: Conversion) -> Text:
    led = ("did not lead", "bold red") if told.void else ("led", "bold green")
    to = (
        f" to order {told.order_id}" if told.order_id else f" to the end of case {told.case_id}"
    )
    worth = f"  ({money(told.value, told.currency)})" if told.value is not None else ""
    return Text.assemble(
        (f"{told.channel} ", "bold magenta"), (f"{told.action} ", "bold"), led, to, worth
    )


def _resolution(told: Resolution) -> Text:
    contacts = f"{told.contacts} contact{'s' if told.contacts != 1 else ''}"
    when = "for good" if told.final else "so far"
    colour = "bold red" if told.grade == "failed" else "bold green"
    return Text.assemble(
        (told.grade, colour),
        f" {when}: case {told.case_id} in {contacts} on {', '.join(told.channels)}",
    )
