"""What `legato` and `legato.testing` promise: all of it there, documented, run, and light."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import legato
import legato.testing
from legato.testing import event, instant, story
from tests.contract.api_page import FACES, PAGE, exported, generated, said_of

ROOT = Path(__file__).parents[2]
STARTED = (
    "faust",
    "aiokafka",
    "confluent_kafka",
    "redis",
    "prometheus_client",
    "click",
    "rich",
)
DOCUMENTED = (
    "legato",
    "legato.adapter",
    "legato.testing",
    "legato.testing.adapters",
    "legato.testing.events",
    "legato.testing.stories",
)


def test_the_page_is_in_step() -> None:
    assert PAGE.read_text() == generated(), "run `python -m tests.contract.api_page`"


@pytest.mark.parametrize("face", FACES)
def test_all_that_is_exported_is_documented(face: ModuleType) -> None:
    assert [name for name in exported(face) if not said_of(face, name)] == []


def imported(face: ModuleType) -> set[str]:
    """The names of Legato that a module imports, also where only type checkers look."""
    tree = ast.parse(Path(str(face.__file__)).read_text())
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("legato.")
        for alias in node.names
    }


@pytest.mark.parametrize("face", FACES)
def test_all_that_is_imported_is_exported_and_in_order(face: ModuleType) -> None:
    promised, named = {*exported(face)}, imported(face)
    assert named <= promised
    assert promised == named | {name for name in promised if said_of(face, name)}
    assert face.__all__ == sorted(face.__all__)


def test_type_checkers_and_python_see_the_same() -> None:
    assert [*legato._HOMES] == [*exported(legato)]
    assert {*legato.__all__} <= {*dir(legato)}
    for name, thing in exported(legato).items():
        assert getattr(thing, "__module__", "") in (legato._HOMES[name], "types")


def test_another_name_is_refused_with_where_to_look() -> None:
    missing = "Worker"
    with pytest.raises(AttributeError, match=r"exports no `Worker`; see docs/api\.md"):
        getattr(legato, missing)


@pytest.mark.parametrize(
    "code",
    [
        "import legato",
        "import legato.testing",
        "import legato; [getattr(legato, n) for n in legato.__all__ if n != 'LegatoApp']",
    ],
)
def test_it_starts_no_client(code: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {*told.split()} & {*STARTED} == set()


def test_to_import_it_imports_no_room() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import legato, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [name for name in told.split() if name.startswith("legato")] == ["legato"]


@pytest.mark.parametrize("module", DOCUMENTED)
def test_its_examples_run(module: str) -> None:
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert (failed, attempted > 0) == (0, True)


def test_the_example_of_the_readme_runs() -> None:
    section = (ROOT / "README.md").read_text().partition("## In Python\n")[2]
    code = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], re.S)[0]
    example = doctest.DocTestParser().get_doctest(code, {}, "In Python", "README.md", 0)
    found = doctest.DocTestRunner().run(example)
    assert (found.failed, found.attempted) == (0, 4)


def deep(path: Path) -> Iterator[str]:
    """What an example imports of Legato beyond the front door."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.startswith("legato."))
            case ast.ImportFrom(module="legato", names=names):
                yield from (each.name for each in names if each.name not in legato.__all__)
            case ast.ImportFrom(module=str(module)) if module.startswith("legato."):
                yield module
            case _:
                """Nothing that imports."""


def test_examples_come_in_by_the_front_door() -> None:
    examples = sorted((ROOT / "examples").rglob("*.py"))
    assert len(examples) > 5
    assert {module for path in examples for module in deep(path)} <= {
        "legato.testing",
        "legato.adapter",
    }


@pytest.mark.parametrize("at", ["25:00", "10:60", "tomorrow", "+1 moon", "2026-03-02T10:00:00"])
def test_what_is_no_time_of_a_story_is_refused(at: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        instant(at)


def test_an_event_whose_data_make_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"cart\.item_added"):
        event("cart.item_added", price=89)


def test_an_event_whose_envelope_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`page\.viewed`: Expected `str.*cart_id"):
        event("page.viewed", cart_id=5)


def test_an_event_may_be_told_again_and_is_left_as_it_was() -> None:
    seen = event("page.viewed", customer="", identifiers={"email": "kim@example.org"})
    assert len(story(seen, seen).contexts) == 1
    assert seen.customer_id == ""


def test_a_story_refuses_what_the_line_rejects() -> None:
    with pytest.raises(ValueError, match=r"`page\.viewed` was rejected"):
        story(event("page.viewed", customer=""))


def test_a_story_finds_out_who_it_is() -> None:
    harness = story(event("page.viewed", customer="", identifiers={"email": "kim@example.org"}))
    assert len(harness.contexts) == 1


def test_a_story_is_told_to_a_playbook_of_ones_own() -> None:
    text = b"{version: 1, situations: {left: {absence: {of: cart, after: [5m]}}}}"
    mine = legato.read_playbook(text)
    harness = story(event("cart.item_added", sku="SHOE"), "10:05", playbook=mine)
    assert [(each.situation, each.time) for each in harness.situations] == [
        ("left", instant("+5m"))
    ]
