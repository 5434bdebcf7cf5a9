"""Each reason code has a golden story, and each policy check is missed when it is taken out."""

from __future__ import annotations

import msgspec
import pytest

from legato.cli.format.reasons import WORDS
from legato.core.decisions import policy
from tests.replay.policy_book import BOOK, book, stories
from tests.replay.scenario_book import Json, Scenario, play

ALL = stories()
CODES = {*WORDS} - {"won"}


def decisions(story: Scenario) -> list[Json]:
    """What was decided in a story."""
    said = map(msgspec.json.decode, play(story)[1])
    return [each for each in said if each["kind"] == "decision"]


def is_as_written(story: Scenario) -> bool:
    return play(story)[1] == story.expected.read_bytes().splitlines()


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.folder)
def test_a_story_plays_as_written(story: Scenario) -> None:
    assert play(story)[1] == story.expected.read_bytes().splitlines()


def test_the_page_of_reasons_is_true() -> None:
    assert BOOK.read_text() == book()


def test_each_reason_has_a_story() -> None:
    told = {
        each["reason"]
        for story in ALL
        for decision in decisions(story)
        for each in decision["candidates"]
    }
    assert told - {"won"} == CODES


@pytest.mark.parametrize("check", policy.CHECKS, ids=lambda check: check.reason)
def test_each_check_is_missed_in_some_story(
    check: policy.PolicyCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tuple(each for each in policy.CHECKS if each is not check)
    monkeypatch.setattr(policy, "CHECKS", others)
    assert not all(map(is_as_written, ALL))
