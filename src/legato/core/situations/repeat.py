"""Repeat: so many events within a span."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from legato.core.conditions.compile import NAMES, Expression, Names
from legato.core.conditions.scope import Scope
from legato.core.context.forgetting import ForgetAfter
from legato.core.events.event import Event
from legato.core.situations.entries import EntryRun, Finding, RunEntry
from legato.core.situations.entry_primitive import EntryPrimitive, Role
from legato.core.situations.expressions import read_expression, value_or_none
from legato.core.situations.pattern import EventPattern, PatternText, read_pattern
from legato.core.situations.protocol import SAMPLE_START, Sample, Strict
from legato.core.situations.spans import check_span
from legato.core.values.time import DAY, MINUTE, Span, read_span, span_in_words

MOST_TIMES = 32
"""A run remembers twice as many events."""


class RepeatText(Strict, frozen=True, kw_only=True):
    """`times` events `of` a pattern `within` a span.

    `by` tells them apart by a value, `distinct` counts different values. It is found as the
    count reaches `times`, and again only after it fell below; with `every`, those that were
    counted are used up.
    """

    of: PatternText
    times: int
    within: str
    by: str = ""
    distinct: str = ""
    every: bool = False


class Repeat(EntryPrimitive, frozen=True, kw_only=True):
    """As the count of events in (t - within, t] reaches `times`."""

    word: ClassVar[str] = "repeat"
    text: ClassVar[type[Strict]] = RepeatText

    of: EventPattern
    times: int
    within: Span
    distinct: Expression | None = None
    every: bool = False

    @classmethod
    def parse(cls, name: str, text: RepeatText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        of = read_pattern(text.of, names)
        about = names.of_types(*of.types)
        return cls(
            name,
            by=read_expression(text.by, about) if text.by else None,
            of=of,
            times=text.times,
            within=read_span(text.within),
            distinct=read_expression(text.distinct, about) if text.distinct else None,
            every=text.every,
        )

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let there be something to count, and no more than is remembered."""
        if not 0 < self.times <= MOST_TIMES:
            yield f"let `times` be 1 to {MOST_TIMES}"
        yield from check_span("within", self.within)

    def describe(self) -> str:
        """Say what is counted."""
        return f"{self.times} times {self.of.describe()} within {span_in_words(self.within)}"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """All count alike."""
        return (Role(1, self.of),)

    @cached_property
    def reach(self) -> Span:
        """How far apart those that are counted may be."""
        return self.within

    def value_of(self, scope: Scope) -> Any:  # noqa: ANN401 - what a condition may return
        """What must be different of those that are counted."""
        return None if self.distinct is None else value_or_none(self.distinct, scope)

    def findings(self, entries: Sequence[RunEntry], base: Any) -> Iterator[Finding]:  # noqa: ANN401
        """Each event with which the count reaches what is asked."""
        if self.distinct is not None:
            entries = [each for each in entries if each.value is not None]
        used = tuple(base) if base else ()
        window: deque[RunEntry] = deque()
        counts: Counter[str] = Counter()
        for entry in entries:
            if used and (entry.time, entry.id) <= used:
                continue
            while window and window[0].time <= entry.time - self.within:
                _discount(counts, self._name(window.popleft()))
            before = len(counts) if self.distinct is not None else len(window)
            window.append(entry)
            counts[self._name(entry)] += 1
            after = len(counts) if self.distinct is not None else len(window)
            if before < self.times <= after:
                yield Finding(entry, entry.time, last=entry)
                if self.every:
                    window.clear()
                    counts.clear()

    @property
    def steps_alone(self) -> bool:
        """Where events are all alike, the last few are enough."""
        return self.distinct is None and not self.every

    def step(self, run: EntryRun) -> Finding | None:
        """Look at no more than as many as are counted."""
        entries, last = run.entries, run.entries[-1]
        count = len(entries)
        if count < self.times:
            return None
        since = last.time - self.within
        if entries[-self.times].time <= since:
            return None
        reached = count == self.times or entries[-self.times - 1].time <= since
        return Finding(last, last.time, last=last) if reached else None

    def let_go(self, run: EntryRun, count: int) -> None:
        """As long as enough are left to see how many there were, nothing is lost."""
        dropped = run.entries[count - 1]
        if self.every:
            used = [each.anchor for each in self.findings(run.entries, run.base)]
            past = [(each.time, each.id) for each in used if each <= dropped]
            run.base = max(past, default=run.base)
        super().let_go(run, count)
        if len(run.entries) >= MOST_TIMES and self.distinct is None and not self.every:
            run.floor = min(run.floor, run.entries[MOST_TIMES - 1].time)

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """A payment that fails twice, in time and too late."""
        failed = [
            Event(id=str(n), type="payment.failed", channel="web", time=SAMPLE_START + at)
            for n, at in enumerate((0, 10 * MINUTE, 20 * MINUTE, DAY))
        ]
        twice = {"of": "payment.failed", "times": 2, "within": "30m"}
        return (
            Sample(
                "twice, and no third time", twice, tuple(failed), DAY, ((failed[1].time, None),)
            ),
            Sample(
                "each time anew",
                {**twice, "times": 1, "every": True},
                tuple(failed[:2]),
                DAY,
                ((failed[0].time, None), (failed[1].time, None)),
            ),
            Sample("too far apart", twice, (failed[0], failed[3]), DAY, ()),
        )

    def _name(self, entry: RunEntry) -> str:
        return "" if self.distinct is None else repr(entry.value)


def _discount(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]
