"""docs/contracts.md says what the code does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import legato
from legato.core.values.outputs import Action
from legato.wire.reasons import REASONS
from legato.wire.source.source import Source
from legato.wire.topics.names import Topics
from legato.wire.topics.outcomes import STATUSES
from tests.contract.contracts_page import PAGE, generated


def test_its_tables_are_in_step() -> None:
    page = PAGE.read_text()
    assert page == generated(page), "run `python -m tests.contract.contracts_page`"


def _reasons_in(path: Path) -> Iterator[str]:
    """Find the words that a file gives for turning a record away."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Name(id="Rejected" | "Unreadable"),
                args=[ast.Constant(value=str(reason)), *_],
            ):
                yield reason
            case _:
                """Nothing that turns a record away."""


def test_it_names_every_reason_for_a_dead_letter_and_no_other() -> None:
    names = ("core", "wire", "runtime", "serving/adapters")
    rooms = [Path(legato.__file__).parent / room for room in names]
    files = [path for room in rooms for path in room.rglob("*.py")]
    assert {reason for path in files for reason in _reasons_in(path)} == {*REASONS}


def test_it_names_every_setting_of_a_source() -> None:
    page = PAGE.read_text()
    for name in Source.__struct_fields__:
        assert f"`{name}`" in page or f"`{name} " in page or name == "name"


def test_it_names_every_status_and_topic() -> None:
    page = PAGE.read_text()
    topics = Topics("").all(
        ["CHANNEL"], touchpoints=True, references=True, playbooks=True, beside=True
    )
    for word in (*STATUSES, *(topic.name for topic in topics), "legato-kind", Action.__name__):
        assert word in page
