"""What a source of history tells: it is known from then on, and nothing goes out for it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato.core.engine import Engine, EngineSetup, HistorySources, LogBatch, SourceWatermark
from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.identity.rules import IdentityRules
from legato.core.values.outputs import Action, Decision, Output, Situation
from legato.core.values.time import LONG_AGO, NEVER
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import DAYS, HOURS, added, at, event, may, ordered

WEB, PAST = "web/0", "past/0"
ALONE = EngineSetup(
    default_playbook(),
    Identify("pepper", ("user_id",)),
    IdentityRules(),
    (WEB, PAST),
    continuous=False,
)
BESIDE = replace(ALONE, history=HistorySources(frozenset(("past",)), frozenset((PAST,))))
YEAR = 365 * DAYS
EMAIL = {"email": "ada@example.org"}


class Line:
    """An engine, and all that it said."""

    def __init__(self, setup: EngineSetup) -> None:
        self.setup = setup
        self.engine = Engine(setup, TODAY, SNAPSHOTS)
        self.said: list[Output] = []

    def follow(self, *entries: Event | SourceWatermark) -> None:
        self.said += self.engine.process(LogBatch(entries)).outputs

    def passed(self, source: str, minute: float) -> None:
        self.follow(SourceWatermark(source, at(minute)))

    @property
    def actions(self) -> list[str]:
        return [each.action for each in self.said if isinstance(each, Action)]

    @property
    def situations(self) -> list[str]:
        return [each.situation for each in self.said if isinstance(each, Situation)]

    @property
    def lost(self) -> set[tuple[str, str]]:
        return {
            (each.reason, each.detail)
            for decision in self.said
            if isinstance(decision, Decision)
            for each in decision.candidates
            if each.reason in ("won", "expired")
        }


def told(minute: float, kind: Event) -> Event:
    """The same as a source of history tells it: received when it happened."""
    return replace(kind, source="past", received=at(minute))


def cart(minute: float) -> tuple[Event, Event]:
    return told(minute, may(minute, identifiers=EMAIL)), told(minute, added(minute + 1))


@pytest.mark.parametrize(
    ("setup", "actions", "lost"),
    [
        (BESIDE, [], {("expired", "history")}),
        (ALONE, ["remind_by_email"], {("won", "")}),
    ],
)
def test_an_hour_that_was_over_a_year_ago_is_told_and_reminds_nobody(
    setup: EngineSetup, actions: list[str], lost: set[tuple[str, str]]
) -> None:
    line = Line(setup)
    line.passed(WEB, YEAR)
    line.follow(*cart(0))
    line.passed(PAST, 2 * HOURS)
    assert line.situations == ["cart_abandoned"]
    assert (line.actions, line.lost) == (actions, lost)


def test_the_carts_of_an_hour_ago_remind_nobody_before_the_rest_of_the_file_is_known() -> None:
    line = Line(BESIDE)
    line.passed(WEB, 3 * HOURS)
    line.follow(*cart(0))
    line.passed(PAST, 90)
    line.follow(told(100, ordered(100, "SHOE")))
    assert line.situations[0] == "cart_abandoned"
    assert line.actions == []


def test_a_visit_a_year_ago_briefs_nobody_though_no_live_source_was_heard_of_yet() -> None:
    visit = told(30, event(30, "store.visited", "store", venue="BER-1"))
    for setup, actions in ((BESIDE, []), (ALONE, ["brief_store"])):
        line = Line(setup)
        line.follow(*cart(0), visit)
        assert "channel_switched" in line.situations
        assert line.actions == actions


def test_what_live_customers_do_meanwhile_is_decided_at_once() -> None:
    line = Line(BESIDE)
    line.passed(WEB, YEAR)
    line.follow(*cart(0))
    line.passed(PAST, 1)
    live = {"customer_id": "bob", "source": "web"}
    line.follow(
        may(YEAR, received=YEAR, **live),
        added(YEAR, received=YEAR, **live),
        event(YEAR + 1, "store.visited", "store", venue="BER-1", received=YEAR + 1, **live),
    )
    assert line.actions == ["brief_store"]


def test_what_history_shows_of_just_now_is_decided_as_if_it_were_live() -> None:
    line = Line(BESIDE)
    line.passed(WEB, 64)
    line.follow(*cart(0))
    line.passed(PAST, 62)
    assert line.actions == ["remind_by_email"]


def test_once_no_history_will_follow_time_passes_without_it() -> None:
    line = Line(BESIDE)
    line.passed(WEB, 30)
    line.follow(*cart(0), SourceWatermark(PAST, NEVER))
    assert line.engine.clock == at(30)
    line.passed(WEB, 61)
    assert line.actions == ["remind_by_email"]


def test_what_waited_for_the_end_of_history_long_ago_expires() -> None:
    line = Line(BESIDE)
    line.passed(WEB, YEAR)
    line.follow(*cart(0), SourceWatermark(PAST, NEVER))
    assert set(line.situations) == {"cart_abandoned"}
    assert line.actions == []
    assert line.lost == {("expired", "")}


def test_a_restored_line_knows_how_late_it_is() -> None:
    line = Line(BESIDE)
    line.passed(WEB, YEAR)
    line.follow(*cart(0))
    heir = Line(BESIDE)
    heir.engine.restore(line.engine.checkpoint())
    assert heir.engine.clock == LONG_AGO
    heir.passed(PAST, 2 * HOURS)
    assert heir.lost == {("expired", "history")}
