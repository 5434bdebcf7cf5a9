"""Absence: something open saw no event of its own for a while, in stages.

Deadlines are derived from the context, never stored: the touch, plus the span of the next
stage. What is kept is only how many stages fired since the touch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions.compile import NAMES, Names
from legato.core.conditions.scope import Scope
from legato.core.context.context import Cart, Context, worth_of
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.goals import Goal
from legato.core.context.runs import reset_stages, stages_fired
from legato.core.events.event import Event
from legato.core.events.types import EventType
from legato.core.situations.event_absence import AbsenceText, EventAbsence
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.situations.protocol import (
    SAMPLE_START,
    SHOE_ADDED,
    Found,
    News,
    Primitive,
    Runs,
    Sample,
    Strict,
    Upcoming,
    Wake,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import (
    DAY,
    HOUR,
    LONG_AGO,
    NEVER,
    Instant,
    Span,
    read_span,
    span_in_words,
)

CUSTOMER = "customer:"
"""The subject of an absence of the customer as a whole."""


class Subject(Struct, frozen=True, gc=False):
    """What an absence watches: its name (`cart:-`), when it was last touched, and by what."""

    name: str
    touched: Instant
    touched_by: str


class Absence(Primitive, frozen=True):
    """Something open (`of`) saw no event of its own: one stage for each span in `after`."""

    word: ClassVar[str] = "absence"
    text: ClassVar[type[Strict]] = AbsenceText

    of: Literal["cart", "case", "customer"]
    after: tuple[Span, ...]
    lineage: Lineage = FIRST

    @property
    def shape(self) -> tuple[object, ...]:
        """What it watches."""
        return (type(self), self.of)

    def with_lineage(self, lineage: Lineage) -> Self:
        """Take what counted before."""
        return replace(self, lineage=lineage)

    def after_touch(self, touched: Instant) -> tuple[Span, ...]:
        """The spans that count since a touch; none if it was not looked for yet."""
        if self.lineage is FIRST:
            return self.after
        definition = self.lineage.at(touched, self)
        return () if definition is None else definition.after

    @classmethod
    def parse(cls, name: str, text: AbsenceText, names: Names = NAMES) -> Primitive:
        """Compile it; raises ValueError for what is no span."""
        if text.is_of_events:
            return EventAbsence.parse(name, text, names)
        if text.unless or text.by or not text.restart:
            raise ValueError(_why_no_absence(text))
        spans = text.after if isinstance(text.after, tuple) else (text.after,)
        listed = [each for each in spans if isinstance(each, str)]
        return cls(name, text.of or "cart", tuple(map(read_span, listed)))

    @property
    def stages(self) -> int:
        """One for each span."""
        return len(self.after)

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let the spans grow, and end before what they watch is forgotten."""
        after = self.after
        if not after or after[0] <= 0 or list(after) != sorted(set(after)):
            yield "let `after` list growing spans, such as [1h, 24h]"
            return
        limit = {"cart": forget.cart, "case": forget.case}.get(self.of)
        if limit is not None and after[-1] >= limit:
            yield (
                f"its last stage comes when the {self.of} is forgotten; "
                f"keep `after` under {span_in_words(limit)} or raise `forget`"
            )

    def describe(self) -> str:
        """Say what nobody touched, and for how long."""
        spans = ", then ".join(map(span_in_words, self.after))
        what = {"cart": "a filled cart", "case": "an open case", "customer": "the customer"}
        return f"nothing of {what[self.of]} for {spans}"

    def wakes_on(self, kind: EventType) -> Wake:
        """What touches carts and cases is applied to them; only customers are watched here."""
        if self.of == "customer" and kind.initiated and not kind.is_click:
            return Wake.ALWAYS
        return Wake.NEVER

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        """Start anew when the customer does something."""
        context = scope.context
        if context.runs and event.time > context.present:
            reset_stages(context, CUSTOMER)
        return ()

    def next_due(self, context: Context) -> Instant:
        """Return the deadline of the first stage to come.

        The first arm is what nearly every event of a cart takes.
        """
        due, runs, after = NEVER, context.runs, self.after
        if self.of == "cart" and self.lineage is FIRST:
            for key, cart in context.carts.items():
                if cart.lines and cart.touched + after[0] < due:
                    fired = runs.get(f"{self.name}|cart:{key}", 0) if runs else 0
                    if fired < len(after):
                        due = min(due, cart.touched + after[fired])
            return due
        for subject in self._subjects(context):
            fired = runs.get(f"{self.name}|{subject.name}", 0)
            after = self.after_touch(subject.touched)
            if fired < len(after):
                due = min(due, subject.touched + after[fired])
        return due

    def upcoming(self, context: Context) -> list[Upcoming]:
        """List the next stage of each subject."""
        return [
            Upcoming(self.name, fired + 1, subject.name, subject.touched + after[fired])
            for subject in self._subjects(context)
            if (fired := context.runs.get(f"{self.name}|{subject.name}", 0))
            < len(after := self.after_touch(subject.touched))
        ]

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        """Fire the stages whose deadline is now."""
        context, now = scope.context, scope.now
        found: list[Found] = []
        for subject in self._subjects(context):
            after, touched = self.after_touch(subject.touched), subject.touched
            stage = context.runs.get(f"{self.name}|{subject.name}", 0) + 1
            if stage <= len(after) and touched + after[stage - 1] == now:
                context.runs[f"{self.name}|{subject.name}"] = stage
                missed = stage < len(after) and touched + after[stage] <= clock
                waited = after[stage - 1]
                found.append((self._situation(context, subject, stage, waited), missed))
        return found

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        """Count fired stages since the last touch: those of the side that was touched last.

        That side may have had nothing to fire for. What was due before the two were one, and
        was told by the other, is not told again.
        """
        runs: Runs = {}
        sides = (ours, theirs)
        fired = [stages_fired(side.runs) for side in sides]
        for key in fired[0].keys() | fired[1].keys():
            name, _, subject = key.partition("|")
            touched = [touched_of(side, subject) for side in sides]
            last = max(touched)
            told = [stages.get(key, 0) for stages in fired]
            own = max(n for n, at in zip(told, touched, strict=True) if at == last)
            due = _due_by(situations.get(name), subject, last, since)
            runs[key] = max(own, min(max(told), due))
        return {key: count for key, count in runs.items() if count}

    @classmethod
    def rebuilt(cls, before: Context, after: Context) -> Runs:
        """Of what is as it was, the stages that were told in truth."""
        told, runs = stages_fired(before.runs), stages_fired(after.runs)
        for key in told.keys() | runs.keys():
            subject = key.partition("|")[2]
            if touched_of(before, subject) == touched_of(after, subject):
                runs[key] = told.get(key, 0)
        return {key: count for key, count in runs.items() if count}

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """A cart that is left, and a customer who stays away and comes back."""
        start = SAMPLE_START
        seen = Event(id="2", type="page.viewed", channel="web", time=start + 3 * HOUR)
        return (
            Sample(
                "a cart that nobody touches",
                {"of": "cart", "after": ["1h", "24h"]},
                (SHOE_ADDED, seen),
                2 * DAY,
                ((start + HOUR, 1), (start + DAY, 2)),
            ),
            Sample(
                "a customer who stays away, and again",
                {"of": "customer", "after": ["2h"]},
                (SHOE_ADDED, seen),
                DAY,
                ((start + 2 * HOUR, 1), (start + 5 * HOUR, 1)),
            ),
            Sample(
                "no case, so none is left", {"of": "case", "after": ["1h"]}, (seen,), DAY, ()
            ),
        )

    def _subjects(self, context: Context) -> Iterator[Subject]:
        """What is watched of a customer: a cart only while it is filled."""
        if self.of == "cart":
            for key, cart in context.carts.items():
                if cart.lines:
                    yield Subject(f"cart:{key}", cart.touched, cart.touched_by)
        elif self.of == "case":
            for key, case in context.cases.items():
                if case.is_over:
                    continue
                yield Subject(f"case:{key}", case.touched, case.touched_by)
        elif context.channel:
            yield Subject(CUSTOMER, context.present, str(context.present))

    def _situation(
        self, context: Context, subject: Subject, stage: int, waited: Span
    ) -> Situation:
        occurrence = derive_id(context.customer_id, self.name, subject.name, subject.touched_by)
        return Situation(
            customer_id=context.customer_id,
            situation=self.name,
            time=subject.touched + waited,
            occurrence_id=occurrence,
            situation_id=derive_id(occurrence, stage),
            stage=stage,
            journey_id=context.journey_id,
            goals=_goals(context, subject),
            evidence=_evidence(context, subject, waited),
        )


def _due_by(absence: Absence | None, subject: str, touched: Instant, now: Instant) -> int:
    """Count the stages that are due by now, after the touch."""
    if absence is None or absence.of != subject.partition(":")[0]:
        return 0
    return sum(after <= now - touched for after in absence.after_touch(touched))


def touched_of(context: Context, subject: str) -> Instant:
    """Say when a subject (`cart:-`) was last touched, be it closed by an order or not."""
    kind, _, key = subject.partition(":")
    if kind == "customer":
        return context.present
    if kind == "case":
        case = context.cases.get(key)
        return LONG_AGO if case is None else case.touched
    cart = context.carts.get(key) or context.closed_carts.get(key)
    return LONG_AGO if cart is None else cart.touched


def _goals(context: Context, subject: Subject) -> tuple[str, ...]:
    kind, _, key = subject.name.partition(":")
    if kind == "cart" and context.carts[key].checkout is not None:
        return (subject.name, Goal("checkout", key).name)
    return (subject.name,) if kind != "customer" else ()


def _evidence(context: Context, subject: Subject, waited: Span) -> dict[str, Any]:
    kind, _, key = subject.name.partition(":")
    evidence: dict[str, Any] = {"touched": subject.touched, "waited_ms": waited}
    if kind == "cart":
        cart = context.carts[key]
        evidence |= {
            "cart_id": key,
            "items": len(cart.lines),
            **_worth(cart),
            "origin": cart.origin,
        }
    elif kind == "case":
        evidence |= {"case_id": key, "reason": context.cases[key].reason}
    return evidence


def _worth(cart: Cart) -> dict[str, Any]:
    """What a cart comes to: `value`, or `values` by currency if there are several."""
    worth = {name: round(value, 2) for name, value in worth_of((cart,)).items()}
    return {"values": worth} if len(worth) > 1 else {"value": next(iter(worth.values()), 0.0)}


def _why_no_absence(text: AbsenceText) -> str:
    """Say what is missing of an absence of events, or is too much of another."""
    if not text.of:
        return "say how long by `for` or by `until`"
    extra = "unless" if text.unless else "by" if text.by else "restart"
    return f"`of: {text.of}` goes with `after` alone; leave out `{extra}`"
