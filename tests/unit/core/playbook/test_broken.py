"""Broken playbooks, one a file of `broken/`: its first lines say what a person gets to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from legato.cli import main

FILES = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
FEWEST = 60
_SAID = re.compile(r"# (\d+:\d+: .+)")
_FOREIGN = re.compile(r"Object|Invalid|[Ee]xpected|array|null|\bint\b|\bstr\b|Traceback")
_ADVICE = re.compile(
    r"\b(write|did you mean|leave|let|give|take|put|rename|declare|ask|look|name|say|keep|close"
    r"|compare|begin|add|join|be above)\b"
)


def said_of(file: Path) -> list[str]:
    """What the first lines of a file say is wrong with it."""
    lines = file.read_text().splitlines()
    told = [found[1] for line in lines if (found := _SAID.fullmatch(line))]
    assert lines[: len(told)] == [f"# {each}" for each in told]
    return told


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_playbook_has_its_message(file: Path) -> None:
    result = CliRunner().invoke(main, ["playbook", "check", str(file)])
    assert result.output.splitlines() == [f"{file}:{each}" for each in said_of(file)]
    assert result.exit_code == 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_says_what_stands_there_and_what_to_do(file: Path) -> None:
    for told in said_of(file):
        message = told.split(": ", 1)[1]
        assert message[0] in "`'" or message[0].islower(), message
        assert _ADVICE.search(message), message
        assert not _FOREIGN.search(re.sub("`[^`]*`", "", message)), message
        assert not message.endswith("."), message


def test_there_are_many() -> None:
    assert len(FILES) >= FEWEST
    assert all(map(said_of, FILES))


def test_no_two_are_broken_in_the_same_way() -> None:
    told = [tuple(re.sub(r"^\d+:\d+", "", each) for each in said_of(file)) for file in FILES]
    assert len({*told}) > 0.8 * len(FILES)
