"""Refusals and facts in the words of other systems: none fails open, none overwrites."""

from __future__ import annotations

from legato.core.values.time import read_instant
from tests.replay.reported.reported import of_kind, said

MORNING = read_instant("2026-03-03T07:00:00Z")


def test_a_refusal_in_another_spelling_is_followed_or_named() -> None:
    told = said("04_refusal_in_another_spelling", "--until", "+4d")
    assert [each for each in of_kind(told, "action") if each["channel"] == "email"] == []
    dead = of_kind(told, "dead_letter")
    assert [(each["line"], each["reason"]) for each in dead] == [
        (4, "unknown_word"),
        (20, "unknown_word"),
    ]
    assert "`marketing`" in dead[0]["message"]
    assert "promotion, service, profiling" in dead[0]["message"]


def test_the_zones_of_other_systems_do_not_wake_anybody() -> None:
    told = said("32_time_zones_of_other_systems", "--until", "+2h")
    actions = of_kind(told, "action")
    assert len(actions) == 4
    assert all(each["not_before"] >= MORNING for each in actions)
    assert of_kind(told, "dead_letter") == []
