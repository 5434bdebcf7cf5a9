"""send, tail, inspect and init against a real broker."""

import signal
from pathlib import Path

import msgspec
import pytest
from msgspec import Raw

from legato.core.events.event import Event, Location
from legato.core.values.time import HOUR, MINUTE
from legato.settings import KafkaSettings, Settings, WorkerSettings
from tests.integration.legato_command import Legato
from tests.integration.said import Said, create, create_topics, records

T0 = 1_772_438_400_000


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
    )
    create_topics(settings)
    return Legato(settings, tmp_path)


def event(minute: int, kind: str, channel: str, data: object, venue: str = "") -> Event:
    return Event(
        id=f"e{minute}",
        type=kind,
        channel=channel,
        time=T0 + minute * MINUTE,
        identifiers={"loyalty_id": "42"},
        location=Location(venue=venue) if venue else None,
        data=Raw(msgspec.json.encode(data)),
    )


def a_cart_carried_to_the_shop(legato: Legato) -> None:
    shoe = {"sku": "SHOE-42", "price": 89, "currency": "EUR", "size": "42"}
    story = [
        event(0, "cart.item_added", "web", shoe),
        event(50, "store.visited", "store", {}, "BER-1"),
    ]
    Said(legato.settings).follow(story, until=T0 + HOUR)


def test_an_event_is_sent_as_an_envelope_to_its_customers_key(legato: Legato) -> None:
    told = legato(
        "send", "cart.item_added", "--as", "loyalty:42", "--channel", "web", "sku=7", "price=89"
    )
    assert told.code == 0, told.err
    assert "sent cart.item_added of customer 1-" in told.out
    [sent] = records(legato.settings, "channel.events")
    assert sent.key is not None
    assert sent.key.startswith(b"1-")
    envelope = msgspec.json.decode(sent.value or b"")
    assert envelope["identifiers"] == {"loyalty_id": "42"}
    assert envelope["data"] == {"sku": "7", "price": 89}


def test_a_file_is_sent_line_by_line_as_it_stands(legato: Legato) -> None:
    legato("simulate", "--customers", "5", "--events", "80", "--out", "day.jsonl")
    lines = (legato.folder / "day.jsonl").read_bytes().splitlines()
    told = legato("send", "--file", "day.jsonl")
    assert told.out == f"sent 80 events to {legato.settings.kafka.prefix}channel.events\n"
    assert sorted(
        record.value or b"" for record in records(legato.settings, "channel.events")
    ) == sorted(lines)


def test_sending_stops_at_a_line_that_is_no_event(legato: Legato) -> None:
    told = legato("send", "--file", "-", typed='{"identifiers": {"user_id": "1"}}\n{"a": 1}\n')
    assert told.code == 1
    assert "line 2 of `-` is no event" in told.err


def test_a_missing_topic_and_a_missing_kafka_are_one_sentence(legato: Legato) -> None:
    words = ("send", "page.viewed", "--as", "user:1", "--channel", "web")
    told = legato(*words, "--topic", "nowhere")
    assert (told.code, told.err) == (
        1,
        "legato: there is no topic `nowhere`; create it with `legato topics create`\n",
    )
    legato.environ["LEGATO_KAFKA_BOOTSTRAP"] = "127.0.0.1:1"
    for verb in (words, ("dlq", "list")):
        told = legato(*verb)
        assert told.code == 1
        assert told.err.startswith("legato: no Kafka answers at `127.0.0.1:1`; start it")
        assert len(told.err.splitlines()) == 1


def test_tail_tells_what_there_is_and_filters_by_customer(legato: Legato) -> None:
    a_cart_carried_to_the_shop(legato)
    told = legato("tail", "situations", "--to-end")
    assert "channel_switched  web → store after 50 minutes" in told.out
    assert "cart_abandoned stage 1" in told.out
    mine = legato("tail", "decisions", "--to-end", "--json", "--customer", "loyalty:42")
    assert [decision["situation"] for decision in mine.objects] == [
        "channel_switched",
        "cart_abandoned",
    ]
    assert legato("tail", "decisions", "--to-end", "--customer", "loyalty:43").out == ""
    [action] = legato("tail", "actions", "--to-end", "--json").objects
    assert action["handoff"]["stopped_at"].startswith("cart filled on web")


def test_tail_follows_until_it_is_interrupted(legato: Legato) -> None:
    with legato.running("tail", "actions", "--from-start") as tail:
        a_cart_carried_to_the_shop(legato)
        assert "brief_store → BER-1" in tail.says("BER-1")
        assert tail.ends(signal.SIGINT) == 130


def test_inspect_shows_context_and_the_reason_of_every_loser(legato: Legato) -> None:
    a_cart_carried_to_the_shop(legato)
    told = legato("inspect", "loyalty:42")
    assert told.code == 0, told.err
    for words in (
        "loyalty_id  42",
        "89.00 EUR, begun on web",
        "1 × SHOE-42, size 42 at 89.00 EUR",
        "cart_abandoned stage 2",
        "✔ brief_store",
        "✘ remind_by_email",
        "the customer has not agreed to it",
    ):
        assert words in told.out
    known = msgspec.json.decode(legato("inspect", "loyalty:42", "--json").out)
    assert known["context"]["carts"]["-"]["value"] == 89
    assert [len(decision["candidates"]) > 1 for decision in known["decisions"]] == [True, True]


def test_inspect_of_nobody_says_where_it_looked(legato: Legato) -> None:
    told = legato("inspect", "loyalty:43")
    assert told.code == 1
    assert "nothing is known of customer `1-" in told.err


def test_init_writes_settings_that_work_and_looks_at_what_kafka_holds(legato: Legato) -> None:
    # One test, for the likeliest topic of all that this Kafka holds is shown.
    settings, bootstrap = legato.settings, legato.settings.kafka.bootstrap
    likely = f"web_click_cart_order_events_{settings.kafka.prefix}"
    viewed = b'{"messageId": "m1", "event": "page.viewed", "userId": "7"}'
    tell_upstream(settings, likely, viewed)
    told = legato("init", "--bootstrap", bootstrap)
    assert told.code == 0, told.err
    assert likely in told.out
    assert 'identifiers = {user_id = "userId"}' in told.out
    assert legato("check").code == 0
    again = legato("init")
    assert (again.code, again.err) == (
        1,
        "legato: `legato.toml` exists; add `--force` to write over it\n",
    )

    order = b'{"order_key": "wc_1", "line_items": [], "billing": {}, "date_created_gmt": "-"}'
    tell_upstream(settings, f"customer_receipts_{likely}", order)
    told = legato("init", "--force", "--bootstrap", bootstrap)
    assert told.code == 0, told.err
    assert "the map `woocommerce.orders` fits" in told.out
    assert 'map = "woocommerce.orders"' in told.out


def tell_upstream(settings: Settings, topic: str, value: bytes) -> None:
    """Write one record into a topic that is not Legato's."""
    create(settings, topic)
    said = Said(settings)
    said.prefix = ""
    said.write(topic, "k", value)
    said.flush()


def test_init_keeps_the_pepper(legato: Legato) -> None:
    bootstrap = legato.settings.kafka.bootstrap
    peppers = []
    for words in ((), ("--force",)):
        legato("init", "--bootstrap", bootstrap, *words)
        text = (legato.folder / "legato.toml").read_text()
        peppers.append(next(line for line in text.splitlines() if line.startswith("pepper")))
    assert peppers[0] == peppers[1]
    assert "change-me" not in peppers[0]


def test_touchpoints_are_told_by_a_worker_that_is_set_to(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    kafka, worker = KafkaSettings(bootstrap, topic_prefix), WorkerSettings(topic_prefix)
    legato = Legato(Settings(kafka, worker), tmp_path)
    legato.environ |= {"LEGATO_TOUCHPOINTS": "true", "LEGATO_METRICS_PORT": "0"}
    assert legato("topics", "create").code == 0
    words = ("send", "store.visited", "--as", "loyalty:42", "--channel", "store")
    follow = ("tail", "touchpoints", "--from-start")
    with legato.running("worker"), legato.running(*follow) as tail:
        assert legato(*words).code == 0
        assert "journey " in tail.says("store.visited on store")
    told = legato("tail", "touchpoints", "--to-end", "--json", "--customer", "loyalty:42")
    assert [each["type"] for each in told.objects] == ["store.visited"]
