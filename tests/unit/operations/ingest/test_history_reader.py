"""Rows are read as the worker will read them, and are keyed as live events are."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from legato.core.values.time import MINUTE
from legato.queries.identifier_lookup import IdentifierLookup
from legato.settings import Settings
from legato.wire.source.source import RecordCondition, Source
from tests.unit.operations.ingest.told import HISTORY, NOON, envelope, read

TILL = Source(
    name="till",
    topics=("till",),
    clock="event_time",
    fields={"time": "at"},
    identifiers={"loyalty_id": "card", "email": "mail"},
    defaults={"type": "order.completed", "channel": "store"},
)
RECEIPT = b'{"at": "2026-03-02T12:00:00Z", "card": "42", "mail": "Kim@Example.org"}'


def test_a_good_row_goes_out_as_it_is_under_the_name_of_its_customer() -> None:
    found = read(envelope(1))
    assert (found.value, found.time, found.faults) == (envelope(1), NOON + MINUTE, ())
    assert found.key.decode() == IdentifierLookup(Settings()).key_of({"user_id": "ada"})


def test_the_best_identifier_names_the_customer() -> None:
    card = IdentifierLookup(Settings()).key_of({"loyalty_id": "42"})
    assert read(RECEIPT, TILL).key.decode() == card


def test_what_has_no_id_is_named_by_its_content() -> None:
    found, again = read(RECEIPT, TILL), read(RECEIPT, TILL)
    other = read(RECEIPT.replace(b"42", b"43"), TILL)
    told = msgspec.json.decode(found.value)
    assert found.value == again.value
    assert len(told["id"]) == 32
    assert told["id"] != msgspec.json.decode(other.value)["id"]
    assert found.value.endswith(RECEIPT[1:])
    assert found.faults == ()


@pytest.mark.parametrize("empty", [b'"id": "", ', b'"id": null, '])
def test_an_empty_id_is_none(empty: bytes) -> None:
    found = read(RECEIPT.replace(b"{", b"{" + empty), TILL)
    assert len(msgspec.json.decode(found.value)["id"]) == 32
    assert found.key


def test_where_the_id_is_mapped_a_row_without_one_is_at_fault() -> None:
    mapped = replace(TILL, fields={**TILL.fields, "id": "receipt"})
    found = read(RECEIPT, mapped)
    assert ([each.reason for each in found.faults], found.key) == (["bad_envelope"], b"")
    assert read(RECEIPT.replace(b"{", b'{"receipt": 7, '), mapped).key


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "not_json"),
        (b"7", "bad_envelope"),
        (b"\xff", "not_utf8"),
        (envelope(1, time="yesterday"), "bad_time"),
        (envelope(1, identifiers={}), "no_identifier"),
        (envelope(1, identifiers={"user_id": "undefined"}), "no_identifier"),
        (envelope(1, type="cart.item_added", data={"price": "much"}), "bad_payload"),
    ],
)
def test_what_the_worker_could_not_read_is_not_sent(value: bytes, reason: str) -> None:
    found = read(value)
    assert ([each.reason for each in found.faults], found.key) == ([reason], b"")


def test_a_refusal_in_unknown_words_is_told_and_sent_all_the_same() -> None:
    wish = {"consents": [{"purpose": "marketing", "channel": "*", "status": "revoked"}]}
    found = read(envelope(1, type="consent.updated", data=wish))
    assert [each.reason for each in found.faults] == ["unknown_word"]
    assert found.key


def test_one_bad_event_of_several_spoils_no_other() -> None:
    several = replace(HISTORY, each="events[]")
    events = [msgspec.json.decode(envelope(n)) for n in (1, 5, 3)]
    events[0].pop("identifiers")
    found = read(msgspec.json.encode({"events": events}), several)
    assert [each.message[:13] for each in found.faults] == ["event 1 of 3:"]
    assert found.time == NOON + 5 * MINUTE
    assert found.key


def test_what_the_map_leaves_out_is_neither_sent_nor_at_fault() -> None:
    mapped = replace(TILL, when=(RecordCondition(path="card", not_among=("42",)),))
    found = read(RECEIPT, mapped)
    assert (found.key, found.faults) == (b"", ())
