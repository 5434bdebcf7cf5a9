"""docs/playbook.md says what the code does: each key in a table, and an example that runs."""

from __future__ import annotations

import pytest

from legato.cli.playbook.schema import ABOUT
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.review import review
from legato.testing.playbook_file import read_tests
from legato.testing.playbook_tests import play_test
from tests.contract.playbook_page import PAGE, PageExample, examples, generated, keys_in, wishes


def test_its_tables_are_in_step() -> None:
    page = PAGE.read_text()
    assert page == generated(page), "run `python -m tests.contract.playbook_page`"


@pytest.mark.parametrize("name", ABOUT)
def test_it_has_a_table_for_each_mapping(name: str) -> None:
    assert f"<!-- keys: {name} -->" in PAGE.read_text()


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example.number))
def test_each_example_is_sound_and_its_tests_pass(example: PageExample) -> None:
    assert review(example.playbook) == []
    playbook = read_playbook(example.playbook)
    read = read_tests(example.tests, playbook)
    assert read.faults == ()
    assert read.tests
    for test in read.tests:
        assert play_test(playbook, test).misses == ()


def test_each_key_stands_in_an_example() -> None:
    shown = {key for each in examples() for part in each.written for key in keys_in(part)}
    known = {(name, key) for name, keys in ABOUT.items() for key in keys}
    assert known - shown == set()


WISHED = (
    "Price drop on a viewed product",
    "Back in stock",
    "Detractor follow-up",
    "Call-back",
    "Welcome series",
    "Win-back",
    "Payment failed twice",
    "A/B with hold-out",
    "VIP entry",
    "Delivery delayed",
)
MOST_LINES = 15
LINE_LENGTH = 96


def test_the_ten_wishes_are_all_there() -> None:
    assert tuple(wishes()) == WISHED


@pytest.mark.parametrize("wish", WISHED)
def test_a_wish_takes_few_lines(wish: str) -> None:
    lines = wishes()[wish].splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= LINE_LENGTH
