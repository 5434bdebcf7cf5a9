"""Whoever reads docs/architecture.md finds the place for something new."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import legato.testing
from tests.outside.nps import NPS
from tests.outside.strangers import STRANGERS
from tests.outside.tally import Tally

ROOT = Path(__file__).parents[2]
OUTSIDE = {"event type": NPS, "primitive": Tally, "policy check": STRANGERS}


def places() -> Iterator[tuple[str, list[str]]]:
    """Each kind of thing, and all that its row names."""
    page = (ROOT / "docs/architecture.md").read_text()
    table = page.partition("## Where something new goes")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (?!new|---)(.+) \|$", table, re.MULTILINE):
        kind, *rest = row.split(" | ")
        yield kind, re.findall(r"`([^`]+)`", " ".join(rest))


PLACES = dict(places())


def test_each_kind_of_thing_has_its_row_and_one_from_outside() -> None:
    assert PLACES.keys() == OUTSIDE.keys()


@pytest.mark.parametrize("kind", PLACES)
def test_the_files_are_there(kind: str) -> None:
    for name in PLACES[kind]:
        if "/" in name:
            assert (ROOT / name).exists() or (ROOT / "src/legato" / name).exists(), name
        elif name.startswith("legato.testing."):
            assert name.removeprefix("legato.testing.") in legato.testing.__all__


@pytest.mark.parametrize("kind", PLACES)
def test_the_list_is_there_and_takes_one_from_outside(kind: str) -> None:
    name = next(each for each in PLACES[kind] if each.isupper())
    file = next(each for each in PLACES[kind][PLACES[kind].index(name) :] if "/" in each)
    home = importlib.import_module(f"legato.{file.removesuffix('.py').replace('/', '.')}")
    one = OUTSIDE[kind]
    for each in getattr(home, name):
        if isinstance(one, type):
            assert issubclass(each, one.__mro__[1])
        else:
            assert type(each) is type(one)
