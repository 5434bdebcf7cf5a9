"""Change: what holds of a customer turns: by an event, or as one of its spans runs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import Any, ClassVar, Self

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from legato.core.conditions.aggregates import AggregateCall, calls_within
from legato.core.conditions.compile import NAMES, ConditionError, Expression, Names
from legato.core.conditions.scope import Scope, later
from legato.core.conditions.values import same
from legato.core.context.context import Context
from legato.core.context.runs import keep_runs
from legato.core.events.event import Event
from legato.core.events.globs import fits_type
from legato.core.events.types import EventType
from legato.core.situations.expressions import read_expression
from legato.core.situations.kept_event import fields_read, keep
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.situations.protocol import (
    SAMPLE_START,
    Found,
    News,
    Primitive,
    Runs,
    Sample,
    Strict,
    Wake,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import DAY, HOUR, LONG_AGO, NEVER, Instant

ANY_VALUE = "any"
_MOVED_BY_ALL = frozenset(
    ("brands", "identifiers", "lifecycle", "presence", "sessions", "timeline", "journeys")
)
"""Fields of a customer that any event may change."""
MOVED_BY_OURS = frozenset(
    ("actions", "asked_again", "next_due", "revision", "runs", "waiting_events")
)
"""Fields that change without an event of the customer's."""


class ChangeText(Strict, frozen=True, kw_only=True):
    """The value `of` an expression about the customer turns `to` a value, or to `any` other."""

    of: str
    to: bool | float | str = ANY_VALUE


class ChangeRun(Struct, array_like=True, gc=False):
    """Which values were known last: none, one, or after a merge those of both; when it was
    looked at last, and when time alone may change it next.
    """

    known: list[Any] = []
    at: Instant = LONG_AGO
    due: Instant = NEVER


class Change(Primitive, frozen=True, kw_only=True, dict=True):
    """The value of an expression is another than it was; the first known one is not told."""

    word: ClassVar[str] = "change"
    text: ClassVar[type[Strict]] = ChangeText
    looks_again: ClassVar[bool] = True

    of: Expression
    to: bool | float | str = ANY_VALUE
    kept: frozenset[str] = frozenset()
    """The fields of the event that turns it, as far as actions read them."""
    lineage: Lineage = FIRST

    def with_lineage(self, lineage: Lineage) -> Self:
        """Take since when: what was known before was another's value."""
        return replace(self, lineage=lineage)

    @classmethod
    def parse(cls, name: str, text: ChangeText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        of = read_expression(text.of, names)
        change = cls(name, of=of, to=text.to)
        for fault in change._faults():
            raise ValueError(f"`{text.of}`: {fault}")
        return change

    def _faults(self) -> Iterator[str]:
        """Say why it cannot be looked at whenever it turns."""
        roots = {read.partition(".")[0] for read in self._reads}
        if roots & {"event", "situation"}:
            yield "a change is about the customer; look at what one event says by `match`"
        for name in sorted(self._fields & {"", *MOVED_BY_OURS}):
            told = f"`customer.{name}`" if name else "`customer` as a whole"
            yield f"{told} changes without an event of the customer's; ask for another field"
        if self.of.turns is None:
            told = "compare `now` or `since` with what stands still"
            yield f"nobody can tell when time changes it; {told}"
        if not self._reads and not self._calls:
            yield "it never changes; let it ask for something of the customer"

    def keeping(self, reads: frozenset[str]) -> Self:
        """Keep of an event what its actions read."""
        return replace(self, kept=fields_read(reads))

    def describe(self) -> str:
        """Say what turns."""
        to = "another value" if self.to == ANY_VALUE else f"{self.to}"
        return f"{self.of.text} turns to {to}"

    # -- what it reads ---------------------------------------------------------------------

    @cached_property
    def _calls(self) -> tuple[AggregateCall, ...]:
        """What it asks of the past, with what the segments ask that it asks for."""
        return tuple(calls_within(self.of.aggregates))

    @cached_property
    def _reads(self) -> frozenset[str]:
        """What it looks at, with what its segments look at."""
        asked = [each.condition for each in self._calls if each.condition is not None]
        return self.of.reads.union(*(each.reads for each in asked))

    @cached_property
    def _fields(self) -> frozenset[str]:
        """The fields of the customer that it looks at; an empty one stands for all."""
        paths = [read.split(".") for read in self._reads]
        return frozenset("".join(path[1:2]) for path in paths if path[0] == "customer")

    @cached_property
    def _types(self) -> tuple[str, ...]:
        """The events that may change it besides those that change the customer."""
        paths = [read.split(".") for read in self._reads]
        kinds = ["".join(path[1:2]) or "*" for path in paths if path[0] == "ref"]
        types = [kind for call in self._calls for kind in call.types]
        return (*types, *(f"reference.{kind}" for kind in kinds))

    def wakes_on(self, kind: EventType) -> Wake:
        """Events that it reads: of these types, or those that change such a field."""
        fields = self._fields
        moved = bool(fields) and (kind.read is not None or bool(kind.lifts))
        looked = kind.is_look and "looked_at" in fields
        if moved or looked or fields & _MOVED_BY_ALL or fits_type(self._types, kind.name):
            return Wake.ALWAYS
        return Wake.NEVER

    # -- looking ---------------------------------------------------------------------------

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        """Take what holds before the first event that may change it, without a word."""
        run = self._run(scope.context)
        if run is None or run.at < self.lineage.since:
            context = scope.context
            runs = change_runs(context)
            run = ChangeRun(at=max(event.time, self.lineage.since))
            run.known = self._value(scope)
            keep_runs(context, self.word, {**runs, self._name: run})
        return ()

    def on_applied(self, scope: Scope, event: Event) -> Sequence[News]:
        """Look at it now that the event is applied."""
        run = self._run(scope.context)
        return [] if run is None else self._look(scope, run, event)

    def next_due(self, context: Context) -> Instant:
        """Return when one of its spans runs out."""
        run = self._run(context)
        return NEVER if run is None else run.due

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        """Look at it as a span has run out."""
        run = self._run(scope.context)
        if run is None or run.due > scope.now:
            return []
        return [(found, False) for found in self._look(scope, run, None)]

    def take_anew(self, context: Context, stores: Set[str], clock: Instant) -> None:
        """Look at it anew, as of now and without a word, if it asks these stores."""
        if any(call.store in stores for call in self._calls):
            runs = change_runs(context)
            at = max(clock, runs.get(self._name, ChangeRun()).at)
            keep_runs(context, self.word, {**runs, self._name: ChangeRun([], at, clock)})

    def _look(self, told: Scope, run: ChangeRun, event: Event | None) -> list[News]:
        """See what it is now, at the latest instant that is known; tell it if it turned."""
        if run.at < self.lineage.since:
            run.known = []
        run.at = max(run.at, told.now)
        scope = told if run.at == told.now else later(told, run.at)
        turn = self.of.next_turn(scope)
        run.due = NEVER if turn is None else turn
        known = self._value(scope)
        if not known:
            return []
        before, run.known, value = run.known, known, known[0]
        if not before or any(same(value, each) for each in before):
            return []
        if self.to != ANY_VALUE and not same(value, self.to):
            return []
        return [self._tell(told, event, {"before": before[0], "value": value})]

    def _value(self, scope: Scope) -> list[Any]:
        """What it is; nothing while it cannot be answered."""
        try:
            value = _copied(self.of.value(scope))
        except ConditionError:
            return []
        return [] if value is None else [value]

    def _tell(self, scope: Scope, event: Event | None, evidence: dict[str, Any]) -> Situation:
        context, time = scope.context, scope.now
        anchor = time if event is None else event.id
        if event is not None:
            evidence = {"event_id": event.id, **evidence}
            if self.kept:
                evidence["event"] = keep(scope, self.kept)
        occurrence = derive_id(context.customer_id, self.name, anchor)
        return Situation(
            customer_id=context.customer_id,
            situation=self.name,
            time=time,
            occurrence_id=occurrence,
            situation_id=occurrence,
            journey_id=context.journey_id,
            evidence=evidence,
        )

    # -- what is kept ----------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return f"{self.name}|"

    def _run(self, context: Context) -> ChangeRun | None:
        return change_runs(context).get(self._name) if self.word in context.runs else None

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        """Look at it anew; what was known of either is no news, nor what nobody knew of one."""
        sides = [(change_runs(side), side.touched == LONG_AGO) for side in (ours, theirs)]
        runs: dict[str, ChangeRun] = {}
        for name in sorted({*sides[0][0], *sides[1][0]}):
            told = [side[name] for side, _ in sides if name in side]
            strange = any(name not in side and not is_new for side, is_new in sides)
            unknown = strange or not all(run.known for run in told)
            known = [] if unknown else _each_once(each for run in told for each in run.known)
            at = max(run.at for run in told)
            runs[name] = ChangeRun(known, at, max(at, since))
        return {cls.word: runs} if runs else {}

    @classmethod
    def rebuilt(cls, before: Context, after: Context) -> Runs:
        """Look at it anew, without a word."""
        former = change_runs(before)
        runs = {name: ChangeRun([], run.at, run.at) for name, run in former.items()}
        return {cls.word: runs} if runs else {}

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """Two orders within an hour, an hour's end, a tier that is told."""
        start = SAMPLE_START
        orders = [
            Event(id=f"o{n}", type="order.completed", channel="web", time=start + at)
            for n, at in enumerate((0, HOUR // 2, DAY))
        ]
        tiers = [
            Event(
                id=f"t{n}",
                type="customer.updated",
                channel="web",
                time=start + n * HOUR,
                data=Raw(b'{"traits": {"tier": "%s"}}' % tier),
            )
            for n, tier in enumerate((b"basic", b"gold", b"gold", b"basic"))
        ]
        often = 'count("order.completed", "1h") >= 2'
        quiet = 'since("order.completed") > span("3h")'
        return (
            Sample(
                "two within an hour",
                {"of": often, "to": True},
                tuple(orders),
                DAY,
                ((start + HOUR // 2, None),),
            ),
            Sample(
                "and no longer",
                {"of": often},
                tuple(orders),
                DAY,
                ((start + HOUR // 2, None), (start + HOUR, None)),
            ),
            Sample(
                "nothing for a while",
                {"of": quiet, "to": True},
                tuple(orders),
                HOUR,
                ((start + HOUR // 2 + 3 * HOUR + 1, None),),
            ),
            Sample(
                "another tier",
                {"of": "customer.profile.traits.tier"},
                tuple(tiers),
                HOUR,
                ((start + HOUR, None), (start + 3 * HOUR, None)),
            ),
            Sample(
                "a tier that is never reached",
                {"of": "customer.profile.traits.tier", "to": "platinum"},
                tuple(tiers),
                HOUR,
                (),
            ),
        )


def change_runs(context: Context) -> dict[str, ChangeRun]:
    """Return the runs of all changes in place; they may be changed."""
    kept: dict[str, Any] | None = context.runs.get(Change.word)
    if not kept:
        return {}
    if type(next(iter(kept.values()))) is not ChangeRun:
        kept = msgspec.convert(kept, dict[str, ChangeRun])
        context.runs[Change.word] = kept
    return kept


def _copied(value: object) -> Any:  # noqa: ANN401 - what an expression may give
    """A value that nobody changes: what a context holds may be written to."""
    return msgspec.to_builtins(value) if isinstance(value, list | tuple | dict) else value


def _each_once(values: Iterable[Any]) -> list[Any]:
    known: list[Any] = []
    for value in sorted(values, key=repr):
        if not any(same(value, each) for each in known):
            known.append(value)
    return known
