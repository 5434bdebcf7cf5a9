"""Sequence: one thing after the other, within a span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

from legato.core.conditions.compile import NAMES, Names
from legato.core.context.forgetting import ForgetAfter
from legato.core.events.event import Event
from legato.core.situations.entries import EntryRun, Finding, RunEntry
from legato.core.situations.entry_primitive import EntryPrimitive, Role
from legato.core.situations.expressions import read_expression
from legato.core.situations.pattern import EventPattern, PatternText, read_pattern
from legato.core.situations.protocol import SAMPLE_START, Sample, Strict
from legato.core.situations.spans import check_span
from legato.core.values.time import DAY, MINUTE, Instant, Span, read_span, span_in_words

MOST_STEPS = 16
_WITHOUT = 1 << MOST_STEPS


class SequenceText(Strict, frozen=True, kw_only=True):
    """`steps` one after the other, all `within` a span, `without` something between."""

    steps: list[PatternText]
    within: str
    without: PatternText = ()
    by: str = ""


class Steps(EntryPrimitive, frozen=True, kw_only=True):
    """The earliest unused event of each step after the one before; one attempt at a time."""

    word: ClassVar[str] = "sequence"
    text: ClassVar[type[Strict]] = SequenceText

    steps: tuple[EventPattern, ...]
    within: Span
    without: EventPattern | None = None

    @classmethod
    def parse(cls, name: str, text: SequenceText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        steps = tuple(read_pattern(each, names) for each in text.steps)
        about = names.of_types(*(kind for each in steps for kind in each.types))
        return cls(
            name,
            by=read_expression(text.by, about) if text.by else None,
            steps=steps,
            within=read_span(text.within),
            without=read_pattern(text.without, names) if text.without else None,
        )

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let there be something to follow."""
        if not 1 < len(self.steps) <= MOST_STEPS:
            yield f"let `steps` list 2 to {MOST_STEPS} of them"
        yield from check_span("within", self.within)

    def describe(self) -> str:
        """Say what follows what."""
        steps = ", then ".join(each.describe() for each in self.steps)
        return f"{steps}, within {span_in_words(self.within)}"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """A step each; what may not come between speaks of all if it has no key."""
        steps = [Role(1 << n, each) for n, each in enumerate(self.steps)]
        if self.without is not None:
            steps.append(Role(_WITHOUT, self.without, closing=True))
        return tuple(steps)

    @cached_property
    def reach(self) -> Span:
        """How long all steps may take."""
        return self.within

    def findings(self, entries: Sequence[RunEntry], base: Any) -> Iterator[Finding]:  # noqa: ANN401
        """Each event that completes the steps, one attempt after the other."""
        used: tuple[Instant, str] = tuple(base) if base else (_BEFORE_ALL, "")
        start = 0
        while start < len(entries):
            first = entries[start]
            if not first.roles & 1 or (first.time, first.id) <= used:
                start += 1
                continue
            last = self._completed(entries, start)
            if last is None:
                start += 1
                continue
            yield Finding(entries[last], entries[last].time, last=entries[last])
            start = last + 1

    def let_go(self, run: EntryRun, count: int) -> None:
        """Remember up to where entries were used up."""
        floor = run.entries[count - 1].time + self.within
        done = [
            (each.time, each.id)
            for each in (found.anchor for found in self.findings(run.entries, run.base))
            if each.time < floor
        ]
        run.base = max(done, default=run.base)
        super().let_go(run, count)

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """Two looks at an article of the knowledge base, then a call."""
        types = ("article.viewed", "page.viewed", "article.viewed", "contact.started")
        events = tuple(
            Event(id=str(n), type=kind, channel="web", time=SAMPLE_START + n * MINUTE)
            for n, kind in enumerate(types)
        )
        steps = ["article.viewed", "article.viewed", "contact.started"]
        found = ((events[3].time, None),)
        return (
            Sample("in order", {"steps": steps, "within": "1h"}, events, DAY, found),
            Sample("too slow", {"steps": steps, "within": "2m"}, events, DAY, ()),
            Sample(
                "with something between",
                {"steps": steps, "within": "1h", "without": "page.*"},
                events,
                DAY,
                (),
            ),
        )

    def _completed(self, entries: Sequence[RunEntry], start: int) -> int | None:
        """Find with which entry an attempt is complete; None if it is dropped or still runs."""
        end, step = entries[start].time + self.within, 1
        for n in range(start + 1, len(entries)):
            entry = entries[n]
            if entry.time > end or entry.roles & _WITHOUT:
                return None
            if entry.roles & 1 << step:
                step += 1
                if step == len(self.steps):
                    return n
        return None


_BEFORE_ALL: Instant = -(2**62)
