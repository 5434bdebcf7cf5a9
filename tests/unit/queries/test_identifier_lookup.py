"""Whom a person means: any identifier leads to the one customer behind it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.core.identity.customer_ids import Identify
from legato.core.identity.state import IdentityState, LinkEvidence, Pending
from legato.core.values.results import Rejected
from legato.core.values.time import MINUTE
from legato.harness import Harness
from legato.queries.errors import Unclear
from legato.queries.identifier_lookup import IdentifierLookup, read_identifier
from legato.queries.identity_cluster import identifiers_of, notes_of
from legato.queries.identity_lookup import FoundIdentity
from legato.queries.record_filter import is_letter_of
from legato.queries.resolve_preview import resolved
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings, Settings
from tests.unit.queries.stories import found_in

T0 = 1_772_438_400_000
CARD = {"loyalty_id": "42", "email": "kim@example.org"}


@pytest.fixture
def who() -> IdentifierLookup:
    return IdentifierLookup(Settings(identity=IdentitySettings(phone_region="DE")))


def event(minute: int, kind: str, known: Mapping[str, str]) -> Event:
    at = T0 + minute * MINUTE
    return Event(id=f"e{minute}", type=kind, channel="web", time=at, identifiers=dict(known))


def test_short_names_of_identifiers_become_their_types() -> None:
    assert read_identifier("loyalty:42") == ("loyalty_id", "42")
    assert read_identifier("user:u:7") == ("user_id", "u:7")
    assert read_identifier("email:a@example.org") == ("email", "a@example.org")
    assert read_identifier("badge:9") == ("badge", "9")


@pytest.mark.parametrize("text", ["42", ":42", "loyalty:", ""])
def test_what_is_no_identifier_is_told_with_an_example(text: str) -> None:
    with pytest.raises(Unclear, match="write for example `loyalty:42`"):
        read_identifier(text)


def test_customers_are_named_by_id_or_by_identifier() -> None:
    settings = Settings()
    who = IdentifierLookup(settings)
    identity = settings.identity
    derived = Identify(identity.pepper, identity.priority).customer_of({"loyalty_id": "42"})
    assert who.ask("loyalty:42").name == derived
    assert who.ask("1-abc").name == "1-abc"
    with pytest.raises(Unclear):
        who.key_of({})


def test_identifiers_are_written_one_way_before_they_are_named(who: IdentifierLookup) -> None:
    kim = who.ask("email:kim@example.org")
    assert who.ask("email: Kim@Example.org").name == kim.name
    assert who.ask("phone:030 1234567").name == who.ask("phone:+49 30 1234567").name
    assert who.ask("phone:030 1234567").value == "+49301234567"
    with pytest.raises(Unclear, match="the `email` points at nobody; name another"):
        who.ask("email:null")


def test_an_event_is_keyed_by_its_best_identifier_that_points_at_somebody(
    who: IdentifierLookup,
) -> None:
    kim = who.ask("email:kim@example.org").name
    assert who.key_of({"email": "KIM@example.org", "user_id": "null"}) == kim
    assert who.key_of({"user_id": "null"})[:2] == "0-"


def test_an_event_is_of_the_customer_to_whom_its_identifier_leads(
    who: IdentifierLookup,
) -> None:
    kim, card = who.ask("email:kim@example.org").name, who.ask("loyalty:42").name
    viewed = event(0, "page.viewed", {"email": "kim@example.org"})
    assert resolved(who, {}, viewed, "auto") == kim
    assert resolved(who, {kim: Alias(card)}, viewed, "auto") == card


def test_an_event_that_links_is_of_the_customer_whom_it_proves(who: IdentifierLookup) -> None:
    card = who.ask("loyalty:42").name
    assert resolved(who, {}, event(0, "loyalty.card_scanned", CARD), "auto") == card
    nobodys = event(0, "page.viewed", {"email": "null"})
    assert isinstance(resolved(who, {}, nobodys, "auto"), Rejected)


def test_each_identifier_shows_the_same_members(who: IdentifierLookup) -> None:
    harness = Harness().feed(event(0, "page.viewed", {"email": "kim@example.org"}))
    harness.feed(event(5, "loyalty.card_scanned", CARD))
    shown = []
    for text in ("loyalty:42", "email:KIM@example.org"):
        asked = who.ask(text)
        shown.append(identifiers_of(who, asked, found_in(harness, asked.name), {}))
    assert shown[0] == shown[1]
    card, email = shown[0]
    assert (card.type, card.value) == ("loyalty_id", "42")
    assert (email.type, email.value) == ("email", "kim@example.org")
    assert email.since == T0 + 5 * MINUTE


def test_a_customer_of_one_identifier_is_that_one(who: IdentifierLookup) -> None:
    harness = Harness().feed(event(0, "page.viewed", {"email": "kim@example.org"}))
    asked = who.ask("email:kim@example.org")
    [email] = identifiers_of(who, asked, found_in(harness, asked.name), {})
    assert (email.label, email.since) == ("kim@example.org", None)
    assert [*notes_of(asked, found_in(harness, asked.name))] == []


def test_a_forwarding_address_and_a_blocked_one_say_so(who: IdentifierLookup) -> None:
    harness = Harness().feed(event(5, "loyalty.card_scanned", CARD))
    asked = who.ask("email:kim@example.org")
    found = found_in(harness, asked.name)
    [note] = notes_of(asked, found)
    card = who.ask("loyalty:42").name
    told = f"`email:kim@example.org` is a forwarding address: its customer is `{card}`"
    assert note == told
    blocked = FoundIdentity((asked.name,), Alias(blocked=True), None)
    [note] = notes_of(asked, blocked)
    assert "too many customers share `email:kim@example.org`" in note


def test_a_customer_who_asked_to_be_merged_is_shown_as_set_aside(who: IdentifierLookup) -> None:
    harness = Harness().feed(event(0, "page.viewed", {"email": "kim@example.org"}))
    asked = who.ask("email:kim@example.org")
    slot = harness.contexts[asked.name]
    image = msgspec.msgpack.encode(slot)
    proof = LinkEvidence("e5", "loyalty.card_scanned", "till", T0)
    card = who.ask("loyalty:42").name
    pending = Pending(card, "email", "loyalty_id", {}, image, 1, proof, card, "t")
    slot.identity = IdentityState(pending=pending)
    found = FoundIdentity((asked.name,), None, slot)
    [note] = notes_of(asked, found)
    assert note.startswith(f"pending: `{asked.name}` asked to be merged into `{card}`")
    assert found.context is not None
    assert found.context.identifiers == {"email": ["kim@example.org"]}


def test_a_dead_letter_is_theirs_by_its_key_or_by_what_its_envelope_says(
    who: IdentifierLookup,
) -> None:
    kim = who.ask("email:kim@example.org").name
    by_key = record(kim.encode(), b"\x00broken")
    by_payload = record(None, b'{"identifiers": {"email": "Kim@Example.org"}, "time": "?"}')
    by_number = record(None, b'{"identifiers": {"loyalty_id": 42}}')
    for letter in (by_key, by_payload):
        assert is_letter_of(letter, frozenset((kim,)), who)
    assert is_letter_of(by_number, frozenset((who.ask("loyalty:42").name,)), who)
    for value in (b'{"identifiers": {"email": "null"}}', b'{"identifiers": 7}', b"\xff", None):
        assert not is_letter_of(record(b"\xff", value), frozenset((kim,)), who)


def record(key: bytes | None, value: bytes | None) -> TopicRecord:
    return TopicRecord("dead.letters", 0, 0, T0, key, value)
