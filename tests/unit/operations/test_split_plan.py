"""What can be split from whom: only what is linked, under each name that it has."""

from __future__ import annotations

import pytest

from legato.core.context.context import Context
from legato.core.identity.alias_index import Alias
from legato.core.identity.state import IdentityState
from legato.operations.errors import OperationFailed
from legato.operations.split_plan import kind_to_split, linked
from legato.queries.errors import NotFound
from legato.queries.identity_lookup import FoundIdentity
from tests.unit.queries.stories import EMAIL, SETTINGS, WHO, event, found_in, kim


def test_what_is_not_linked_cannot_be_split() -> None:
    harness = kim().feed(event(1, "page.viewed", {"phone": "+49301234567"}))
    for text, why in (
        ("phone:+49301234567", "is not linked: it stands for itself"),
        ("user:kim", "is the one by which its customer is named; split the others"),
    ):
        asked = WHO.ask(text)
        with pytest.raises(OperationFailed, match=why):
            kind_to_split(SETTINGS, asked, found_in(harness, asked.name))
    stranger = WHO.ask("user:nobody")
    with pytest.raises(NotFound, match="nothing is known of customer"):
        kind_to_split(SETTINGS, stranger, found_in(harness, stranger.name))


def test_what_is_linked_can_be_split_by_value_or_by_name() -> None:
    harness = kim()
    name = WHO.ask(EMAIL).name
    for text in (EMAIL, name):
        asked = WHO.ask(text)
        assert kind_to_split(SETTINGS, asked, found_in(harness, name)) == "email"


def test_a_blocked_identifier_is_told_as_blocked() -> None:
    slot = Context(WHO.ask(EMAIL).name)
    slot.identity = IdentityState(blocked=True)
    asked = WHO.ask(EMAIL)
    with pytest.raises(OperationFailed, match="is blocked: it is linked to nobody"):
        kind_to_split(SETTINGS, asked, FoundIdentity((asked.name,), None, slot))


def test_a_split_ends_the_links_of_former_names_too() -> None:
    others = {
        "a": Alias("customer"),
        "b": Alias("newer", renamed=True),
        "c": Alias(blocked=True),
    }
    assert linked(others) == ("a",)
