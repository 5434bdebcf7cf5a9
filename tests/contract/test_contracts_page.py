"""docs/contracts.md says what the code does."""

from __future__ import annotations

from legato.core.output import Action
from legato.wire.outcomes import STATUSES
from legato.wire.source import Source
from legato.wire.topics import Topics
from tests.contract.contracts_page import PAGE, generated


def test_its_tables_are_in_step() -> None:
    page = PAGE.read_text()
    assert page == generated(page), "run `python -m tests.contract.contracts_page`"


def test_it_names_every_setting_of_a_source() -> None:
    page = PAGE.read_text()
    for name in Source.__struct_fields__:
        assert f"`{name}`" in page or f"`{name} " in page or name == "name"


def test_it_names_every_status_and_topic() -> None:
    page = PAGE.read_text()
    topics = Topics("").all(["CHANNEL"])
    for word in (*STATUSES, *(topic.name for topic in topics), "legato-kind", Action.__name__):
        assert word in page
