"""What partitions tell each other, as bytes and back."""

from __future__ import annotations

import pytest
from msgspec import json

from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
    Command,
    CustomerMoved,
    DeferredEvent,
    IdentifierReleased,
    Link,
    LinkSettled,
    Merge,
    Merged,
    MergeDeclined,
    Split,
)
from legato.core.identity.events import Evidence, IdentifierLinked
from legato.core.identity.state import LinkedIdentifier, LinkEvidence
from legato.core.line.watermark import SourceWatermark
from legato.core.values.results import Unreadable
from legato.wire.topics.clock import write_watermark
from legato.wire.topics.commands import read_told, write_command
from legato.wire.topics.identity import read_alias, read_identity, write_alias, write_identity
from legato.wire.topics.names import Topics

PROOF = LinkEvidence("e1", "account.logged_in", "web", 1)
COMMANDS: list[Command] = [
    DeferredEvent("a", ("t",), b"{}"),
    Link("b", "email", "a", "user_id", "a", "t", PROOF),
    Merge(
        "a",
        "b",
        "a",
        "user_id",
        {"b": LinkedIdentifier("email", 1)},
        b"\x00",
        2,
        "a",
        "t",
        PROOF,
    ),
    Merged("b", "a", 2),
    MergeDeclined("b", "a", 2, "unique"),
    LinkSettled("a", "t"),
    IdentifierReleased("a", "d", "device_id", "b", 3),
    CustomerMoved("d", "b", "a"),
    Split("b", "email", 4),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
def test_a_command_survives_and_is_no_clock_record(command: Command) -> None:
    assert read_told(write_command(command)) == command


def test_a_clock_record_is_read_beside_them() -> None:
    passed = SourceWatermark("web/0", 5)
    assert read_told(write_watermark(passed)) == passed


@pytest.mark.parametrize("value", [None, b"", b"\xc1", b"\x93\xa4link", b"{"])
def test_what_is_neither_is_said_to_be_so(value: bytes | None) -> None:
    assert isinstance(read_told(value), Unreadable)


NAME = f"2-{'0f' * 12}"


@pytest.mark.parametrize("alias", [Alias("a", 5), Alias(blocked=True), None])
def test_an_alias_survives(alias: Alias | None) -> None:
    assert read_alias(NAME.encode(), write_alias(alias)) == (NAME, alias)


@pytest.mark.parametrize(
    ("key", "value"), [(b"ada", None), (None, None), (NAME.encode(), b"{"), (b"\xff", b"{}")]
)
def test_what_no_owner_wrote_is_no_alias(key: bytes | None, value: bytes | None) -> None:
    assert isinstance(read_alias(key, value), Unreadable)


def test_what_is_said_of_identity_names_its_kind_and_no_value() -> None:
    told = IdentifierLinked("a", "b", "email", 1, Evidence("e1", "account.logged_in", "web"))
    assert read_identity(write_identity(told)) == told
    assert json.decode(write_identity(told)) == {
        "kind": "identity.linked",
        "customer_id": "a",
        "identifier": "b",
        "type": "email",
        "time": 1,
        "evidence": {"event_id": "e1", "type": "account.logged_in", "source": "web"},
    }


def test_they_have_topics_of_their_own() -> None:
    topics = Topics("x.")
    assert (topics.identity_aliases, topics.identity_events) == (
        "x.identity.aliases", "x.identity.events",
    )  # fmt: skip
