"""Switch: the customer acts on another channel than last time, with something still open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Self

from msgspec import Raw

from legato.core.conditions.compile import NAMES, Names
from legato.core.conditions.scope import Scope
from legato.core.context.asked_goals import LONGEST, asked_goals, is_ended_by, needs_of
from legato.core.context.context import Context, Presence
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.goals import KNOWN_OF_ALL, Goal, GoalKind, open_goals
from legato.core.context.past import KeptPast
from legato.core.events.event import Event
from legato.core.events.types import EventType
from legato.core.situations.protocol import (
    SAMPLE_START,
    SHOE_ADDED,
    News,
    Primitive,
    Sample,
    Strict,
    Wake,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import HOUR, Span, read_span, span_in_words


class SwitchText(Strict, frozen=True, kw_only=True):
    """The customer acts elsewhere, with one of the goals open, `within` a span of before."""

    within: str | dict[GoalKind, str]
    goal: Literal["any", "none"] | GoalKind | list[GoalKind] = "any"

    @property
    def goals(self) -> list[GoalKind]:
        """The kinds of goals of which one must be open; none if none need be.

        Any is what every context knows; what is kept only if it is asked for must be named.
        """
        if self.goal == "any":
            return list(KNOWN_OF_ALL)
        if self.goal == "none":
            return []
        return self.goal if isinstance(self.goal, list) else [self.goal]


class Switch(Primitive, frozen=True):
    """The customer acts on another channel than last time, at most `within[goal]` later.

    With `any_time_within` set, no goal needs to be open; otherwise one in `within` must be.
    It keeps no runs: where the customer was is part of every context, and so are carts and
    cases. What they are interested in, have reserved or wait for is kept if it is asked for.
    """

    word: ClassVar[str] = "switch"
    text: ClassVar[type[Strict]] = SwitchText

    within: dict[GoalKind, Span]
    any_time_within: Span | None = None

    @classmethod
    def parse(cls, name: str, text: SwitchText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError for what is no span, and for a goal without one."""
        if text.goal == "none":
            if not isinstance(text.within, str):
                raise ValueError("it needs no goal, so write `within` as one span")
            return cls(name, {}, read_span(text.within))
        within: dict[GoalKind, Span] = {}
        for goal in text.goals:
            span = text.within if isinstance(text.within, str) else text.within.get(goal)
            if span is None:
                raise ValueError(f"it looks at goal `{goal}`; give its span under `within`")
            within[goal] = read_span(span)
        return cls(name, within)

    @property
    def needs(self) -> tuple[KeptPast, ...]:
        """What is known of a customer only if it is asked for."""
        return needs_of(self.within)

    @property
    def horizon(self) -> Span:
        """The longest gap that can count."""
        return max((*self.within.values(), self.any_time_within or 0))

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Let there be a gap that can count, while what it looks at is known."""
        if self.horizon <= 0:
            yield "let `within` be longer than nothing"
        for goal, span in self.within.items():
            limit = LONGEST.get(goal, forget.case if goal == "case" else forget.cart)
            if span > limit:
                an = "an" if goal in ("interest", "order") else "a"
                more = "" if goal in LONGEST else " or raise `forget`"
                yield (
                    f"{an} {goal} is forgotten after {span_in_words(limit)}; "
                    f"keep `within` to that{more}"
                )

    def describe(self) -> str:
        """Say what may be open, and how long ago they were elsewhere."""
        if self.any_time_within is not None:
            return f"on another channel within {span_in_words(self.any_time_within)}"
        open_within = (
            f"{goal} within {span_in_words(span)}" for goal, span in self.within.items()
        )
        return f"on another channel with something open: {', '.join(open_within)}"

    def wakes_on(self, kind: EventType) -> Wake:
        """A click on our own message is no step of theirs."""
        counts = kind.initiated and not kind.is_click
        return Wake.ON_CHANNEL_CHANGE if counts else Wake.NEVER

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        """Tell the switch that this event makes, if it does.

        A late event never counts, nor does where a click on our message leads. What was done on
        its channel before anybody knew by whom is part of the switch.
        """
        context = scope.context
        if event.time < context.present or event.time <= context.landing_until:
            return ()
        before = Presence(context.present, context.channel)
        if event.channel == before.channel:
            before = context.elsewhere or before
        gap = event.time - before.time
        if gap > self.horizon:
            return ()
        goals = self._goals_within(context, before, event)
        if goals or (self.any_time_within is not None and gap <= self.any_time_within):
            return (self._situation(context, event, before, goals),)
        return ()

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """From the web into the shop, with a cart and without one."""
        start = SAMPLE_START
        seen = Event(id="2", type="page.viewed", channel="web", time=start)
        shoe = Raw(b'{"sku": "SHOE"}')
        tried = Event(id="2", type="product.tried_on", channel="mobile", time=start, data=shoe)
        came = Event(id="3", type="store.visited", channel="store", time=start + HOUR)
        found = ((came.time, None),)
        return (
            Sample("with a cart open", {"within": "24h"}, (SHOE_ADDED, came), HOUR, found),
            Sample("too late", {"within": "30m"}, (SHOE_ADDED, came), HOUR, ()),
            Sample("with nothing open", {"within": "24h"}, (seen, came), HOUR, ()),
            Sample(
                "with what was tried on",
                {"within": "24h", "goal": "interest"},
                (tried, came),
                HOUR,
                found,
            ),
            Sample(
                "with nothing asked for",
                {"within": "24h", "goal": "none"},
                (seen, came),
                HOUR,
                found,
            ),
        )

    def _goals_within(
        self, context: Context, before: Presence, event: Event
    ) -> tuple[str, ...]:
        now, gap = event.time, event.time - before.time
        within = {kind: span for kind, span in self.within.items() if gap <= span}
        if not within:
            return ()
        goals = [
            goal
            for goal in open_goals(context)
            if goal.kind in within and _was_open(context, goal, before)
        ]
        if not within.keys().isdisjoint(LONGEST):
            known = now if before.time == context.present else before.time
            asked = asked_goals(context, within, known, now)
            # What was done here since, before anybody knew by whom, may have ended some.
            still = asked if known == now else asked_goals(context, within, now, now)
            goals += (
                goal for goal in asked.goals if goal in still and not is_ended_by(event, goal)
            )
        return tuple(goal.name for goal in goals)

    def _situation(
        self, context: Context, event: Event, before: Presence, goals: tuple[str, ...]
    ) -> Situation:
        occurrence = derive_id(context.customer_id, self.name, event.id)
        return Situation(
            customer_id=context.customer_id,
            situation=self.name,
            time=event.time,
            occurrence_id=occurrence,
            situation_id=occurrence,
            journey_id=context.journey_id,
            goals=goals,
            evidence={
                "from": before.channel,
                "to": event.channel,
                "gap": event.time - before.time,
                "goals": goals,
                "event_id": event.id,
            },
        )


def _was_open(context: Context, goal: Goal, before: Presence) -> bool:
    """Was it open before they went on, or did they come to it only there?"""
    if before.time == context.present:
        return True
    if goal.kind == "case":
        return context.cases[goal.key].opened <= before.time
    cart = context.carts[goal.key]
    if goal.kind == "checkout":
        return cart.checkout is not None and cart.checkout <= before.time
    return any(line.since <= before.time for line in cart.lines.values())
