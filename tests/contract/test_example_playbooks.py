"""The playbooks under examples/ are sound, and do what the tests behind them say."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.core.playbook.compile import read_playbook
from legato.core.playbook.review import review
from legato.testing.playbook_file import read_tests
from legato.testing.playbook_tests import play_test

FOLDER = Path(__file__).parents[2] / "examples" / "playbooks"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_sound_and_its_tests_pass(path: Path) -> None:
    text = path.read_bytes()
    assert review(text) == []
    playbook = read_playbook(text)
    read = read_tests(text, playbook)
    assert read.faults == ()
    assert len(read.tests) >= 2
    for test in read.tests:
        assert play_test(playbook, test).misses == ()


def test_each_stands_in_the_readme() -> None:
    told = (FOLDER / "README.md").read_text()
    assert [path.name for path in FILES if f"]({path.name})" not in told] == []
