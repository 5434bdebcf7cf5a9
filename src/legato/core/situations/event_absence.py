"""Absence of an event: one thing came, and what should follow did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import isfinite
from typing import Any, ClassVar, Literal, Self

from msgspec import field

from legato.core.conditions.compile import NAMES, Expression, Names
from legato.core.conditions.scope import Scope
from legato.core.context.forgetting import ForgetAfter
from legato.core.events.event import Event
from legato.core.situations.entries import LONGEST, EntryRun, Finding, RunEntry
from legato.core.situations.entry_primitive import EntryPrimitive, Role
from legato.core.situations.expressions import is_expression, read_expression, value_or_none
from legato.core.situations.pattern import (
    NOTHING_FITS,
    EventPattern,
    PatternText,
    read_pattern,
)
from legato.core.situations.protocol import SAMPLE_START, Sample, Strict
from legato.core.situations.spans import check_span
from legato.core.values.time import (
    DAY,
    HOUR,
    Instant,
    Span,
    read_instant,
    read_span,
    span_in_words,
)

_AFTER, _UNLESS = 1, 2


class AbsenceText(Strict, frozen=True, kw_only=True):
    """What came `after`, and nothing of `unless` since, `for` a span or more, or `until` then.

    Spans are stages. A span or an instant may be an expression; it is worked out when the
    event comes. Another event of `after` starts anew, unless `restart` is false. With `of` it
    watches a cart, a case or the customer as they are, and `after` lists the spans.
    """

    after: PatternText
    of: Literal["", "cart", "case", "customer"] = ""
    unless: PatternText = ()
    span: str | tuple[str, ...] = field(default=(), name="for")
    until: str = ""
    restart: bool = True
    by: str = ""

    @property
    def is_of_events(self) -> bool:
        """Is it about events, rather than about a cart, a case or the customer?"""
        return bool(self.span or self.until)


class EventAbsence(EntryPrimitive, frozen=True, kw_only=True):
    """Nothing of `unless` since the event that anchors it, for each of `spans`."""

    word: ClassVar[str] = "absence"
    text: ClassVar[type[Strict]] = AbsenceText

    after: EventPattern
    unless: EventPattern
    spans: tuple[Span, ...] = ()
    span: Expression | None = None
    until: Expression | None = None
    restart: bool = True

    @classmethod
    def parse(cls, name: str, text: AbsenceText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        if text.of:
            raise ValueError(
                "leave out `of`, which has its spans in `after`; or leave out `for` and `until`"
            )
        if text.span and text.until:
            raise ValueError("say how long by `for` or by `until`; leave one of them out")
        after = read_pattern(text.after, names)
        unless = read_pattern(text.unless, names) if text.unless else NOTHING_FITS
        about = names.of_types(*after.types)
        spans, expression = _spans(text.span, about)
        keys = names.of_types(*after.types, *unless.types)
        return cls(
            name,
            by=read_expression(text.by, keys) if text.by else None,
            after=after,
            unless=unless,
            spans=spans,
            span=expression,
            until=read_expression(text.until, about) if text.until else None,
            restart=text.restart,
        )

    @property
    def stages(self) -> int:
        """One for each span; an instant is none."""
        return len(self.spans) if len(self.spans) > 1 else 0

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let the spans grow, and be remembered."""
        if list(self.spans) != sorted({*self.spans}):
            yield "let `for` list growing spans, such as [1h, 24h]"
        for span in self.spans:
            yield from check_span("for", span)

    def describe(self) -> str:
        """Say what came, and what did not."""
        unless = f" without {self.unless.describe()}" if self.unless.matchers else ""
        if self.until is not None:
            return f"{self.after.describe()}{unless} until {self.until.text}"
        spans = ", then ".join(map(span_in_words, self.spans))
        return f"{self.after.describe()}{unless} for {self.span.text if self.span else spans}"

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """What starts it, and what ends it, for all runs if it has no key."""
        return Role(_AFTER, self.after), Role(_UNLESS, self.unless, closing=True)

    @cached_property
    def reach(self) -> Span:
        """The last span; what is worked out may take as long as anything is remembered."""
        return self.spans[-1] if self.spans else LONGEST

    @cached_property
    def _soonest(self) -> Span:
        """After which span its first stage is due: most anchors end before."""
        return min(self.spans, default=0)

    def value_of(self, scope: Scope) -> Any:  # noqa: ANN401 - an instant, or nothing
        """When it is due, if that is worked out as the event comes."""
        if self.until is not None:
            due = _instant(value_or_none(self.until, scope))
        elif self.span is not None:
            span = _milliseconds(value_or_none(self.span, scope))
            due = None if span is None else scope.now + span
        else:
            return None
        return None if due is None or due > scope.now + LONGEST else max(due, scope.now)

    def findings(self, entries: Sequence[RunEntry], base: Any) -> list[Finding]:  # noqa: ANN401
        """Each deadline before which nothing came."""
        found: list[Finding] = []
        anchor: RunEntry | None = None
        for entry in entries:
            starts = entry.roles & _AFTER
            if anchor is not None and (entry.roles & _UNLESS or (starts and self.restart)):
                found += self._due(anchor, entry.time)
                anchor = None
            if starts and anchor is None:
                anchor = entry
        if anchor is not None:
            found += self._due(anchor, None)
        return found

    def can_go(self, run: EntryRun) -> int:
        """The event that still anchors a run stays."""
        count = super().can_go(run)
        return min(count, self._anchor_at(run, count)) if count else 0

    def let_go(self, run: EntryRun, count: int) -> None:
        """Of what is let go the anchor is known: it stays."""
        at = self._anchor_at(run, count)
        begins_anew = self.restart and run.entries[count].roles & _AFTER
        kept = [run.entries[at]] if at < count and not begins_anew else []
        super().let_go(run, count)
        run.entries[:0] = kept
        if run.entries:
            run.floor = min(run.floor, run.entries[0].time)

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """An account that is made, and nothing that is done with it."""
        start = SAMPLE_START
        made = Event(id="1", type="account.created", channel="web", time=start)
        seen = Event(id="2", type="page.viewed", channel="web", time=start + HOUR)
        again = Event(id="3", type="account.created", channel="web", time=start + 2 * HOUR)
        stalled = {"after": "account.created", "unless": "product.used", "for": ["3h", "3d"]}
        found = ((start + 3 * HOUR, 1), (start + 3 * DAY, 2))
        anew = ((start + 5 * HOUR, 1), (start + 2 * HOUR + 3 * DAY, 2))
        return (
            Sample("in stages", stalled, (made, seen), 4 * DAY, found),
            Sample("anew with the next", stalled, (made, again), 4 * DAY, anew),
            Sample(
                "but not unless", {**stalled, "restart": False}, (made, again), 4 * DAY, found
            ),
            Sample("done in time", {**stalled, "unless": "page.*"}, (made, seen), 4 * DAY, ()),
        )

    def _due(self, anchor: RunEntry, before: Instant | None) -> list[Finding]:
        """Each stage of an anchor that is due by then, if that is known."""
        if before is not None and before < anchor.time + self._soonest and anchor.value is None:
            return []
        dues = [anchor.time + span for span in self.spans]
        if anchor.value is not None:
            dues.append(anchor.value)
        has_stages = len(self.spans) > 1
        return [
            Finding(anchor, due, n if has_stages else 0)
            for n, due in enumerate(dues, 1)
            if before is None or due <= before
        ]

    def _anchor_at(self, run: EntryRun, count: int) -> int:
        """Find the entry that anchors a run as the first that stays comes; `count` if none."""
        at = count
        for n, entry in enumerate(run.entries[:count]):
            if entry.roles & _UNLESS:
                at = count
            if entry.roles & _AFTER and (self.restart or at == count):
                at = n
        return at


def _spans(
    text: str | tuple[str, ...], names: Names
) -> tuple[tuple[Span, ...], Expression | None]:
    if not isinstance(text, str):
        return tuple(map(read_span, text)), None
    if text and is_expression(text):
        return (), read_expression(text, names)
    return (read_span(text),) if text else (), None


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return round(value)


def _instant(value: object) -> Instant | None:
    """Read an instant: milliseconds, or RFC 3339."""
    if isinstance(value, str):
        try:
            return read_instant(value)
        except ValueError:
            return None
    return _milliseconds(value)
