"""Whatever upstream sends: a dead letter with its reason or a clamp, and the worker goes on."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from legato.core.values.outputs import Situation
from legato.core.values.results import Unreadable
from legato.kafka import client_config
from legato.wire.source.source import Source
from legato.wire.topics.dead_letters import errors_of
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings

LARGE = 8 << 20
YEAR = 365 * 24 * 3_600_000
NOW = time.time_ns() // 1_000_000


def _event(**changes: object) -> bytes:
    whole = {
        "id": "e",
        "type": "page.viewed",
        "channel": "web",
        "time": NOW,
        "identifiers": {"loyalty_id": "42"},
        **changes,
    }
    return msgspec.json.encode(whole)


BAD: dict[str, tuple[bytes | None, str]] = {
    "tombstone": (None, "empty"),
    "no bytes": (b"", "empty"),
    "cut short": (_event()[:-9], "not_json"),
    "wrong magic byte": (b"\x07\x00\x00\x00\x01rest", "bad_magic"),
    "unknown schema": (b"\x00\x7f\x00\x00\x01rest", "unknown_schema"),
    "not a number": (_event().replace(str(NOW).encode(), b"NaN"), "not_json"),
    "not utf-8": (_event().replace(b"web", b"w\xffb"), "not_utf8"),
    "nested": (_event()[:-1] + b',"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
    "five megabytes": (_event(data={"note": "x" * (5 << 20)}), "too_large"),
    "before time": (_event(time=-1), "bad_time"),
    "time nought": (_event(time=0), "bad_time"),
    "no sku": (_event(type="cart.item_added", data={"quantity": 1}), "bad_payload"),
    "quantity nought": (
        _event(type="cart.item_added", data={"sku": "HAT", "quantity": 0}),
        "bad_payload",
    ),
    "nobody": (_event(identifiers={}), "no_identifier"),
}


@pytest.mark.parametrize("trusted", [False, True], ids=["through identify", "trusted"])
def test_bad_records_become_dead_letters_and_their_neighbours_are_followed(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path, trusted: bool
) -> None:
    source = Source(
        name="web",
        topics=(f"{topic_prefix}web",),
        trust="customer_id" if trusted else "identifiers",
    )
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("web", 1, **{"max.message.bytes": str(LARGE)})
    bad = {name: each for name, each in BAD.items() if not (trusted and name == "nobody")}
    with case.worker() as worker:
        _send(case, topic, b"42", [value for value, _ in bad.values()])
        case.wait_until_done()
        assert worker.alive
        assert worker.stop() == 0
    letters = case.records(case.topics.dead_letters)
    reasons = [errors_of(letter.headers)["class"] for letter in letters]
    assert sorted(reasons) == sorted(reason for _, reason in bad.values()), [
        errors_of(letter.headers)["message"] for letter in letters
    ]
    assert {letter.value for letter in letters} == {value for value, _ in bad.values()}
    (context,) = case.contexts().values()
    assert [touch.type for touch in context.timeline] == ["store.visited", "article.viewed"]


def _send(case: Case, topic: str, key: bytes, values: list[bytes | None]) -> None:
    """Bad records between two good ones."""
    first = _event(id="first", type="store.visited")
    last = _event(id="last", type="article.viewed", time=NOW + 1)
    producer = Producer(client_config(case.settings, **{"message.max.bytes": LARGE}))
    for value in (first, *values, last):
        producer.produce(topic, value, key, 0, timestamp=NOW)
    producer.flush(30)


def test_an_outcome_of_nobody_becomes_a_dead_letter_and_no_customer(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("web", 1)
    outcomes = case.create("action.outcomes", 1)
    told = {"action_id": "a", "channel": "email", "time": NOW, "status": "opened"}
    with case.worker() as worker:
        case.put(topic, _event(), b"any", time=NOW)
        case.producer.flush(30)
        case.wait_until_done()
        (known,) = case.contexts()
        for customer_id in ("nobody", known):
            report = msgspec.json.encode({**told, "customer_id": customer_id})
            case.put(outcomes, report, customer_id.encode(), time=NOW)
        case.producer.flush(30)
        case.wait_until_done()
        assert worker.stop() == 0
    letters = case.records(case.topics.dead_letters)
    said = [errors_of(letter.headers) for letter in letters]
    assert {each["class"] for each in said} == {"bad_outcome"}
    assert {each["topic"] for each in said} == {case.topics.customer_events}
    assert {letter.key for letter in letters} == {b"nobody", known.encode()}
    assert [*case.contexts()] == [known]


def test_a_year_ahead_is_pulled_back_and_moves_no_clock(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic = case.create("web", 1)
    with case.worker() as worker:
        cart = _event(id="cart", type="cart.item_added", data={"sku": "HAT"})
        case.put(topic, cart, b"any", time=NOW)
        case.put(topic, _event(id="far", time=NOW + YEAR), None, time=NOW)
        case.producer.flush(30)
        case.wait_until_done()
        assert worker.stop() == 0
    (context,) = case.contexts().values()
    assert context.touched == NOW + 5 * 60_000
    assert not case.records(case.topics.dead_letters)
    told = case.outputs(case.topics.situations)
    assert not [each for each in told if isinstance(each, Situation | Unreadable)]
