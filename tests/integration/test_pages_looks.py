"""Who looked at whom, as those see it who see to privacy."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from confluent_kafka import Producer

from legato import settings as of
from legato.core.values.time import DAY, MINUTE
from legato.local import free_port
from legato.queries.looks import LOOKS_MOST, SLICE, read_looks
from legato.serving.api.problems import Problem
from legato.serving.pages.look_reader import LookReader
from legato.settings import Settings
from legato.wire.topics.access_log import AccessRecord, write_access
from tests.integration.conftest import Kafka
from tests.integration.desk_world import (
    QUEUE,
    VENUE,
    DeskWorld,
    SignedIn,
    a_name,
    running_desk,
)
from tests.integration.said import create

pytestmark = pytest.mark.integration
LOOKS = "/pages/looks"
ROW = re.compile(r"<tr><td>[^<]+</td><td>([^<]+)</td><td>([^<]*)</td><td>([^<]+)</td>")
ANNA, NOBODY = "0-" + "a" * 24, "0-" + "0" * 24
NOW = time.time_ns() // 1_000_000


class Log:
    """An access log of one partition, written as the API writes it."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.settings = Settings(kafka=of.KafkaSettings(bootstrap=bootstrap, prefix=prefix))
        self._topic = f"{prefix}access.log"
        create(self.settings, self._topic)
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "linger.ms": 20, "partitioner": "murmur2_random"}
        )

    def write(self, customer_id: str, at: int, who: str = "maria", count: int = 1) -> None:
        told = write_access(AccessRecord(at, customer_id, "k", who, "/r"))
        for _ in range(count):
            self._producer.produce(self._topic, told, customer_id, timestamp=at)
            self._producer.poll(0)
        assert self._producer.flush(30) == 0

    def seen(self, *customers: str) -> list[str]:
        return [each.who for each in read_looks(self.settings, customers or [ANNA], NOW).looks]


@pytest.fixture
def log(real_kafka: Kafka, topic_prefix: str) -> Log:
    return Log(real_kafka.bootstrap, topic_prefix)


def test_the_newest_look_is_told_first_and_nobody_elses(log: Log) -> None:
    log.write(ANNA, NOW - 2 * MINUTE, "maria")
    log.write("0-" + "b" * 24, NOW - MINUTE, "ben")
    log.write(ANNA, NOW, "tom")
    assert log.seen() == ["tom", "maria"]
    assert log.seen(NOBODY) == []


def test_under_two_ids_somebody_is_one(log: Log) -> None:
    log.write(ANNA, NOW, "tom")
    log.write("0-" + "b" * 24, NOW - MINUTE, "ben")
    assert log.seen(ANNA, "0-" + "b" * 24) == ["tom", "ben"]


def test_what_is_older_than_30_days_is_not_read(log: Log) -> None:
    log.write(ANNA, NOW - 31 * DAY, "maria")
    log.write(ANNA, NOW - 29 * DAY, "tom")
    assert log.seen() == ["tom"]


def test_an_old_look_is_found_behind_many_others(log: Log) -> None:
    log.write(ANNA, NOW - DAY, "maria")
    others = (f"0-{number:024x}" for number in range(12))
    for each in others:
        log.write(each, NOW, count=SLICE // 3)
    assert log.seen() == ["maria"]


def test_of_very_many_looks_the_newest_are_shown(log: Log) -> None:
    log.write(ANNA, NOW - DAY, "maria", count=50)
    log.write(ANNA, NOW, "tom", count=LOOKS_MOST)
    found = read_looks(log.settings, [ANNA], NOW)
    assert [each.who for each in found.looks] == ["tom"] * LOOKS_MOST
    assert not found.is_whole


def test_what_is_no_look_is_passed_over(log: Log, bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(f"{log.settings.kafka.prefix}access.log", b"{", ANNA)
    assert producer.flush(30) == 0
    assert log.seen() == []


async def test_while_kafka_is_away_it_is_told_so_within_a_time() -> None:
    away = Settings(kafka=of.KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}"))
    began = time.monotonic()
    with pytest.raises(Problem) as told:
        await LookReader(away).read((ANNA,), NOW)
    assert told.value.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert time.monotonic() - began < 16


@pytest.fixture(scope="module")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("looks")) as desk:
        desk.add_user("olga", "--role", "privacy", "--language", "en")
        desk.add_user("anna", "--role", "agent", "--queue", QUEUE, "--brand", "*")
        desk.add_user("maria", "--role", "associate", "--venue", VENUE, "--brand", "*")
        yield desk


@pytest.fixture(scope="module")
def olga(desk: DeskWorld) -> SignedIn:
    return desk.sign_in("olga")


@pytest.fixture(scope="module")
def kim(desk: DeskWorld) -> tuple[str, str]:
    """A caller: their card, and who they are."""
    card, told = a_name("card"), {"reason": "delivery_damaged", "queue": QUEUE}
    desk.tell("contact.started", "call", {"loyalty_id": card}, data=told)
    return card, desk.customer("loyalty_id", card)


def found(who: SignedIn, kind: str, value: str) -> str:
    answer = who.post(LOOKS, {"kind": kind, "value": value})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_who_looked_is_shown_with_what_for_and_by_what(
    desk: DeskWorld, olga: SignedIn, kim: tuple[str, str]
) -> None:
    card, customer = kim
    anna = desk.sign_in("anna")
    assert anna.get(f"/pages/queues/{QUEUE}/customers/{customer}").status_code == 200
    desk.http.get(
        f"/v1/customers/{customer}", headers=desk.admin | {"Legato-Purpose": "a call"}
    )
    page = olga.get(found(olga, "loyalty_id", card))
    assert page.status_code == 200
    rows = ROW.findall(page.text)
    assert ("anna", "In contact", "The desk") in rows
    assert ("test", "a call", "test") in rows


def test_the_look_at_the_looks_is_a_look(olga: SignedIn, kim: tuple[str, str]) -> None:
    path = found(olga, "customer_id", kim[1])
    assert path == f"{LOOKS}/{kim[1]}"
    olga.get(path)
    assert ROW.findall(olga.get(path).text)[0] == ("olga", "Who looked at whom", "The desk")


def test_nothing_that_was_typed_stands_in_an_address(olga: SignedIn) -> None:
    for kind in ("customer_id", "email", "phone", "loyalty_id"):
        answer = olga.post(LOOKS, {"kind": kind, "value": "kim@example.org"})
        assert answer.status_code == 404
        assert "We know nobody by this." in answer.text
        assert "kim@example.org" not in answer.text
    assert olga.post(LOOKS, {"kind": "shoe", "value": "1"}).status_code == 400


def test_of_whom_nobody_looked_at_it_says_so(olga: SignedIn) -> None:
    assert "Nobody looked" in olga.get(found(olga, "customer_id", ANNA)).text


@pytest.mark.parametrize("name", ["anna", "maria"])
def test_who_does_not_see_to_privacy_sees_nothing_of_it(desk: DeskWorld, name: str) -> None:
    who = desk.sign_in(name)
    assert who.get(LOOKS).status_code == 403
    assert who.get(f"{LOOKS}/{ANNA}").status_code == 403
    sent = who.post(LOOKS, {"kind": "customer_id", "value": ANNA})
    assert sent.status_code == 403


def test_whoever_sees_to_privacy_is_led_there_and_sees_no_customers(olga: SignedIn) -> None:
    assert olga.get("/pages/").headers["location"] == LOOKS
    assert olga.get(LOOKS).status_code == 200
    assert olga.get(f"/pages/queues/{QUEUE}").status_code == 403
