"""What the next version of a playbook would be, and what it changes."""

from __future__ import annotations

import pytest

from legato.core.playbook.versions import LEAD, PlaybookVersion
from legato.core.values.time import HOUR, MINUTE
from legato.operations.publishing import (
    VersionPlan,
    check_lead,
    check_names,
    check_paused,
    plan_pause,
    plan_version,
)
from legato.queries.errors import NotFound, Unclear
from legato.queries.playbook_versions import PublishedPlaybooks

NOW = 1_772_452_800_000


def text(*names: str, actions: tuple[str, ...] = (), once: str = "1h") -> str:
    """A playbook that finds each name in views of pages, and acts on it under that name."""
    lines = ["version: 1", "channels: {email: {address: [email]}}", "situations:"]
    lines += [f"  {each}: {{match: {{on: page.viewed, once: {once}}}}}" for each in names]
    does = "channel: email, purpose: service, content: c"
    lines += ["actions:"] if actions else []
    lines += [f"  {each}_by_email: {{situation: {each}, {does}}}" for each in actions]
    return "\n".join([*lines, ""])


BASE = text("a", "b", actions=("a", "b"))


def known(*versions: PlaybookVersion) -> PublishedPlaybooks:
    return PublishedPlaybooks(BASE.encode(), versions)


def draft(written: str = "", ahead: int = MINUTE) -> PlaybookVersion:
    return PlaybookVersion(0, NOW + ahead, written, "kim", "why", NOW)


def published(plan: VersionPlan) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.number, each.since - NOW, each.paused) for each in plan.versions]


def test_the_first_version_is_compared_with_the_playbook_of_the_settings() -> None:
    plan = plan_version(known(), draft(text("b", "c", actions=("c",))))
    assert published(plan) == [(1, MINUTE, ())]
    assert (plan.counting, plan.later) == (0, ())
    changes = plan.changes
    assert (changes.situations_added, changes.situations_removed) == (("c",), ("a",))
    assert changes.actions_added == ("c_by_email",)
    assert changes.actions_removed == ("a_by_email", "b_by_email")


def test_what_is_written_otherwise_is_told_and_keeps_its_birth() -> None:
    plan = plan_version(
        known(), draft(text("a", once="2h") + "  b: {match: {on: page.viewed}}")
    )
    assert plan.changes.situations_changed == ("a", "b")
    assert plan.versions[0].born == {}


def test_what_a_version_brings_is_as_old_as_the_version() -> None:
    before = PlaybookVersion(1, NOW - HOUR, text("a", "c"))
    plan = plan_version(known(before), draft(text("a", "c", "d")))
    assert plan.versions[0].born == {"c": NOW - HOUR, "d": NOW + MINUTE}
    assert (plan.changes.situations_added, plan.changes.situations_changed) == (("d",), ())


def test_what_is_paused_stays_so_where_it_is_there_still() -> None:
    before = PlaybookVersion(4, NOW - HOUR, BASE, paused=("a", "b_by_email"))
    plan = plan_version(known(before), draft(text("b", "c", actions=("b",))))
    assert published(plan) == [(5, MINUTE, ("b_by_email",))]
    assert plan.counting == 4


def test_a_version_that_comes_before_another_says_so() -> None:
    later = PlaybookVersion(1, NOW + HOUR, BASE)
    plan = plan_version(known(later), draft(text("c")))
    assert published(plan) == [(2, MINUTE, ())]
    assert plan.later == (later,)


def test_a_pause_holds_for_versions_to_come_as_well() -> None:
    later = PlaybookVersion(1, NOW + HOUR, text("a", "c", actions=("a",)))
    plan = plan_pause(known(later), draft(ahead=LEAD), frozenset(("a", "b")), on=True)
    assert published(plan) == [(2, LEAD, ("a", "b")), (3, HOUR, ("a",))]
    assert [each.text for each in plan.versions] == [BASE, later.text]
    assert plan.changes.actions_removed == ("a_by_email", "b_by_email")
    assert plan.changes.situations_removed == ()


def test_a_version_to_come_without_what_is_paused_stays_as_it_is() -> None:
    later = PlaybookVersion(1, NOW + HOUR, text("c"))
    plan = plan_pause(known(later), draft(ahead=LEAD), frozenset(("a",)), on=True)
    assert published(plan) == [(2, LEAD, ("a",))]
    assert plan.later == (later,)


def test_what_is_resumed_is_so_now_and_later() -> None:
    now = PlaybookVersion(1, NOW - HOUR, BASE, paused=("a", "b"))
    later = PlaybookVersion(2, NOW + HOUR, BASE, paused=("a",))
    plan = plan_pause(known(now, later), draft(ahead=LEAD), frozenset(("a",)), on=False)
    assert published(plan) == [(3, LEAD, ("b",)), (4, HOUR, ())]
    assert plan.changes.actions_added == ("a_by_email",)


def test_who_is_too_late_or_names_what_is_not_there_is_told() -> None:
    check_lead(NOW + LEAD, NOW)
    with pytest.raises(Unclear, match=r"less than 30 s ahead.*`--from \+1m`"):
        check_lead(NOW + LEAD - 1, NOW)
    check_names(known(), ["a", "b_by_email"], NOW)
    with pytest.raises(Unclear, match="`a_by_emial`; did you mean `a_by_email`"):
        check_names(known(), ["a_by_emial"], NOW)
    with pytest.raises(Unclear, match="`a` is not paused; what is paused: nothing"):
        check_paused(known(), ["a"], NOW)
    paused = PlaybookVersion(1, NOW - HOUR, BASE, paused=("b",))
    check_paused(known(paused), ["b"], NOW)
    with pytest.raises(Unclear, match="what is paused: `b`"):
        check_paused(known(paused), ["a"], NOW)


def test_states_are_told_and_a_number_that_nobody_gave() -> None:
    counted, now, replaced, coming = (
        PlaybookVersion(number, NOW + ahead, BASE)
        for number, ahead in ((1, -HOUR), (2, -MINUTE), (3, HOUR), (4, HOUR))
    )
    every = known(counted, now, replaced, coming)
    assert [every.state_of(each, NOW) for each in every.every] == [
        "counted",
        "counts now",
        "never counts",
        "to come",
    ]
    with pytest.raises(NotFound, match="`legato playbook versions`"):
        every.version(9)
