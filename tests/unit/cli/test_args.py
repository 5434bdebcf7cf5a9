"""How a person writes values and times on a command line."""

import msgspec
import pytest

from legato.cli.args import read_pairs
from legato.cli.envelope import ToldEvent, envelope_of, event_of, read_moment
from legato.cli.send import source_topic
from legato.core.values.time import HOUR, MINUTE, read_instant
from legato.queries.errors import Unclear
from legato.settings import KafkaSettings, Settings, SettingsError, load
from legato.wire.source.source import Source

NOW = read_instant("2026-03-02T08:00:00.250Z")


@pytest.mark.parametrize("text", ["1772445600", "1999-12-31T23:59:59Z", "２０２６"])
def test_a_moment_that_nobody_means_is_refused(text: str) -> None:
    with pytest.raises(Unclear, match="is not a time; write"):
        read_moment(text, 1_772_445_600_000)


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


def test_the_line_is_asked_whose_an_envelope_is_by_the_same_fields() -> None:
    told = ToldEvent(
        words=("store.visited", "party=2"), identifiers=("loyalty:42",), channel="store"
    )
    envelope = envelope_of(told, NOW)
    seen = event_of(envelope)
    assert (seen.id, seen.type, seen.channel) == (envelope.id, "store.visited", "store")
    assert (seen.time, seen.identifiers) == (NOW, {"loyalty_id": "42"})


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


def test_events_go_to_the_first_source_that_takes_them_as_they_are() -> None:
    assert source_topic(load(environ={"LEGATO_KAFKA_PREFIX": "x."})) == "x.channel.events"
    mapped = Source(name="till", topics=("pos",), defaults={"channel": "store"})
    pattern = Source(name="all", topics=("^shop.*", "shop.web"))
    assert source_topic(Settings(sources=(mapped, pattern))) == "shop.web"
    with pytest.raises(SettingsError, match="--topic"):
        source_topic(Settings(kafka=KafkaSettings(), sources=(mapped,)))
