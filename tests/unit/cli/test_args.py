"""How a person writes identifiers, values and times on a command line."""

import msgspec
import pytest

from legato.cli.args import read_pairs
from legato.cli.envelope import ToldEvent, envelope_of, read_moment
from legato.cli.send import source_topic
from legato.core.identity.customer_ids import Identify
from legato.core.values.time import HOUR, MINUTE, read_instant
from legato.queries.errors import Unclear
from legato.queries.identifier_lookup import IdentifierLookup, read_identifier
from legato.settings import KafkaSettings, Settings, SettingsError, load
from legato.wire.source.source import Source

NOW = read_instant("2026-03-02T08:00:00.250Z")


def test_short_names_of_identifiers_become_their_types() -> None:
    assert read_identifier("loyalty:42") == ("loyalty_id", "42")
    assert read_identifier("user:u:7") == ("user_id", "u:7")
    assert read_identifier("email:a@example.org") == ("email", "a@example.org")
    assert read_identifier("badge:9") == ("badge", "9")


@pytest.mark.parametrize("text", ["42", ":42", "loyalty:", ""])
def test_what_is_no_identifier_is_told_with_an_example(text: str) -> None:
    with pytest.raises(Unclear, match="write for example `loyalty:42`"):
        read_identifier(text)


def test_values_are_json_where_they_can_be_read_as_json() -> None:
    pairs = [
        "price=89",
        "quantity=1.5",
        "resolved=true",
        "reason=late delivery",
        'items=[{"sku":"A"}]',
    ]
    assert read_pairs(pairs) == {
        "price": 89,
        "quantity": 1.5,
        "resolved": True,
        "reason": "late delivery",
        "items": [{"sku": "A"}],
    }


def test_what_is_text_by_contract_stays_text() -> None:
    assert read_pairs(["sku=42", "size=42", 'name="Runner"', "location.venue=7"]) == {
        "sku": "42",
        "size": "42",
        "name": "Runner",
        "location": {"venue": "7"},
    }


def test_dots_lead_below() -> None:
    assert read_pairs(["traits.vip=true", "traits.tier=gold"]) == {
        "traits": {"vip": True, "tier": "gold"}
    }
    with pytest.raises(Unclear, match="below `traits`"):
        read_pairs(["traits=1", "traits.vip=true"])
    with pytest.raises(Unclear, match="is not `key=value`"):
        read_pairs(["price"])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", NOW),
        ("-50m", NOW - 50 * MINUTE),
        ("+1h 30m", NOW + HOUR + 30 * MINUTE),
        ("1772438400000", 1772438400000),
        ("2026-03-02T08:00:00Z", NOW - 250),
        ("2026-03-02T09:00:00+01:00", NOW - 250),
    ],
)
def test_times_are_said_in_three_ways(text: str, at: int) -> None:
    assert read_moment(text, NOW) == at


@pytest.mark.parametrize("text", ["tomorrow", "-", "+5", "2026-03-02T08:00:00"])
def test_what_is_no_time_is_told_with_examples(text: str) -> None:
    with pytest.raises(Unclear, match="is not a time; write `2026-03-02T08:00:00Z`, `-50m`"):
        read_moment(text, NOW)


def test_an_event_told_in_words_is_an_envelope() -> None:
    told = ToldEvent(
        words=("store.visited", "location.venue=BER-1", "party=2"),
        identifiers=("loyalty:42", "email:a@example.org"),
        channel="store",
        at="-50m",
        event_id="e1",
        cart_id="c1",
    )
    assert msgspec.to_builtins(envelope_of(told, NOW)) == {
        "id": "e1",
        "type": "store.visited",
        "channel": "store",
        "time": "2026-03-02T07:10:00.250Z",
        "identifiers": {"loyalty_id": "42", "email": "a@example.org"},
        "cart_id": "c1",
        "location": {"venue": "BER-1"},
        "data": {"party": 2},
    }


@pytest.mark.parametrize(
    ("told", "question"),
    [
        (ToldEvent(words=("sku=1",), identifiers=("loyalty:42",), channel="web"), "which type"),
        (ToldEvent(words=("page.viewed",), identifiers=("loyalty:42",)), "on which channel"),
        (ToldEvent(words=("page.viewed",), channel="web"), "who did it"),
        (
            ToldEvent(
                words=("page.viewed", "location=X"), identifiers=("user:1",), channel="web"
            ),
            "`location` has parts",
        ),
    ],
)
def test_what_is_left_out_is_asked_for(told: ToldEvent, question: str) -> None:
    with pytest.raises(Unclear, match=question):
        envelope_of(told, NOW)


def test_customers_are_named_by_id_or_by_identifier() -> None:
    settings = Settings()
    who = IdentifierLookup(settings)
    identity = settings.identity
    derived = Identify(identity.pepper, identity.ranks).customer_of({"loyalty_id": "42"})
    assert who.ask("loyalty:42").name == derived
    assert who.ask("1-abc").name == "1-abc"
    with pytest.raises(Unclear):
        who.key_of({})


def test_events_go_to_the_first_source_that_takes_them_as_they_are() -> None:
    assert source_topic(load(environ={"LEGATO_KAFKA_PREFIX": "x."})) == "x.channel.events"
    mapped = Source(name="till", topics=("pos",), defaults={"channel": "store"})
    pattern = Source(name="all", topics=("^shop.*", "shop.web"))
    assert source_topic(Settings(sources=(mapped, pattern))) == "shop.web"
    with pytest.raises(SettingsError, match="--topic"):
        source_topic(Settings(kafka=KafkaSettings(), sources=(mapped,)))
