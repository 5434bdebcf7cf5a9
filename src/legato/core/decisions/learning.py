"""What becomes of actions, counted; and how likely each is to work, by that.

docs/learning.md has the whole. All of it is a fold over what was told, hour by hour: the same
facts give the same counts, in whichever order an hour's are heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.decisions.lessons import KIND, key_of
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.types import EVENT_TYPES
from legato.core.playbook.definition import ActionDefinition, Playbook
from legato.core.playbook.learning import OTHERS, Learning
from legato.core.references.versions import ReferenceVersion, content_of
from legato.core.values.outputs import Conversion, Decision, Output
from legato.core.values.time import DAY, HOUR, Instant, Span

PATIENCE: Span = 3 * DAY
"""How long a report may take to come, and how long a conversion that is told late counts."""
AHEAD: Span = HOUR
"""A table counts from so long after the hour that it is made of: by then everybody has it."""

REPORTS = "action."
"""What the types of events begin with that report on actions."""
_NOTICED = frozenset(("opened", "viewed", "clicked", "accepted", "rejected"))
_LOST = frozenset(("failed", "bounced", "expired"))


class Cell(Struct, frozen=True, order=True, gc=False):
    """What is counted apart: an action, on a channel, for customers of a segment."""

    action: str
    channel: str
    segment: str

    @property
    def key(self) -> str:
        """Name the reference that it stands in."""
        return key_of(self.action, self.channel)


class TryCounts(Struct, gc=False):
    """How often something was tried and how often it worked, what is old counting less."""

    tries: float = 0.0
    successes: float = 0.0


_decode = msgspec.json.Decoder(dict[str, TryCounts]).decode


class OutcomeReport(Struct, frozen=True, gc=False):
    """What was reported of an action: `delivered`, `clicked` and so on, and when that was."""

    action_id: str
    outcome: str
    time: Instant


Fact: TypeAlias = Output | OutcomeReport
"""What may be heard; what teaches nothing is passed over."""


class Watched(Struct, gc=False):
    """An action of which more may be heard, since `heard`; `settled` is when it was counted."""

    heard: Instant
    cell: Cell | None = None
    reached: Instant | None = None
    noticed: bool = False
    lost: bool = False
    conversions: int = 0
    settled: Instant | None = None
    worked: bool = False

    @property
    def is_tried(self) -> bool:
        """Has it reached the customer, as far as is known?"""
        return self.reached is not None and (self.noticed or not self.lost)


class Learner:
    """TryCounts what is heard. `hour` is where the hour begins that facts are of now.

    A try is counted once its attribution has passed, as success or not: else what is tried
    often of late would seem to fail. What is told of it after that is put right in the table.
    """

    def __init__(self, learning: Learning, attribution: Span, hour: Instant) -> None:
        self.hour = hour
        self.counts: dict[Cell, TryCounts] = {}
        self._learning, self._attribution = learning, attribution
        self._watched: dict[str, Watched] = {}

    @property
    def watching(self) -> int:
        """Of how many actions more may be heard."""
        return len(self._watched)

    @property
    def fades(self) -> float:
        """What is left of a count after an hour."""
        return float(2 ** (-HOUR / self._learning.half_life))

    def follow(self, playbook: Playbook) -> None:
        """Count as this playbook says from now on; one that learns nothing changes nothing."""
        if playbook.learning is not None:
            self._learning, self._attribution = playbook.learning, playbook.attribution

    def resume(self, table: Iterable[ReferenceVersion]) -> None:
        """Go on from the tables that were published last; they fade up to the hour."""
        self.counts = {}
        for version in table:
            hours = (self.hour + AHEAD - version.time) // HOUR
            for cell, counts in read_counts(version):
                for _ in range(hours):
                    counts.tries *= self.fades
                    counts.successes *= self.fades
                self.counts[cell] = counts

    def hear(self, fact: Fact) -> None:
        """Take what was told within the hour."""
        match fact:
            case Decision(action_id=action_id) if action_id:
                if (cell := self._cell_of(fact)) is not None:
                    self._watch(action_id).cell = cell
            case Conversion(action_id=action_id, void=void):
                self._watch(action_id).conversions += -1 if void else 1
            case OutcomeReport(action_id=action_id):
                _note(self._watch(action_id), fact)
            case _:
                pass

    def end_hour(self) -> None:
        """Let what was counted fade by an hour, and count what settled within it."""
        self.hour += HOUR
        tried, worked = Counter[Cell](), Counter[tuple[Cell, Span]]()
        for news in self._news():
            tried[news.cell] += news.tries
            worked[news.cell, news.age] += news.successes
        for counts in self.counts.values():
            counts.tries *= self.fades
            counts.successes *= self.fades
        for cell in sorted(tried):
            self._counts_of(cell).tries += tried[cell]
        for cell, age in sorted(worked):
            counts = self._counts_of(cell)
            gained = worked[cell, age] * self.fades ** (age // HOUR)
            counts.successes = max(counts.successes + gained, 0.0)
        self._forget()

    def _cell_of(self, decision: Decision) -> Cell | None:
        """Say where a decision counts; nowhere if nobody noted the segment."""
        segment = decision.segment or ("" if self._learning.segments else OTHERS)
        won = next((each for each in decision.candidates if each.reason == "won"), None)
        return Cell(won.action, won.channel, segment) if won and segment else None

    def _watch(self, action_id: str) -> Watched:
        found = self._watched.get(action_id)
        if found is None:
            found = self._watched[action_id] = Watched(self.hour)
        return found

    def _counts_of(self, cell: Cell) -> TryCounts:
        return self.counts.setdefault(cell, TryCounts())

    def _news(self) -> Iterator[_News]:
        """Say what counts from now on, and what counts otherwise than it did."""
        for each in self._watched.values():
            works = each.conversions > 0
            if each.cell is None:
                continue
            if each.settled is not None:
                if works != each.worked:
                    yield _News(each.cell, 0, 1 if works else -1, self.hour - each.settled)
            elif each.is_tried and (each.reached or 0) + self._attribution <= self.hour:
                each.settled = self.hour
                yield _News(each.cell, 1, int(works), 0)
            each.worked = works

    def _forget(self) -> None:
        since = self.hour - self._attribution - PATIENCE
        self._watched = {
            name: each for name, each in self._watched.items() if each.heard > since
        }


class _News(Struct, frozen=True, gc=False):
    """What an action adds to its counts, and how long ago it was counted first."""

    cell: Cell
    tries: int
    successes: int
    age: Span


def _note(watched: Watched, report: OutcomeReport) -> None:
    """Note what a report says; only of what reached somebody it can be said that it failed."""
    outcome, time = report.outcome, report.time
    watched.noticed = watched.noticed or outcome in _NOTICED
    watched.lost = watched.lost or outcome in _LOST
    if outcome in _NOTICED or outcome == "delivered":
        watched.reached = time if watched.reached is None else min(watched.reached, time)


def begin_learning(playbook: Playbook, now: Instant) -> Learner:
    """Begin in the hour that runs."""
    learning = playbook.learning or Learning()
    return Learner(learning, playbook.attribution, hour_of(now))


def hour_of(time: Instant) -> Instant:
    """Say when the hour began."""
    return time - time % HOUR


def report_of(event: Event) -> OutcomeReport | None:
    """Read what an event reports of an action; None if it is about something else."""
    if not event.type.startswith(REPORTS):
        return None
    told = EVENT_TYPES.read_payload(event)
    if not isinstance(told, ActionFeedback) or not told.action_id:
        return None
    return OutcomeReport(told.action_id, event.type.removeprefix(REPORTS), event.time)


def posterior_mean(written: float, weight: float, counts: TryCounts) -> float:
    """Say how likely success is: the mean of a Beta distribution (docs/learning.md).

    The written propensity weighs as much as so many tries.
    """
    return (written * weight + counts.successes) / (weight + counts.tries)


def table_of(playbook: Playbook, learner: Learner) -> list[ReferenceVersion]:
    """Make references of what was learned, for the actions that the playbook has."""
    learning = playbook.learning or Learning()
    told: dict[str, dict[str, dict[str, float]]] = {}
    plans = {
        key_of(plan.name, plan.channel): plan
        for plans in playbook.actions.values()
        for plan in plans
    }
    segments = {OTHERS, *(each.name for each in learning.segments)}
    for cell, counts in learner.counts.items():
        plan = plans.get(cell.key)
        if plan is not None and cell.segment in segments:
            told.setdefault(cell.key, {})[cell.segment] = _told(plan, learning, counts)
    since = learner.hour + AHEAD
    return [ReferenceVersion(KIND, key, since, content_of(told[key])) for key in sorted(told)]


def _told(plan: ActionDefinition, learning: Learning, counts: TryCounts) -> dict[str, float]:
    mean = posterior_mean(plan.propensity, learning.least, counts)
    return {"mean": mean, "tries": counts.tries, "successes": counts.successes}


def read_counts(version: ReferenceVersion) -> Iterator[tuple[Cell, TryCounts]]:
    """Read back what a table holds; nothing of what is no table."""
    action, _, channel = version.key.rpartition("@")
    try:
        told = _decode(version.value)
    except msgspec.MsgspecError:
        return
    for segment, each in told.items():
        yield Cell(action, channel, segment), TryCounts(each.tries, each.successes)
