"""Any identifier of a customer leads to the customer, for whoever asks on the command line."""

from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from legato.core.event import Event
from legato.core.instant import HOUR, MINUTE
from legato.settings import Kafka, Settings, Worker
from tests.integration.legato_command import Legato
from tests.integration.said import Said, create_topics, records

T0 = 1_772_438_400_000
SHOE = {"sku": "SHOE-42", "price": 89, "currency": "EUR", "size": "42"}
STORY = ["cart_abandoned", "channel_switched"]
EMAIL, CARD = {"email": "kim@example.org"}, {"loyalty_id": "42"}


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=Kafka(bootstrap=bootstrap, prefix=topic_prefix), worker=Worker(group=topic_prefix)
    )
    create_topics(settings)
    return Legato(settings, tmp_path)


def event(minute: int, kind: str, channel: str, known: dict[str, str], data: object) -> Event:
    return Event(
        id=f"e{minute}",
        type=kind,
        channel=channel,
        time=T0 + minute * MINUTE,
        identifiers=known,
        data=Raw(msgspec.json.encode(data)),
    )


def a_cart_by_email_and_a_card_at_the_till(legato: Legato) -> None:
    """The cart is left, and told as abandoned, before anybody knows whose card that is."""
    said = Said(legato.settings)
    said.follow([event(0, "cart.item_added", "web", EMAIL, SHOE)], until=T0 + HOUR)
    said.follow([event(90, "loyalty.card_scanned", "store", {**CARD, **EMAIL}, {})])


def test_each_identifier_shows_the_same_customer(legato: Legato) -> None:
    a_cart_by_email_and_a_card_at_the_till(legato)
    known = [
        msgspec.json.decode(legato("inspect", text, "--json").out)
        for text in ("loyalty:42", "email:Kim@Example.org")
    ]
    assert known[0]["context"] == known[1]["context"]
    assert known[0]["context"]["carts"]["-"]["value"] == 89
    identity = known[1]["identity"]
    assert [each["value"] for each in identity["identifiers"]] == ["42", "kim@example.org"]
    assert (known[0]["identity"]["forwarded"], identity["forwarded"]) == (False, True)
    told = legato("inspect", "email:Kim@Example.org")
    assert told.code == 0, told.err
    assert f"is a forwarding address: its customer is `{known[0]['customer_id']}`" in told.out
    assert "identifiers that were linked" in told.out


def test_what_was_said_before_the_merge_is_the_customers_too(legato: Legato) -> None:
    a_cart_by_email_and_a_card_at_the_till(legato)
    for text in ("loyalty:42", "email:KIM@example.org"):
        mine = legato("tail", "situations", "--to-end", "--json", "--customer", text)
        assert [said["situation"] for said in mine.objects] == STORY, mine.err
    known = msgspec.json.decode(legato("inspect", "loyalty:42", "--json").out)
    assert [decision["situation"] for decision in known["decisions"]] == STORY


def test_an_event_is_said_to_be_of_the_customer_to_whom_it_will_go(legato: Legato) -> None:
    a_cart_by_email_and_a_card_at_the_till(legato)
    told = legato("send", "page.viewed", "--as", "email:KIM@example.org", "--channel", "web")
    assert told.code == 0, told.err
    card = msgspec.json.decode(legato("inspect", "loyalty:42", "--json").out)["customer_id"]
    assert f"sent page.viewed of customer {card} to " in told.out
    [sent] = records(legato.settings, "channel.events")
    assert (sent.key or b"").startswith(b"2-")
    nobody = legato("send", "page.viewed", "--as", "email:null", "--channel", "web")
    assert "of nobody (the `email` points at nobody)" in nobody.out
