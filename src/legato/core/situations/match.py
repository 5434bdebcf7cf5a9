"""Match: one event says it all; not again for a while, or for the same value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from legato.core.conditions.compile import NAMES, Expression, Names
from legato.core.conditions.scope import Scope
from legato.core.context.forgetting import ForgetAfter
from legato.core.events.event import Event
from legato.core.situations.entries import EntryRun, Finding, RunEntry
from legato.core.situations.entry_primitive import EntryPrimitive, Role
from legato.core.situations.expressions import is_expression, read_expression, value_or_none
from legato.core.situations.pattern import (
    ConditionText,
    EventPattern,
    PatternText,
    read_condition,
    read_pattern,
)
from legato.core.situations.protocol import SAMPLE_START, Sample, Strict
from legato.core.situations.spans import check_span
from legato.core.values.time import DAY, HOUR, Span, read_span, span_in_words

MOST_VALUES = 64
"""So many values are remembered for which it was found."""


class MatchText(Strict, frozen=True, kw_only=True):
    """An event `on` a pattern `where` something holds.

    With `once` not again within a span (`7d`), or for the same value of an expression.
    """

    on: PatternText
    where: ConditionText = ()
    once: str = ""
    by: str = ""


class Match(EntryPrimitive, frozen=True, kw_only=True):
    """Each event that fits, but for those that `once` leaves out."""

    word: ClassVar[str] = "match"
    text: ClassVar[type[Strict]] = MatchText

    on: EventPattern
    span: Span = 0
    once: Expression | None = None

    @classmethod
    def parse(cls, name: str, text: MatchText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        pattern = read_pattern(text.on, names)
        about = names.of_types(*pattern.types)
        if text.where:
            where = read_condition(text.where, about)
            if any(each.where is not None for each in pattern.matchers):
                raise ValueError("write `where` once, beside `on` or in it")
            pattern = EventPattern(
                tuple(type(each)(each.types, where) for each in pattern.matchers)
            )
        span = _span(text.once)
        return cls(
            name,
            by=read_expression(text.by, about) if text.by else None,
            on=pattern,
            span=span or 0,
            once=read_expression(text.once, about) if text.once and span is None else None,
        )

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let the span be one that is remembered."""
        if self.span:
            yield from check_span("once", self.span)

    def describe(self) -> str:
        """Say which events fit."""
        if self.once is not None:
            return f"{self.on.describe()}, once for each {self.once.text}"
        again = f", once in {span_in_words(self.span)}" if self.span else ""
        return f"{self.on.describe()}{again}"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """All fit alike."""
        return (Role(1, self.on),)

    @cached_property
    def reach(self) -> Span:
        """How long it is not found again."""
        return self.span

    def value_of(self, scope: Scope) -> Any:  # noqa: ANN401 - what a condition may return
        """For which value it is found only once."""
        return None if self.once is None else value_or_none(self.once, scope)

    def findings(self, entries: Sequence[RunEntry], base: Any) -> Iterator[Finding]:  # noqa: ANN401
        """Each event that fits and is not left out."""
        if self.once is not None:
            yield from _once_a_value(entries, base or [])
            return
        last = base
        for entry in entries:
            if last is None or not self.span or entry.time - last >= self.span:
                last = entry.time
                yield Finding(entry, entry.time, last=entry)

    @property
    def steps_alone(self) -> bool:
        """Where no value matters, it is enough to know when it was found last."""
        return self.once is None

    def step(self, run: EntryRun) -> Finding | None:
        """Look at when it was found last."""
        entry = run.entries[-1]
        last = run.told[-1].time if run.told else run.base
        if last is not None and self.span and entry.time - last < self.span:
            return None
        return Finding(entry, entry.time, last=entry)

    def let_go(self, run: EntryRun, count: int) -> None:
        """Remember when it was found last, or for which values."""
        gone = {each.id for each in run.entries[:count]}
        found = [each.anchor for each in self.findings(run.entries, run.base)]
        told = [each for each in found if each.id in gone]
        if self.once is not None:
            values = [*(run.base or []), *(repr(each.value) for each in told)]
            run.base = values[-MOST_VALUES:]
        elif told:
            run.base = told[-1].time
        run.floor = max(run.floor, run.entries[count - 1].time + 1)
        del run.entries[:count]

    @staticmethod
    def unite_bases(ours: Any, theirs: Any) -> Any:  # noqa: ANN401 - a time, or values
        """The later time, or the values of both."""
        if isinstance(ours, list) or isinstance(theirs, list):
            return sorted({*(ours or []), *(theirs or [])})[-MOST_VALUES:]
        return max((each for each in (ours, theirs) if each is not None), default=None)

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """Deliveries that are late, told once a day."""
        late = [
            Event(id=str(n), type="delivery.delayed", channel="web", time=SAMPLE_START + at)
            for n, at in enumerate((0, HOUR, DAY))
        ]
        times = [(each.time, None) for each in late]
        return (
            Sample("each", {"on": "delivery.*"}, tuple(late), DAY, tuple(times)),
            Sample(
                "once a day",
                {"on": "delivery.delayed", "once": "24h"},
                tuple(late),
                DAY,
                (times[0], times[2]),
            ),
            Sample("another type", {"on": "order.*"}, tuple(late), DAY, ()),
        )


def _span(text: str) -> Span | None:
    """Read a span; None if there is none, or if it is an expression."""
    return read_span(text) if text and not is_expression(text) else None


def _once_a_value(entries: Sequence[RunEntry], known: Sequence[str]) -> Iterator[Finding]:
    seen = {*known}
    for entry in entries:
        value = repr(entry.value)
        if entry.value is not None and value not in seen:
            seen.add(value)
            yield Finding(entry, entry.time, last=entry)
