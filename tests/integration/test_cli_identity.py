"""Any identifier of a customer leads to the customer, for whoever asks on the command line."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.values.time import HOUR, MINUTE
from legato.local import wait_until
from legato.settings import KafkaSettings as KafkaSettings
from legato.settings import Settings, WorkerSettings
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.said import Said, create_topics, records

T0 = 1_772_438_400_000
SHOE = {"sku": "SHOE-42", "price": 89, "currency": "EUR", "size": "42"}
STORY = ["cart_abandoned", "channel_switched"]
COOKIE, PLASTIC = ("--as", "anonymous:c-1"), ("--as", "loyalty:42")
EVE, HAT = ("--as", "email:eve@example.org"), ("sku=HAT", "price=5")
EMAIL, CARD = {"email": "kim@example.org"}, {"loyalty_id": "42"}


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
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


def test_identity_shows_the_tree_the_log_and_a_picture(legato: Legato) -> None:
    a_cart_by_email_and_a_card_at_the_till(legato)
    told = legato("identity", "show", "email:Kim@Example.org", "--svg", "kim.svg")
    assert told.code == 0, told.err
    for words in ("── loyalty_id", "kim@example.org  since 2026-03-02 09:30:00", "a card scan"):
        assert words in told.out
    assert "kim@example.org" in (legato.folder / "kim.svg").read_text()
    known = msgspec.json.decode(legato("identity", "show", "loyalty:42", "--json").out)
    assert [each["kind"] for each in known["log"]] == ["identity.linked", "identity.merged"]


def test_what_cannot_be_split_is_told_and_so_is_a_missing_worker(legato: Legato) -> None:
    a_cart_by_email_and_a_card_at_the_till(legato)
    for text, why in (
        ("loyalty:42", "is the one by which its customer is named"),
        ("phone:+49301234567", "nothing is known of customer `3-"),
        ("email:null", "points at nobody"),
    ):
        told = legato("identity", "split", text)
        assert (told.code, told.out) == (1, ""), told
        assert why in told.err
    told = legato("identity", "split", "email:kim@example.org", "--wait", "1")
    assert told.code == 1
    assert "no answer within 1 s; is a worker running?" in told.err


def test_web_login_and_card_are_one_customer_until_the_card_is_split_off(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case, legato = a_line(real_kafka, topic_prefix, tmp_path)
    with case.worker():
        customer = kim_by_three_identifiers(legato)
        told = legato("identity", "show", "loyalty:42").out
        for words in ("user_id kim by a login from web", "user_id kim by a card scan", "c-1"):
            assert words in told
        the_card_is_split_off(legato, customer)
        send(legato, "store.visited", *PLASTIC, "--channel", "store")
        alone = wait_until(lambda: inspected(legato, "loyalty:42")["context"], "the visit")
    assert [touch["type"] for touch in alone["timeline"]] == ["store.visited"]
    left = inspected(legato, "anonymous:c-1")
    assert left["customer_id"] == customer
    assert "loyalty_id" not in left["context"]["identifiers"]
    assert left["context"]["carts"]["-"]["items"][0]["sku"] == "SHOE"


def kim_by_three_identifiers(legato: Legato) -> str:
    """Let Kim fill a cart, log in and show the card; return the customer that comes of it."""
    send(legato, "cart.item_added", *COOKIE, "--channel", "web", "sku=SHOE", "price=9")
    send(legato, "account.logged_in", *COOKIE, "--as", "user:kim", "--channel", "web")
    send(legato, "loyalty.card_scanned", *PLASTIC, "--as", "user:kim", "--channel", "store")
    return wait_until(partial(one_of_all, legato), "three identifiers to be one")


def a_line(kafka: Kafka, prefix: str, folder: Path) -> tuple[Case, Legato]:
    """A line of one source, and the command that uses its settings."""
    source = Source(name="web", topics=(f"{prefix}web",))
    case = Case(line_settings(kafka.bootstrap, prefix, [source]), folder)
    case.create("web", 2)
    legato = Legato(case.settings, folder)
    legato.environ["LEGATO_SETTINGS"] = str(folder / "legato.toml")
    return case, legato


@pytest.mark.long
def test_a_wrong_link_is_undone_and_both_are_rebuilt_from_the_log(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case, legato = a_line(real_kafka, topic_prefix, tmp_path)
    with case.worker():
        send(legato, "cart.item_added", "--as", "user:kim", "--channel", "web", *HAT)
        send(legato, "account.logged_in", *EVE, *COOKIE, "--channel", "web")
        send(legato, "cart.item_added", *COOKIE, "--channel", "web", "sku=SHOE", "price=9")
        send(legato, "account.logged_in", *EVE, "--as", "user:kim", "--channel", "web")
        wait_until(lambda: skus(legato, "user:kim") == {"HAT", "SHOE"}, "one cart of both")
        first, again = rebuilt(legato), rebuilt(legato)
        assert "email eve@example.org was split off from customer 0-" in first
        assert "goes along: it was the last to log in there" in first
        for told in (first, again):
            assert "2 events of email:eve@example.org alone" in told
        for who in ("email:eve@example.org", "anonymous:c-1"):
            wait_until(partial(has_shoe, legato, who), f"the cart of {who}")
        assert skus(legato, "user:kim") == {"HAT"}
        kim = inspected(legato, "user:kim")["context"]
    assert [each["type"] for each in kim["timeline"]] == [
        "cart.item_added",
        "account.logged_in",
    ]
    assert kim["identifiers"] == {"user_id": ["kim"]}


@pytest.mark.long
def test_a_new_pepper_takes_everybody_along(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case, legato = a_line(real_kafka, topic_prefix, tmp_path)
    with case.worker():
        before = kim_by_three_identifiers(legato)
    formers = {"0": case.settings.identity.pepper}
    with under(case, pepper="the next", key_id=1, previous_peppers=formers).worker():
        assert inspected(legato, "anonymous:c-1")["customer_id"] == before
        for who in (COOKIE, PLASTIC, ("--as", "user:kim")):
            send(legato, "page.viewed", *who, "--channel", "web")
        after = wait_until(partial(renamed, legato), "all to have their newer name")
    with under(case, pepper="the next", key_id=1).worker():
        send(legato, "cart.item_added", *COOKIE, "--channel", "web", *HAT)
        wait_until(lambda: skus(legato, "loyalty:42") == {"SHOE", "HAT"}, "one cart")
        assert one_of_all(legato) == after
        context = inspected(legato, "user:kim")["context"]
    assert before.startswith("0-") and not before.startswith("0-.")
    assert [touch["type"] for touch in context["timeline"]].count("page.viewed") == 3


def under(case: Case, **told: object) -> Case:
    """The same line under another pepper."""
    identity = replace(case.settings.identity, **told)
    return Case(replace(case.settings, identity=identity), case.folder)


def renamed(legato: Legato) -> str:
    found = one_of_all(legato)
    return found if found.startswith("0-.z") else ""


def rebuilt(legato: Legato) -> str:
    told = legato("identity", "split", "email:eve@example.org", "--rebuild")
    assert told.code == 0, told.err
    return told.out


def has_shoe(legato: Legato, text: str) -> bool:
    return skus(legato, text) == {"SHOE"}


def skus(legato: Legato, text: str) -> set[str]:
    context = inspected(legato, text)["context"] or {"carts": {}}
    return {item["sku"] for cart in context["carts"].values() for item in cart["items"]}


def the_card_is_split_off(legato: Legato, customer: str) -> None:
    parted = legato("identity", "split", "loyalty:42")
    assert parted.code == 0, parted.err
    assert f"loyalty_id 42 was split off from customer {customer}, as asked" in parted.out
    again = legato("identity", "split", "loyalty:42")
    assert (again.code, again.out) == (1, "")
    assert "is not linked: it stands for itself" in again.err
    assert "split off from user_id kim, as asked" in legato("identity", "show", "user:kim").out


def send(legato: Legato, *words: str) -> None:
    told = legato("send", *words)
    assert told.code == 0, told.err


def inspected(legato: Legato, text: str) -> dict[str, Any]:
    told = legato("inspect", text, "--json")
    return told.objects[0] if told.code == 0 else {"customer_id": "", "context": None}


def one_of_all(legato: Legato) -> str:
    """The customer to whom all three lead, once they do."""
    known = [inspected(legato, text) for text in ("user:kim", "loyalty:42", "anonymous:c-1")]
    ids = {str(each["customer_id"]) for each in known}
    members = known[0].get("identity", {}).get("identifiers", ())
    return ids.pop() if len(ids) == 1 and len(members) == 3 else ""
