"""Calendar: a day of the customer's comes round, each year or month."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime, time, tzinfo
from typing import ClassVar, Literal, Self

from msgspec import Raw, Struct
from msgspec.structs import replace

from legato.core.conditions.aggregates import calls_within
from legato.core.conditions.compile import NAMES, Expression, Names
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.context.runs import keep_runs, runs_of
from legato.core.events.event import Event
from legato.core.situations.expressions import read_expression, value_or_none
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.situations.protocol import (
    SAMPLE_START,
    Found,
    Primitive,
    Runs,
    Sample,
    Strict,
    Upcoming,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Situation
from legato.core.values.time import DAY, LONG_AGO, NEVER, Instant
from legato.core.values.zones import find_zone

Every = Literal["year", "month"]
_TRAITS = Raw(b'{"traits": {"birthday": "1990-03-05", "payday": "2020-01-31"}}')
_LAST_YEAR = 9998
_OF_OTHERS = frozenset(("ref", "event", "situation"))
"""What is not known whenever it is asked when the day comes."""


class CalendarText(Strict, frozen=True, kw_only=True):
    """A date of the customer `on` which something is due, `at` a time of their day.

    The 29th of February and the 31st fall on the last day of a shorter month.
    """

    on: str
    at: str = "09:00"
    every: Every = "year"


class ComingRound(Struct, array_like=True, frozen=True):
    """When it was told last."""

    told: Instant = LONG_AGO


class Calendar(Primitive, frozen=True, kw_only=True):
    """The day `on` comes round; in the customer's zone, else in that of the playbook.

    It keeps when it was told last. Nothing of the past is told: the next time is after the
    latest event of the customer.
    """

    word: ClassVar[str] = "calendar"
    text: ClassVar[type[Strict]] = CalendarText

    on: Expression
    at: time
    every: Every
    time_zone: str = "UTC"
    lineage: Lineage = FIRST

    def with_lineage(self, lineage: Lineage) -> Self:
        """Take since when it looks for this day: no day before is told."""
        return replace(self, lineage=lineage)

    @classmethod
    def parse(cls, name: str, text: CalendarText, names: Names = NAMES) -> Self:
        """Compile it; raises ValueError with one sentence."""
        at = _time_of_day(text.at)
        on = read_expression(text.on, names)
        for read in sorted(on.reads):
            if read.partition(".")[0] in _OF_OTHERS:
                told = "a day is a date of the customer; ask for `customer`"
                raise ValueError(f"`{read}`: {told}")
        return cls(name, on=on, at=at, every=text.every)

    def placed(self, goal: str, time_zone: str) -> Self:
        """Take the zone of the playbook for customers of whom none is known."""
        return replace(super().placed(goal, time_zone), time_zone=time_zone)

    def describe(self) -> str:
        """Say which day, and at what time."""
        return f"{self.on.text} comes round, each {self.every} at {self.at:%H:%M}"

    def next_due(self, context: Context) -> Instant:
        """Return when the day comes round next."""
        day = self._day(context)
        if day is None:
            return NEVER
        known = runs_of(context, self.word, ComingRound) if context.runs else {}
        told = known.get(self._run, ComingRound()).told
        since = max(context.touched, self.lineage.since)
        zone = find_zone(context.profile.time_zone or "") or find_zone(self.time_zone) or UTC
        return next_day(day, self.at, self.every, zone, max(told, since))

    def take_anew(self, context: Context, stores: Set[str], clock: Instant) -> None:
        """Tell no day that has passed by now, should it only be known since."""
        if any(call.store in stores for call in calls_within(self.on.aggregates)):
            runs = runs_of(context, self.word, ComingRound)
            told = max(clock, runs.get(self._run, ComingRound()).told)
            keep_runs(context, self.word, {**runs, self._run: ComingRound(told)})

    def upcoming(self, context: Context) -> list[Upcoming]:
        """List when the day comes round next."""
        due = self.next_due(context)
        return [] if due == NEVER else [Upcoming(self.name, 1, "customer:", due)]

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        """Tell that the day has come round."""
        context, now = scope.context, scope.now
        if self.next_due(context) != now:
            return []
        runs = runs_of(context, self.word, ComingRound)
        keep_runs(context, self.word, {**runs, self._run: ComingRound(now)})
        occurrence = derive_id(context.customer_id, self.name, now)
        found = Situation(
            customer_id=context.customer_id,
            situation=self.name,
            time=now,
            occurrence_id=occurrence,
            situation_id=occurrence,
            journey_id=context.journey_id,
        )
        return [(found, self.next_due(context) <= clock)]

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        """What was told to either was told."""
        sides = [runs_of(side, cls.word, ComingRound) for side in (ours, theirs)]
        names = sorted({*sides[0], *sides[1]})
        runs = {
            name: ComingRound(max(side[name].told for side in sides if name in side))
            for name in names
        }
        return {cls.word: runs} if runs else {}

    @classmethod
    def rebuilt(cls, before: Context, after: Context) -> Runs:
        """What was told in truth."""
        runs = runs_of(before, cls.word, ComingRound)
        return {cls.word: runs} if runs else {}

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """A birthday, and a day that not every month has."""
        told = Event(
            id="1",
            type="customer.updated",
            channel="web",
            time=SAMPLE_START,
            data=_TRAITS,
        )
        birthday = datetime(2026, 3, 5, 9, tzinfo=UTC)
        month = [datetime(2026, 3, 31, 8, tzinfo=UTC), datetime(2026, 4, 30, 8, tzinfo=UTC)]
        return (
            Sample(
                "a birthday",
                {"on": "customer.profile.traits.birthday"},
                (told,),
                400 * DAY,
                tuple((_ms(birthday.replace(year=year)), None) for year in (2026, 2027)),
            ),
            Sample(
                "the last day of each month",
                {"on": "customer.profile.traits.payday", "at": "08:00", "every": "month"},
                (told,),
                60 * DAY,
                tuple((_ms(each), None) for each in month),
            ),
            Sample(
                "a day of which nobody knows",
                {"on": "customer.profile.traits.wedding"},
                (told,),
                400 * DAY,
                (),
            ),
        )

    @property
    def _run(self) -> str:
        return f"{self.name}|"

    def _day(self, context: Context) -> date | None:
        return _date_of(value_or_none(self.on, Scope(context.touched, context)))


def _time_of_day(text: str) -> time:
    """Read a time of the customer's day; raises ValueError for what is none, or has a zone."""
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is no time of day; write for example `09:00`") from None
    if at.tzinfo is not None:
        raise ValueError(
            f"`{text}` names a zone, but the customer's own counts; write `{at:%H:%M}`"
        )
    return at


def _date_of(value: object) -> date | None:
    """Read a date: that of a text, or of epoch milliseconds in UTC; None if it is none."""
    try:
        if isinstance(value, str):
            return date.fromisoformat(value[:10])
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None


def next_day(day: date, at: time, every: Every, zone: tzinfo, since: Instant) -> Instant:
    """Return the first time after `since` that a day comes round; NEVER if it does not.

    An hour that is skipped falls on the next, one that comes twice on the first.
    """
    if since == LONG_AGO:
        return NEVER
    start = datetime.fromtimestamp(since / 1000, zone)
    year, month = start.year, day.month if every == "year" else start.month
    while year < _LAST_YEAR:
        last = monthrange(year, month)[1]
        local = datetime.combine(date(year, month, min(day.day, last)), at, zone)
        stamp = round(local.timestamp() * 1000)
        if stamp > since:
            return stamp
        if every == "year":
            year += 1
        else:
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return NEVER


def _ms(moment: datetime) -> Instant:
    return round(moment.timestamp() * 1000)
