"""The same facts make the same table, in any order, and through any number of restarts."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.decisions.learning import (
    Cell,
    Fact,
    Learner,
    OutcomeReport,
    TryCounts,
    begin_learning,
    table_of,
)
from legato.core.playbook.compile import read_playbook
from legato.core.values.outputs import Candidate, Conversion, Decision
from legato.core.values.time import HOUR
from tests.unit.core.stories import NOON

PLAYBOOK = read_playbook(
    b"""
version: 1
attribution: 5h
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
segments: {vip: {when: "true"}}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x, propensity: 0.5}
  text: {situation: left, channel: sms, purpose: service, content: x, propensity: 0.1}
learning: {half_life: 12h}
"""
)
HOURS = 30
PLANS = (("mail", "email"), ("text", "sms"), ("gone", "email"))
Told = list[tuple[int, Fact]]


@st.composite
def facts(draw: st.DrawFn) -> Told:
    """What was told, each with the hour in which it became known."""
    told: Told = []
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=30)):
        hour = draw(st.integers(0, HOURS - 1))
        match draw(st.integers(0, 3)):
            case 0:
                told.append((hour, _decision(name)))
            case 1:
                told.append((hour, _conversion(name, void=draw(st.booleans()))))
            case _:
                outcome = draw(st.sampled_from(["delivered", "clicked", "failed", "opened"]))
                time = NOON + hour * HOUR - draw(st.integers(0, 3)) * HOUR
                told.append((hour, OutcomeReport(name, outcome, time)))
    return told


def _decision(name: str) -> Decision:
    action, channel = PLANS["abcdef".index(name) % 3]
    won = (Candidate(action, channel, "won"),)
    return Decision(
        "ada", f"d{name}", "s", "left", NOON, action_id=name, candidates=won,
        segment="vip" if name in "ad" else "*",
    )  # fmt: skip


def _conversion(name: str, *, void: bool) -> Conversion:
    return Conversion("ada", name, "left", "", "email", NOON, "o", void=void)


def learned(told: Iterable[tuple[int, Fact]]) -> Learner:
    learner, left = begin_learning(PLAYBOOK, NOON), [*told]
    for hour in range(HOURS):
        for known, fact in left:
            if known == hour:
                learner.hear(fact)
        learner.end_hour()
    return learner


@given(facts(), st.randoms())
@settings(deadline=None)
def test_in_any_order_of_an_hour_the_table_is_the_same(told: Told, chance: Random) -> None:
    shuffled = [*told]
    chance.shuffle(shuffled)
    assert table_of(PLAYBOOK, learned(shuffled)) == table_of(PLAYBOOK, learned(told))


@given(facts(), st.integers(0, HOURS))
@settings(deadline=None)
def test_a_restart_makes_the_same_tables(told: Told, stop: int) -> None:
    """Another process reads the table of that hour, and hears what was told once more."""
    whole, again = begin_learning(PLAYBOOK, NOON), begin_learning(PLAYBOOK, NOON)
    for hour in range(HOURS):
        if hour == stop:
            again.resume(table_of(PLAYBOOK, whole))
        for learner in (whole, again):
            for known, fact in told:
                if known == hour:
                    learner.hear(fact)
            learner.end_hour()
        if hour >= stop:
            assert table_of(PLAYBOOK, again) == table_of(PLAYBOOK, whole)


@given(st.floats(0, 1e6), st.integers(0, 100), st.integers(0, 100))
def test_what_fades_composes(tries: float, first: int, then: int) -> None:
    cell = Cell("mail", "email", "*")
    by_steps, at_once = begin_learning(PLAYBOOK, NOON), begin_learning(PLAYBOOK, NOON)
    by_steps.counts[cell] = TryCounts(tries, tries / 2)
    at_once.counts[cell] = TryCounts(tries, tries / 2)
    for _ in range(first):
        by_steps.end_hour()
    between = table_of(PLAYBOOK, by_steps)
    by_steps.hour += then * HOUR
    by_steps.resume(between)
    for _ in range(first + then):
        at_once.end_hour()
    assert by_steps.counts == at_once.counts
    assert by_steps.counts[cell].tries == pytest.approx(tries * 2 ** (-(first + then) / 12))


@given(facts())
@settings(deadline=None)
def test_never_more_successes_than_tries(told: Told) -> None:
    for counts in learned(told).counts.values():
        assert 0 <= counts.successes <= counts.tries + 1e-9
