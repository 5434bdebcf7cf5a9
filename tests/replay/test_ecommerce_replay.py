"""What Legato finds in the e-commerce data, against the oracle and the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.replay.brute_force import find_all
from tests.replay.ecommerce import EXAMPLE, convert, read_lines, replay, summarize
from tests.replay.told import KNOWN, as_finding

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    events, profiles = convert(tmp_path_factory.mktemp("ecommerce"))
    log = events.with_name("all.jsonl")
    log.write_bytes(profiles.read_bytes() + events.read_bytes())
    return log


@pytest.fixture(scope="module")
def found_at(log: Path) -> Path:
    return replay(log, log.with_name("found.jsonl"))


@pytest.fixture(scope="module")
def found(found_at: Path) -> Lines:
    return read_lines(found_at)


def of_kind(found: Lines, kind: str) -> Lines:
    return [line for line in found if line["kind"] == kind]


def test_brute_force_agrees_on_every_situation(log: Path, found: Lines) -> None:
    told = (
        as_finding(situation, ("user_id", situation["identifiers"]["user_id"]))
        for situation in of_kind(found, "situation")
        if situation["situation"] in KNOWN
    )
    in_order_of_time = sorted(read_lines(log), key=lambda event: event["time"])
    assert sorted(told) == find_all(in_order_of_time)


def test_replaying_again_writes_the_same_bytes(log: Path, found_at: Path) -> None:
    again = replay(log, log.with_name("again.jsonl"))
    assert again.read_bytes() == found_at.read_bytes()


def test_it_acts_on_several_channels_and_says_why_others_lost(found: Lines) -> None:
    actions = of_kind(found, "action")
    assert len(actions) >= 500
    assert len({action["channel"] for action in actions}) >= 3
    candidates = [c for line in of_kind(found, "decision") for c in line["candidates"]]
    assert len({candidate["reason"] for candidate in candidates} - {"won"}) >= 5


def test_nothing_is_a_dead_letter(found: Lines) -> None:
    assert of_kind(found, "dead_letter") == []


def test_the_readme_tells_what_was_found(found_at: Path) -> None:
    told = summarize(found_at) in (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert told, "run `python examples/ecommerce/summary.py FOUND --write`"
