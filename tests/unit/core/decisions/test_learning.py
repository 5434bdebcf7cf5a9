"""What becomes of actions is counted once it is known, fades, and comes late into the next."""

from __future__ import annotations

import pytest
from msgspec import json

from legato.core.decisions.learning import (
    Cell,
    Fact,
    Learner,
    OutcomeReport,
    TryCounts,
    posterior_mean,
    table_of,
)
from legato.core.playbook.compile import PlaybookError
from legato.core.playbook.learning import OTHERS
from legato.core.references.versions import ReferenceVersion
from legato.core.values.outputs import Candidate, Conversion, Decision
from legato.core.values.time import DAY, HOUR
from tests.unit.core.stories import NOON, playbook

TWO = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
segments:
  vip: {when: customer.profile.traits.tier == "gold"}
  german: {when: customer.profile.language == "de"}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x, propensity: 0.5}
  text: {situation: left, channel: sms, purpose: service, content: x, propensity: 0.1}
"""
LEARNING = playbook(TWO + "learning: {segments: []}")
CELL = Cell("mail", "email", OTHERS)


def decided(action_id: str, segment: str = OTHERS) -> Decision:
    won = Candidate("mail", "email", "won")
    return Decision(
        "ada", "d", "s", "left", NOON, action="mail", action_id=action_id,
        candidates=(Candidate("text", "sms", "lost_arbitration"), won), segment=segment,
    )  # fmt: skip


def converted(action_id: str, order: str = "o", *, void: bool = False) -> Conversion:
    return Conversion("ada", action_id, "left", "mail", "email", NOON, order, void=void)


def delivered(action_id: str, outcome: str = "delivered", hours: int = 0) -> OutcomeReport:
    return OutcomeReport(action_id, outcome, NOON + hours * HOUR)


def learner() -> Learner:
    assert LEARNING.learning is not None
    return Learner(LEARNING.learning, LEARNING.attribution, NOON)


def told(hours: int, *facts: Fact, later: dict[int, list[Fact]] | None = None) -> TryCounts:
    """What is counted after so many hours: `facts` come in the first, some later."""
    learns = learner()
    for hour in range(hours):
        for fact in (*(facts if hour == 0 else ()), *(later or {}).get(hour, ())):
            learns.hear(fact)
        learns.end_hour()
    return learns.counts.get(CELL, TryCounts())


def test_a_try_counts_once_its_attribution_has_passed() -> None:
    assert told(71, decided("a"), delivered("a")) == TryCounts()
    assert told(72, decided("a"), delivered("a")) == TryCounts(1, 0)
    assert told(72, decided("a"), delivered("a"), converted("a")) == TryCounts(1, 1)


def test_what_reached_nobody_was_not_tried() -> None:
    assert told(72, decided("a")) == TryCounts()
    assert told(72, decided("a"), delivered("a"), delivered("a", "failed")) == TryCounts()
    assert told(72, decided("a"), delivered("a", "failed")) == TryCounts()
    noticed = [delivered("a", "failed"), delivered("a", "clicked")]
    assert told(72, decided("a"), *noticed) == TryCounts(1, 0)


def test_several_orders_are_one_success_and_what_is_void_is_none() -> None:
    tried = decided("a"), delivered("a")
    assert told(72, *tried, converted("a"), converted("a", "p")) == TryCounts(1, 1)
    void = converted("a", void=True)
    assert told(72, *tried, converted("a"), void) == TryCounts(1, 0)
    assert told(72, *tried, void, converted("a")) == TryCounts(1, 0)


def test_what_is_told_late_counts_in_the_next_table_as_old_as_its_try() -> None:
    later: dict[int, list[Fact]] = {80: [converted("a")]}
    tried: tuple[Fact, Fact] = decided("a"), delivered("a")
    before, after = told(80, *tried, later=later), told(81, *tried, later=later)
    assert before.successes == 0
    assert after.successes == pytest.approx(after.tries)
    later = {80: [converted("a", void=True)]}
    taken_back = told(81, *tried, converted("a"), later=later)
    assert taken_back.successes == pytest.approx(0, abs=1e-12)
    assert taken_back.tries == after.tries


def test_a_report_may_come_late_but_not_for_ever() -> None:
    report = delivered("a", hours=1)
    assert told(100, decided("a"), later={99: [report]}).tries == 1
    assert told(200, decided("a"), later={150: [report]}).tries == 0
    assert told(200, decided("a"), later={199: [report]}).tries == 0


def test_a_count_halves_in_a_fortnight() -> None:
    counts = told(72 + 14 * 24, decided("a"), delivered("a"), converted("a"))
    assert counts.tries == pytest.approx(0.5)
    assert counts.successes == counts.tries


def test_what_is_told_twice_is_counted_once() -> None:
    thrice: list[Fact] = [decided("a"), delivered("a")] * 3
    assert told(72, *thrice) == TryCounts(1, 0)


def test_what_nobody_decided_is_not_counted() -> None:
    learns = learner()
    for fact in (delivered("x"), converted("x"), Decision("ada", "d", "s", "left", NOON)):
        learns.hear(fact)
    for _ in range(72):
        learns.end_hour()
    assert learns.counts == {}


def test_the_mean_lies_between_what_is_written_and_what_was_counted() -> None:
    assert posterior_mean(0.5, 50, TryCounts(0, 0)) == 0.5
    assert posterior_mean(0.5, 50, TryCounts(50, 0)) == 0.25
    assert posterior_mean(0.5, 50, TryCounts(950, 950)) == 0.975


def test_a_table_counts_from_an_hour_later_and_holds_what_a_restart_needs() -> None:
    learns = learner()
    for fact in (decided("a"), delivered("a"), converted("a")):
        learns.hear(fact)
    for _ in range(80):
        learns.end_hour()
    (version,) = table_of(LEARNING, learns)
    assert version.key == "mail@email"
    assert version.time == NOON + 81 * HOUR
    value = json.decode(version.value)
    assert value[OTHERS]["mean"] == pytest.approx((25 + 1) / 51, abs=1e-3)
    resumed = learner()
    resumed.hour = learns.hour
    resumed.resume([version])
    assert resumed.counts == learns.counts
    for each in (learns, resumed):
        each.end_hour()
    assert table_of(LEARNING, resumed) == table_of(LEARNING, learns)
    later = learner()
    later.hour = learns.hour
    later.resume([version])
    assert later.counts == learns.counts


def test_another_version_counts_otherwise_from_its_hour_on() -> None:
    learns = learner()
    for fact in (decided("a"), delivered("a")):
        learns.hear(fact)
    learns.end_hour()
    learns.follow(playbook(TWO + "attribution: 2h"))
    learns.end_hour()
    assert learns.counts == {}
    learns.follow(playbook(TWO + "attribution: 2h\nlearning: {segments: [], half_life: 1h}"))
    learns.end_hour()
    assert learns.counts == {CELL: TryCounts(1, 0)}
    learns.end_hour()
    assert learns.counts == {CELL: TryCounts(0.5, 0)}


def test_a_restart_reads_no_nonsense() -> None:
    learns = learner()
    for value in (b"[]", b"{}", b'{"*": 1}', b"", b"{"):
        learns.resume([ReferenceVersion("propensity", "mail@email", NOON, value)])
        assert learns.counts == {}


def test_segments_are_those_of_the_file_unless_some_are_named() -> None:
    def names(text: str) -> list[str]:
        found = playbook(TWO + text).learning
        return [each.name for each in found.segments] if found else ["none"]

    assert names("") == ["none"]
    assert names("learning: {}") == ["vip", "german"]
    assert names("learning: {segments: [german]}") == ["german"]


def test_nobody_knows_the_segment_of_what_was_decided_before() -> None:
    several = playbook(TWO + "learning: {}")
    assert several.learning is not None
    for asked, counted in ((LEARNING, 1), (several, 0)):
        assert asked.learning is not None
        learns = Learner(asked.learning, 3 * DAY, NOON)
        for fact in (decided("a", segment=""), delivered("a")):
            learns.hear(fact)
        for _ in range(72):
            learns.end_hour()
        assert len(learns.counts) == counted


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("learning: {explore: 101}", "`explore: 101` is no share of situations"),
        ("learning: {explore: -1}", "`explore: -1` is no share of situations"),
        ("learning: {half_life: 0h}", "let `half_life` be longer than nothing"),
        ("learning: {half_life: long}", "`long` is not a span of time"),
        ("learning: {least: 0}", "let `least` be 1 or more"),
        ("learning: {segments: [new]}", "there is no segment `new`"),
        ("learning: {segments: [vip, vip]}", "segment `vip` cannot be told apart"),
        ("learning: {alpha: 1}", "alpha"),
    ],
)
def test_what_cannot_be_learned_is_told(text: str, fault: str) -> None:
    with pytest.raises(PlaybookError, match="learning") as told:
        playbook(TWO + text)
    assert fault in str(told.value)


def test_there_are_64_segments_at_most() -> None:
    many = "".join(f"  s{number}: {{when: 'true'}}\n" for number in range(63))
    text = TWO.replace("actions:", f"{many}actions:", 1)
    with pytest.raises(PlaybookError, match="65 segments would be told apart; name 64"):
        playbook(text + "learning: {}")
    playbook(text + "learning: {segments: [s1, s2]}")


def test_what_is_learned_is_a_share() -> None:
    wild = TWO.replace("propensity: 0.1", "propensity: 3")
    playbook(wild)
    with pytest.raises(PlaybookError, match="actions, `text`: `propensity: 3` cannot be"):
        playbook(wild + "learning: {}")
