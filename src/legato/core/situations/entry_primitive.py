"""What all primitives that keep runs of entries share: docs/situations.md says how and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions.compile import Expression
from legato.core.conditions.marking import Mark, bits_of
from legato.core.conditions.scope import Scope
from legato.core.conditions.writing import Run, run_of
from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.types import MOST_EVENT_TYPES, EventType
from legato.core.situations.entries import (
    LATE,
    MOST_ENTRIES,
    MOST_RUNS,
    OF_ALL,
    SPARE_ENTRIES,
    EntryRun,
    Finding,
    RunEntry,
    ToldFinding,
    entry_runs,
    key_of_run,
    run_name,
    situation_of,
    united,
)
from legato.core.situations.expressions import value_or_none
from legato.core.situations.kept_event import fields_read, keep
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.situations.pattern import EventPattern
from legato.core.situations.protocol import (
    Found,
    News,
    Primitive,
    RunDropped,
    Runs,
    Upcoming,
    Wake,
)
from legato.core.values.ids import derive_id
from legato.core.values.outputs import Retracted, Situation
from legato.core.values.time import NEVER, Instant, Span


class Role(Struct, frozen=True):
    """A part that an event can play; what is `closing` speaks of all runs if it has no key."""

    bit: int
    pattern: EventPattern
    closing: bool = False


class PartsByType(dict[str, Run]):
    """Event type -> the bits of the parts that an event of it plays, as one function."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self._roles = roles

    def __missing__(self, event_type: str) -> Run:
        marks = [
            Mark(role.bit, role.pattern.asked_of(event_type), role.closing)
            for role in self._roles
        ]
        parts = run_of(bits_of(marks))
        if len(self) < MOST_EVENT_TYPES:
            self[event_type] = parts
        return parts


class Judged(Struct, frozen=True):
    """What a run shows that was not told, and what was told and is not so."""

    missing: Sequence[Finding] = ()
    wrong: Sequence[ToldFinding] = ()


AS_TOLD = Judged()
"""Of a run that shows nothing else than what was told."""


class EntryPrimitive(Primitive, frozen=True, kw_only=True, dict=True):
    """A situation that is found in the entries of a run, by `findings` alone.

    `by` gives the key of an event's run; `goal` is the kind of goal that this key names. `kept`
    are the fields of an event that actions read.
    """

    by: Expression | None = None
    goal: str = ""
    kept: frozenset[str] = frozenset()
    lineage: Lineage = FIRST

    @property
    def shape(self) -> tuple[object, ...]:
        """What its entries mean: their key, and the parts that they play."""
        by = None if self.by is None else self.by.text
        return (type(self), by, self.goal, tuple(role.bit for role in self.roles))

    def with_lineage(self, lineage: Lineage) -> Self:
        """Take what counted before."""
        return replace(self, lineage=lineage)

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """The parts that events can play."""
        raise NotImplementedError

    @cached_property
    def reach(self) -> Span:
        """The longest span between two events, or an event and a deadline, of one finding."""
        raise NotImplementedError

    def findings(self, entries: Sequence[RunEntry], base: Any) -> Iterable[Finding]:  # noqa: ANN401
        """Tell what the entries of a run show, in order of time, also what lies ahead."""
        raise NotImplementedError

    @property
    def steps_alone(self) -> bool:
        """Does `step` see what an event completes that comes after all others?"""
        return False

    def step(self, run: EntryRun) -> Finding | None:
        """Say what the last entry completes, as `findings` would: all before it was told."""
        raise NotImplementedError

    def value_of(self, scope: Scope) -> Any:  # noqa: ANN401 - what a condition may return
        """Read of an event what must be known of it later."""
        return None

    def let_go(self, run: EntryRun, count: int) -> None:
        """Let the oldest entries go, and keep in `base` and `floor` what came of them."""
        run.floor = max(run.floor, run.entries[count - 1].time + self.reach)
        del run.entries[:count]

    def can_go(self, run: EntryRun) -> int:
        """Count the oldest entries that matter to no finding that may still change."""
        since = run.latest - self._kept_for
        return next((n for n, each in enumerate(run.entries) if each.time >= since), 0)

    @staticmethod
    def unite_bases(ours: Any, theirs: Any) -> Any:  # noqa: ANN401 - each primitive has its own
        """Unite what came of entries that were let go."""
        return max((each for each in (ours, theirs) if each is not None), default=None)

    def placed(self, goal: str, time_zone: str) -> Self:
        """Take the kind of goal that its key names; raises ValueError if it has no key."""
        if goal and self.by is None:
            return super().placed(goal, time_zone)
        return replace(self, goal=goal)

    @property
    def types(self) -> tuple[str, ...]:
        """Those of all parts but what ends it."""
        parts = (each.pattern.types for each in self.roles if not each.closing)
        return tuple(dict.fromkeys(kind for types in parts for kind in types))

    def keeping(self, reads: frozenset[str]) -> Self:
        """Keep of an event what its actions read."""
        return replace(self, kept=fields_read(reads))

    # -- the protocol ----------------------------------------------------------------------

    def wakes_on(self, kind: EventType) -> Wake:
        """Each event of a type that some pattern knows."""
        known = any(role.pattern.knows(kind.name) for role in self.roles)
        return Wake.ALWAYS if known else Wake.NEVER

    def passes_over(self, scope: Scope, event: Event) -> bool:
        """Does it play no part, or come too late for one?"""
        return event.time < scope.context.touched - LATE or not self._parts[event.type](scope)

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        """Put the event in its place; tell what it completes, and retract what it undoes."""
        context = scope.context
        if event.time < context.touched - LATE:
            return ()
        bits = self._parts[event.type](scope)
        if not bits:
            return ()
        key = self._key(scope)
        if key is None:
            bits, key = bits & self._closing, OF_ALL
            if not bits:
                return ()
        runs = entry_runs(context, self.word) or context.runs.setdefault(self.word, {})
        name = run_name(self.name, key)
        run = runs.get(name)
        if run is None:
            run = runs[name] = EntryRun()
        kept = keep(scope, self.kept) if self.kept else None
        entry = RunEntry(event.time, event.id, bits, self.value_of(scope), kept)
        run.insert(entry)
        self._let_go(run)
        dropped = self._make_room(runs)
        if name in runs and self._comes_last(run, entry):
            news = self._step(context, runs, name)
        else:
            news = self._settle_all(context, runs, key, event)
        return [*news, *dropped] if dropped else news

    def _comes_last(self, run: EntryRun, entry: RunEntry) -> bool:
        """Can `step` tell what it completes: it comes after all others, of this definition?"""
        if not self.steps_alone or not run.entries or run.entries[-1] is not entry:
            return False
        past = self.lineage
        return past is FIRST or (entry.time >= past.since and run.entries[0].time >= past.born)

    def _step(self, context: Context, runs: dict[str, EntryRun], name: str) -> list[News]:
        """Tell what an event completes that comes after all others."""
        run = runs[name]
        finding = self.step(run)
        run.due = self._end_of(runs, run)
        told = finding is not None and finding.anchor.time >= run.floor
        return [self._tell(context, name, run, finding)] if finding and told else []

    def _settle_all(
        self, context: Context, runs: dict[str, EntryRun], key: str, event: Event
    ) -> list[News]:
        """Tell what an event means for each run of which it speaks."""
        name = run_name(self.name, key)
        if name not in runs:
            return []
        if self.by is None or key != OF_ALL:
            return self._settle(context, runs, name, event)
        mine = [each for each in runs if situation_of(each) == self.name]
        return [news for each in mine for news in self._settle(context, runs, each, event)]

    def told_of(self, scope: Scope) -> frozenset[str] | None:
        """What was told of the run of an event; of all, if it has no key."""
        key = self._key(scope)
        if self.by is None or key is None:
            return None
        run = entry_runs(scope.context, self.word).get(run_name(self.name, key))
        return frozenset(each.situation_id for each in run.told) if run else frozenset()

    def next_due(self, context: Context) -> Instant:
        """Return when the next finding, retraction or end of a run comes."""
        return min((run.due for _, run in self._runs(context)), default=NEVER)

    def upcoming(self, context: Context) -> list[Upcoming]:
        """List the findings that lie ahead, of each anchor the next."""
        runs = entry_runs(context, self.word)
        return [
            Upcoming(self.name, finding.stage or 1, self._subject(name), finding.time)
            for name, _ in self._runs(context)
            for finding in _first_of_each(self._judge(runs, name).missing)
        ]

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        """Tell what has come about by now, retract what has not, and drop what is over."""
        context, now = scope.context, scope.now
        if self.word not in context.runs:
            return []
        runs = entry_runs(context, self.word)
        due = [each for each in runs.items() if each[1].due <= now]
        found: list[Found] = []
        for name, run in [each for each in due if situation_of(each[0]) == self.name]:
            judged = self._judge(runs, name)
            gone = self._retract(context, run, judged.wrong, "merge")
            found += [(each, False) for each in gone]
            for finding in [each for each in judged.missing if each.time <= now]:
                later = (each for each in judged.missing if each.name == _next_stage(finding))
                missed = any(each.time <= clock for each in later)
                found.append((self._tell(context, name, run, finding), missed))
            ahead = [each for each in judged.missing if each.time > now]
            run.due = self._due_of(runs, run, ahead)
            if run.due <= now:
                del runs[name]
        if not runs:
            context.runs.pop(self.word, None)
        return found

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        """Unite entries and what was told; what differs is settled as time goes on."""
        sides = [entry_runs(side, cls.word) for side in (ours, theirs)]
        runs = {
            name: cls._united(sides[0].get(name), sides[1].get(name))
            for name in sorted({*sides[0], *sides[1]})
        }
        for situation in situations.values():
            situation._make_room(runs)
            mine = [name for name in runs if situation_of(name) == situation.name]
            for name in mine:
                situation._let_go(runs[name])
            for name in mine:
                judged = situation._judge(runs, name)
                ahead = situation._due_of(runs, runs[name], judged.missing)
                runs[name].due = min((ahead, *(each.time for each in judged.wrong)))
        return {cls.word: runs} if runs else {}

    @classmethod
    def rebuilt(cls, before: Context, after: Context) -> Runs:
        """Keep of the former entries those that stay, and what was told of them in truth."""
        own = {*after.digests}
        former, anew = entry_runs(before, cls.word), entry_runs(after, cls.word)
        runs: dict[str, EntryRun] = {}
        for name in sorted({*former, *anew}):
            run = cls._united(anew.get(name), former.get(name))
            run.entries = [each for each in run.entries if digest_of(each.id) in own]
            stays = {each.id for each in run.entries}
            run.told = [each for each in run.told if each.anchor in stays]
            if run.entries:
                run.due = min(each.due for each in (former.get(name), anew.get(name)) if each)
                runs[name] = run
        return {cls.word: runs} if runs else {}

    # -- what is kept ----------------------------------------------------------------------

    @cached_property
    def _kept_for(self) -> Span:
        return 2 * max(each.reach for each in self.lineage.each(self)) + LATE

    def _findings(self, entries: Sequence[RunEntry], base: Any) -> Iterable[Finding]:  # noqa: ANN401
        """Tell what the entries show, each by the definition that counted at its anchor."""
        if self.lineage is FIRST:
            return self.findings(entries, base)
        return self._by_lineage(entries, base)

    def _by_lineage(self, entries: Sequence[RunEntry], base: Any) -> Iterator[Finding]:  # noqa: ANN401
        past = self.lineage
        entries = [each for each in entries if each.time >= past.born]
        for definition in past.each(self):
            for finding in definition.findings(entries, base):
                if past.at(finding.anchor.time, self) is definition:
                    yield finding

    @cached_property
    def _parts(self) -> PartsByType:
        """Which roles an event plays."""
        return PartsByType(self.roles)

    @cached_property
    def _closing(self) -> int:
        """The roles that an event plays without a key as well."""
        return sum(role.bit for role in self.roles if role.closing)

    def _key(self, scope: Scope) -> str | None:
        """Name the run of an event; None if it names none."""
        if self.by is None:
            return OF_ALL
        value = value_or_none(self.by, scope)
        return None if value is None or value == "" else _as_text(value)

    def _runs(self, context: Context) -> list[tuple[str, EntryRun]]:
        runs = entry_runs(context, self.word) if self.word in context.runs else {}
        return [each for each in runs.items() if situation_of(each[0]) == self.name]

    def _judge(self, runs: dict[str, EntryRun], name: str) -> Judged:
        """Compare what the entries of a run show with what was told."""
        run, shared = runs[name], self._shared(runs)
        floor, entries = run.floor, run.entries
        if shared is not None:
            if shared is run:
                return AS_TOLD
            floor, entries = max(floor, shared.floor), united(entries, shared.entries)
        shown = self._findings(entries, run.base)
        found = [each for each in shown if each.anchor.time >= floor]
        if len(found) < 2 and not run.told:
            return Judged(found) if found else AS_TOLD
        return self._compared(run, {each.name: each for each in found}, floor)

    def _compared(
        self, run: EntryRun, found: dict[tuple[str, int], Finding], floor: Instant
    ) -> Judged:
        """Compare what was found, by name, with what was told."""
        told = {each.name for each in run.told}
        certain = max(floor, self.lineage.certain_from)
        return Judged(
            [each for name, each in found.items() if name not in told],
            [each for each in run.told if each.name not in found and each.since >= certain],
        )

    def _shared(self, runs: dict[str, EntryRun]) -> EntryRun | None:
        """What speaks of all runs."""
        return None if self.by is None else runs.get(self._run_of_all)

    @cached_property
    def _run_of_all(self) -> str:
        return run_name(self.name, OF_ALL)

    def _settle(
        self, context: Context, runs: dict[str, EntryRun], name: str, event: Event
    ) -> list[News]:
        """Tell what an event completes, and retract what it undoes."""
        run, judged = runs[name], self._judge(runs, name)
        if judged is AS_TOLD:
            run.due = self._end_of(runs, run)
            return []
        news: list[News] = self._retract(context, run, judged.wrong, "late_event")
        ahead = list[Finding]()
        for finding in judged.missing:
            completes = finding.last is not None and finding.last.id == event.id
            if completes or (finding.anchor.id == event.id and finding.time <= event.time):
                news.append(self._tell(context, name, run, finding))
            else:
                ahead.append(finding)
        run.due = self._due_of(runs, run, ahead)
        return news

    def _retract(
        self, context: Context, run: EntryRun, wrong: Sequence[ToldFinding], reason: str
    ) -> list[News]:
        if not wrong:
            return []
        run.told = [each for each in run.told if each not in wrong]
        customer_id = context.customer_id
        return [
            Retracted(customer_id, each.situation_id, self.name, each.time, reason)
            for each in wrong
        ]

    def _tell(self, context: Context, name: str, run: EntryRun, finding: Finding) -> Situation:
        """Tell a finding, and note that it was told."""
        anchor, key = finding.anchor, key_of_run(name)
        occurrence = derive_id(context.customer_id, self.name, key, anchor.id)
        stage = finding.stage or None
        situation_id = derive_id(occurrence, stage) if stage else occurrence
        told = ToldFinding(anchor.id, finding.stage, anchor.time, finding.time, situation_id)
        run.told.append(told)
        source = finding.last or anchor
        evidence: dict[str, Any] = {"event_id": source.id}
        if finding.last is None:
            evidence["waited_ms"] = finding.time - anchor.time
        if key:
            evidence["key"] = key
        if source.event is not None:
            evidence["event"] = source.event
        return Situation(
            customer_id=context.customer_id,
            situation=self.name,
            time=finding.time,
            occurrence_id=occurrence,
            situation_id=situation_id,
            stage=stage,
            journey_id=context.journey_id,
            goals=(self._subject(name),) if self.goal and key else (),
            evidence=evidence,
        )

    def _subject(self, name: str) -> str:
        return f"{self.goal or self.name}:{key_of_run(name)}"

    def _due_of(
        self, runs: dict[str, EntryRun], run: EntryRun, ahead: Sequence[Finding]
    ) -> Instant:
        """When time alone changes something next: a finding comes about, or the run ends."""
        return min(each.time for each in ahead) if ahead else self._end_of(runs, run)

    def _end_of(self, runs: dict[str, EntryRun], run: EntryRun) -> Instant:
        """When a run is dropped; what speaks of all goes after all others."""
        if self.by is None or run is not self._shared(runs):
            return run.latest + self._kept_for + 1
        latest = (each.latest for name, each in runs.items() if situation_of(name) == self.name)
        return max(latest) + self._kept_for + 2

    def _let_go(self, run: EntryRun) -> None:
        """Let entries go that can matter no more, and the oldest of too many."""
        entries = run.entries
        spare = len(entries) - MOST_ENTRIES
        if spare < SPARE_ENTRIES and entries[0].time >= entries[-1].time - self._kept_for:
            return
        count = max(self.can_go(run), spare if spare >= SPARE_ENTRIES else 0)
        if count > 0:
            self.let_go(run, count)
            run.told = [each for each in run.told if each.since >= run.floor]

    def _make_room(self, runs: dict[str, EntryRun]) -> Sequence[RunDropped]:
        """Of too many runs of a situation, drop those that were touched longest ago."""
        if len(runs) <= MOST_RUNS:
            return ()
        shared = self._run_of_all
        mine = [each for each in runs if situation_of(each) == self.name and each != shared]
        by_age = sorted(mine, key=lambda name: (runs[name].latest, name))
        gone = by_age[: max(0, len(mine) - MOST_RUNS)]
        for name in gone:
            del runs[name]
        return [RunDropped(self.name)] * len(gone)

    @classmethod
    def _united(cls, ours: EntryRun | None, theirs: EntryRun | None) -> EntryRun:
        """Unite two runs of the same key."""
        sides = [each for each in (ours, theirs) if each is not None]
        if len(sides) == 1:
            (only,) = sides
            return EntryRun([*only.entries], [*only.told], only.floor, only.base, only.due)
        one, other = sides
        told = sorted((*one.told, *other.told), key=_of_told)
        last = {each.name: each for each in told}
        return EntryRun(
            united(one.entries, other.entries),
            sorted(last.values(), key=_of_told),
            max(one.floor, other.floor),
            cls.unite_bases(one.base, other.base),
        )


def _of_told(told: ToldFinding) -> tuple[Instant, str, int, str]:
    return told.time, told.anchor, told.stage, told.situation_id


def _as_text(value: object) -> str:
    """Write a key; a whole number as such, however it was computed."""
    if type(value) is str:
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _next_stage(finding: Finding) -> tuple[str, int]:
    return finding.anchor.id, finding.stage + 1


def _first_of_each(findings: Sequence[Finding]) -> list[Finding]:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.anchor.id, finding)
    return [*first.values()]
