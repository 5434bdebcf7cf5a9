"""Situations of events: told, retracted, ended, and entered no more often than they may be."""

from __future__ import annotations

import re

import pytest

from legato.core.events.event import Event
from legato.core.playbook.compile import PlaybookError
from legato.core.situations.entries import (
    MOST_ENTRIES,
    MOST_RUNS,
    SPARE_ENTRIES,
    entry_runs,
)
from legato.core.values.outputs import Retracted
from legato.harness import Harness
from tests.unit.core.stories import DAYS, at, event, playbook

HEAD = """
version: 1
channels: {web: {pull: true}, email: {address: [email]}}
situations:
"""
ACTIONS = """
actions:
  help: {situation: trouble, channel: web, purpose: service, content: help, expires: 4h}
"""
TROUBLE = "  trouble: {repeat: {of: payment.failed, times: 2, within: 30m, by: event.cart_id}"


def failed(minute: float, cart_id: str | None = "k", /, **told: object) -> Event:
    named = {} if cart_id is None else {"cart_id": cart_id}
    return event(minute, "payment.failed", "web", **named, **told)


def harness_of(situations: str, actions: str = ACTIONS) -> Harness:
    return Harness(playbook(f"{HEAD}{situations}{actions}"))


def retracted(harness: Harness) -> list[tuple[str, str]]:
    return [
        (each.situation, each.reason) for each in harness.outputs if isinstance(each, Retracted)
    ]


def test_a_key_has_its_own_run_and_names_the_goal() -> None:
    harness = harness_of(f"{TROUBLE}, goal: checkout}}")
    harness.feed(failed(0, "a"), failed(1, "b"), failed(2, None), failed(3, "a"))
    (found,) = harness.situations
    assert (found.time, found.goals) == (at(3), ("checkout:a",))
    assert (found.evidence["key"], found.stage) == ("a", None)
    assert [each.action for each in harness.actions] == ["help"]


def test_what_a_late_event_undoes_is_retracted_and_its_action_superseded() -> None:
    late = harness_of(
        "  trouble: {sequence: {steps: [payment.failed, page.viewed], within: 1h,"
        " without: order.completed}}"
    )
    late.feed(failed(0), event(10, "page.viewed"))
    assert [each.status for each in late.contexts["ada"].actions] == ["sent"]
    late.feed(event(5, "order.completed", "store", received=11))
    assert retracted(late) == [("trouble", "late_event")]
    (revoked,) = late.revoked
    assert (revoked.reason, revoked.time) == ("superseded", at(11))
    (found,), (gone,) = late.situations, [x for x in late.outputs if isinstance(x, Retracted)]
    assert gone.situation_id == found.situation_id


def test_what_comes_a_day_late_moves_no_run() -> None:
    harness = harness_of(f"{TROUBLE}}}")
    harness.feed(failed(0), event(2 * DAYS, "page.viewed"), failed(10))
    assert harness.situations == []


def test_what_a_late_event_completes_is_told_with_its_own_time() -> None:
    harness = harness_of(f"{TROUBLE}}}")
    harness.feed(failed(0), event(20, "page.viewed"))
    harness.feed(failed(10, received=25))
    assert [each.time for each in harness.situations] == [at(10)]


@pytest.mark.parametrize(
    ("ends", "reason"),
    [("order.completed", "converted"), ("{event: 'order.*', as: bought}", "bought")],
)
def test_what_ends_a_situation_takes_back_what_waits(ends: str, reason: str) -> None:
    harness = harness_of(f"{TROUBLE}, ends: {ends}}}")
    harness.feed(failed(0, "a"), failed(1, "a"), failed(2, "b"), failed(3, "b"))
    assert len(harness.actions) == 2
    harness.feed(event(4, "order.completed", "web", cart_id="a"))
    assert [each.reason for each in harness.revoked] == [reason]
    harness.feed(event(5, "order.completed", "web"))
    assert [each.reason for each in harness.revoked] == [reason, reason]


def test_an_end_of_which_it_is_not_clear_whether_it_counts_does() -> None:
    ends = "{event: order.completed, where: event.data.total > 10}"
    for told, ended in (({"total": 5}, 0), ({"total": 20}, 1), ({}, 1)):
        harness = harness_of(f"{TROUBLE}, ends: {ends}}}").feed(failed(0), failed(1))
        harness.feed(event(4, "order.completed", "web", cart_id="k", **told))
        assert len(harness.revoked) == ended


def test_where_an_error_makes_no_match() -> None:
    match = "  trouble: {match: {on: {event: nps.given, where: event.data.score <= 6}}}"
    harness = harness_of(match)
    harness.feed(
        event(0, "nps.given", score=3), event(1, "nps.given"), event(2, "nps.given", score=9)
    )
    assert [each.time for each in harness.situations] == [at(0)]


@pytest.mark.parametrize(
    ("entry", "minutes"),
    [("always", [1, 61, 3001]), ("once", [1]), ("{after: 1d}", [1, 3001])],
)
def test_a_customer_enters_as_often_as_they_may(entry: str, minutes: list[int]) -> None:
    harness = harness_of(f"{TROUBLE}, entry: {entry}}}")
    for minute in (0, 60, 3000):
        harness.feed(failed(minute), failed(minute + 1))
    assert [each.time for each in harness.situations] == [at(each) for each in minutes]


def test_all_stages_of_an_occurrence_are_one_entry() -> None:
    stalled = "  trouble: {absence: {after: account.created, for: [1h, 2h]}, entry: once}"
    harness = harness_of(stalled).feed(event(0, "account.created")).wait_until(at(180))
    harness.feed(event(200, "account.created")).wait_until(at(1 * DAYS))
    assert [each.stage for each in harness.situations] == [1, 2]


def test_a_deadline_may_be_worked_out_as_the_event_comes() -> None:
    absence = "{after: pickup.promised, unless: order.completed, until: event.data.by}"
    until = f"  trouble: {{absence: {absence}}}"
    harness = harness_of(until)
    harness.feed(event(0, "pickup.promised", by=at(90))).wait_until(at(200))
    assert [each.time for each in harness.situations] == [at(90)]
    past = harness_of(until).feed(event(100, "pickup.promised", by=at(90)))
    assert [each.time for each in past.wait_until(at(101)).situations] == [at(100)]


def test_a_run_keeps_the_last_events_and_a_customer_the_last_runs() -> None:
    harness = harness_of(
        "  trouble: {repeat: {of: x, times: 3, within: 400d, by: event.cart_id}}"
    )
    for n in range(200):
        harness.feed(event(n, "x", cart_id="k"), event(n + 0.5, "x", cart_id=f"c{n}"))
        runs = entry_runs(harness.contexts["ada"], "repeat")
        kept = [each.time for each in runs["trouble|k"].entries]
        assert kept[-MOST_ENTRIES:] == [at(each) for each in range(n + 1)][-MOST_ENTRIES:]
        assert len(kept) < MOST_ENTRIES + SPARE_ENTRIES
        assert len(runs) <= MOST_RUNS
    assert [each.time for each in harness.situations] == [at(2)]


def test_a_late_event_may_begin_the_run_that_is_one_too_many() -> None:
    harness = harness_of(
        "  trouble: {repeat: {of: x, times: 2, within: 9d, by: event.cart_id}}"
    )
    harness.feed(*(event(100 + n, "x", cart_id=f"c{n}") for n in range(MOST_RUNS)))
    harness.feed(event(50, "x", received=140, cart_id="late"))
    runs = entry_runs(harness.contexts["ada"], "repeat")
    assert len(runs) == MOST_RUNS
    assert "trouble|late" not in runs


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("{repeat: {of: x, times: 40, within: 1h}}", "let `times` be 1 to 32"),
        ("{repeat: {of: x, times: 2, within: 500d}}", "let `within` be 400 days or less"),
        ("{sequence: {steps: [x], within: 1h}}", "let `steps` list 2 to 16 of them"),
        ("{match: {on: 'x y'}}", "`x y` is no event type"),
        ("{match: {on: []}}", "an empty list fits nothing"),
        ("{match: {on: x, where: 'evnt.id == 1'}}", "did you mean `event`?"),
        (
            "{absence: {after: x, for: 1h, until: event.time}}",
            "say how long by `for` or by `until`",
        ),
        ("{absence: {after: x, for: [2h, 1h]}}", "let `for` list growing spans"),
        ("{switch: {within: 1h}, goal: cart}", "it has no key that names a goal"),
        ("{match: {on: x}, entry: often}", "situations, `trouble`"),
        ("{match: {on: x}, entry: {after: soon}}", "`soon` is not a span of time"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(written: str, fault: str) -> None:
    with pytest.raises(PlaybookError, match=re.escape(fault)):
        playbook(f"{HEAD}  trouble: {written}")


def test_a_name_without_a_bar() -> None:
    with pytest.raises(PlaybookError, match=re.escape("leave the `|` out of its name")):
        playbook(HEAD + "  'a|b': {match: {on: x}}")
