"""A primitive: so many events of a type came since it was last told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self

from msgspec import Struct

from legato.core.conditions.compile import NAMES, Names
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.runs import keep_runs, runs_of
from legato.core.events.event import Event
from legato.core.events.types import EventType
from legato.core.situations.protocol import (
    SAMPLE_START,
    News,
    Primitive,
    Runs,
    Sample,
    Strict,
    Wake,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import MINUTE, Instant


class TallyText(Strict, frozen=True, kw_only=True):
    """So many events of a type."""

    of: str
    times: int


class TallyRun(Struct, array_like=True):
    """When the events came that were not told yet, oldest first."""

    came: tuple[Instant, ...] = ()


class Tally(Primitive, frozen=True):
    """So many events of a type came since it was last told."""

    word: ClassVar[str] = "tally"
    text: ClassVar[type[Strict]] = TallyText

    of: str
    times: int

    @classmethod
    def parse(cls, name: str, text: TallyText, names: Names = NAMES) -> Self:
        return cls(name, text.of, text.times)

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        if self.times < 1:
            yield "let `times` be 1 or more"

    def describe(self) -> str:
        return f"{self.times} times {self.of}"

    def wakes_on(self, kind: EventType) -> Wake:
        return Wake.ALWAYS if kind.name == self.of else Wake.NEVER

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        context = scope.context
        runs = runs_of(context, self.word, TallyRun)
        came = (*runs.pop(self.name, TallyRun()).came, event.time)
        if len(came) < self.times:
            keep_runs(context, self.word, {**runs, self.name: TallyRun(came)})
            return ()
        keep_runs(context, self.word, runs)
        occurrence = derive_id(context.customer_id, self.name, event.id)
        found = Situation(context.customer_id, self.name, event.time, occurrence, occurrence)
        return (found,)

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        both = [runs_of(side, cls.word, TallyRun) for side in (ours, theirs)]
        runs = {
            name: TallyRun(tuple(sorted(at for side in both for at in _came(side, name))))
            for name in both[0].keys() | both[1].keys()
        }
        return {cls.word: runs} if runs else {}

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        views = tuple(
            Event(id=str(n), type="page.viewed", channel="web", time=SAMPLE_START + n * MINUTE)
            for n in range(5)
        )
        found = tuple((views[n].time, None) for n in (1, 3))
        return (
            Sample("every other page", {"of": "page.viewed", "times": 2}, views, 0, found),
            Sample("no such event", {"of": "store.visited", "times": 1}, views, 0, ()),
        )


def _came(side: dict[str, TallyRun], name: str) -> tuple[Instant, ...]:
    return side[name].came if name in side else ()
