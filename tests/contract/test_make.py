"""What pages say to `make` can be made, and `just` has the same verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
PAGES += [*(ROOT / "examples").rglob("*.md")]
HELPED = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
RECIPE = re.compile(r"^([a-z]+)(?: \*ARGS)?:$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def verbs() -> set[str]:
    """All that `make` lists."""
    return set(HELPED.findall((ROOT / "Makefile").read_text())) - {"help"}


def said(page: Path) -> Iterator[str]:
    """What a page says to make: in a line of a block, or in the middle of a sentence."""
    text = page.read_text()
    for block in BLOCK.findall(text):
        yield from re.findall(r"^make ([a-z]+)", block, re.MULTILINE)
    yield from re.findall(r"`make ([a-z]+)[ `]", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_make_is_a_verb(page: Path) -> None:
    assert set(said(page)) <= verbs()


def test_the_readme_begins_with_three_of_them() -> None:
    first = BLOCK.search((ROOT / "README.md").read_text())
    assert first
    assert re.findall(r"^make ([a-z]+)", first[1], re.MULTILINE) == ["demo", "day", "test"]


def test_just_has_the_same_verbs() -> None:
    assert set(RECIPE.findall((ROOT / "justfile").read_text())) == verbs()
