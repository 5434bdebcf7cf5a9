"""docs/glossary.md says what the code does: a row for each code, a producer for each row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import legato.core
from legato.cli.format.reasons import WORDS
from legato.core.decisions.policy import Ineligible, PolicyCheck
from legato.core.events.vocabulary import STAGES
from legato.core.playbook.schema import Purpose
from legato.core.values.outputs import Factors
from legato.demo.view.words import REASONS as SHORT
from legato.harness import default_playbook
from legato.wire.reasons import REASONS
from legato.wire.topics.names import Topics
from legato.wire.topics.outcomes import STATUSES

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
TERMS, _, CODES = PAGE.partition("## Reason codes of losers")
ROW = re.compile(r"^\| (.+?) \| (.+?) \|(?: (.*?) ?\|)?$", re.MULTILINE)
REFUSES = {Ineligible.__name__, PolicyCheck.__name__}


def rows(table: str) -> dict[str, str]:
    """The first column of a table -> the second."""
    found = {row[1].strip("`"): row[2] for row in ROW.finditer(table)}
    return {word: meaning for word, meaning in found.items() if set(word) != {"-"}}


def produced() -> set[str]:
    """The reasons for which a candidate may lose, as the core writes them down."""
    folder = Path(next(iter(legato.core.__path__)))
    trees = [ast.parse(path.read_text()) for path in folder.rglob("*.py")]
    return {reason for tree in trees for node in ast.walk(tree) for reason in reasons_in(node)}


def reasons_in(node: ast.AST) -> Iterator[str]:
    """A check, or a refusal `Ineligible("word")`, or what `reason, detail` are set to."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[ast.Constant(value=str(reason)), *_]) if (
            called in REFUSES
        ):
            yield reason
        case ast.Assign(
            targets=[ast.Tuple(elts=[ast.Name(id="reason"), *_])],
            value=ast.Tuple(elts=[ast.Constant(value=str(reason)), *_]),
        ):
            yield reason
        case _:
            """Nothing that makes a candidate lose."""


def test_each_code_has_a_producer_a_row_and_words_and_no_other_does() -> None:
    codes = produced() - {"won"}
    assert set(rows(CODES)) - {"code"} == codes
    assert set(WORDS) - {"won"} == codes
    assert set(SHORT) == codes


def test_no_code_of_a_loser_is_one_of_a_dead_letter() -> None:
    assert not produced() & REASONS.keys()


def test_it_names_all_that_becomes_of_an_action() -> None:
    meaning = rows(TERMS)["outcome"]
    assert [each for each in STATUSES if each not in meaning] == []


def test_it_names_the_purposes_and_the_stages() -> None:
    meaning = rows(TERMS)["purpose"]
    assert {*re.findall(r"`(\w+)`", meaning)} == {*get_args(Purpose)}
    assert [each for each in STAGES if each not in rows(TERMS)["stage"]] == []


def test_it_names_what_arbitration_weighs() -> None:
    meaning = rows(TERMS)["arbitration"]
    assert [each for each in Factors.__struct_fields__ if each not in meaning] == []


def test_it_names_the_channels_that_pull_and_those_that_push() -> None:
    told = re.findall(r"\((.+?)\)", rows(TERMS)["pull, push"])
    channels = default_playbook().channels
    assert {*told[0].split(", ")} == {name for name in channels if channels[name].pull}
    assert {*told[1].split(", ")} == {name for name in channels if not channels[name].pull}


def test_each_topic_that_it_names_exists() -> None:
    topics = {topic.name for topic in Topics("").all(())}
    assert {*re.findall(r"`([a-z]+\.[a-z]+)`", PAGE)} <= topics


def test_words_stand_in_order_and_once() -> None:
    words = [word for word in rows(TERMS) if word != "word"]
    assert words == sorted(words)
    assert len(words) == len({*words})
