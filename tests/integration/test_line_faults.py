"""A fault of our own, a registry that is away: what cannot be done yet stops nothing else."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest
from fastavro import schemaless_writer
from msgspec import json
from msgspec.structs import replace

from legato.local import wait_until
from legato.settings import RegistrySettings
from legato.wire.source.source import Source
from legato.wire.topics.dead_letters import errors_of
from tests.integration import line_faulty_worker
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.unit.wire.registry_server import running

NOW = time.time_ns() // 1_000_000
SCHEMA = {
    "type": "record",
    "name": "Visit",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "type", "type": "string"},
        {"name": "channel", "type": "string"},
        {"name": "time", "type": "long"},
        {"name": "identifiers", "type": {"type": "map", "values": "string"}},
    ],
}


@pytest.fixture(params=["identifiers", "customer_id"], ids=["through identify", "trusted"])
def case(
    request: pytest.FixtureRequest, real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> Case:
    source = Source(name="web", topics=(f"{topic_prefix}web",), trust=request.param)
    return Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)


def _event(number: int, note: str = "") -> bytes:
    event = {"id": f"e{number}", "type": "page.viewed", "channel": "web", "time": NOW + number}
    return json.encode({**event, "identifiers": {"loyalty_id": "42"}, "data": {"note": note}})


def test_a_record_that_we_fail_on_is_set_aside_and_its_neighbours_are_followed_once(
    case: Case,
) -> None:
    topic = case.create("web", 1)
    bad = {120: _event(120, "the fault"), 300: _event(300, "the fault")}
    for number in range(500):
        case.put(topic, bad.get(number) or _event(number), b"42", 0, time=NOW)
    case.producer.flush(30)
    with case.worker_at_fault(line_faulty_worker.__name__) as worker:
        case.wait_until_done()
        assert worker.stop() == 0
    letters = case.records(case.topics.dead_letters)
    assert [letter.value for letter in letters] == list(bad.values())
    told = [errors_of(letter.headers) for letter in letters]
    assert [each["class"] for each in told] == ["unexpected"] * 2
    assert [each["offset"] for each in told] == ["120", "300"]
    assert all("ZeroDivisionError in line_faulty_worker.py" in each["message"] for each in told)
    (context,) = case.contexts().values()
    assert context.revision == 498


def test_a_registry_that_is_away_costs_time_and_nothing_else(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    with running() as registry:
        registry.add(7, SCHEMA)
        registry.ill = 503
        case = _with_registry(real_kafka.bootstrap, topic_prefix, tmp_path, registry.url)
        tills, web = case.create("tills", 2), case.create("web", 2)
        for number in range(10):
            case.put(tills, _avro(100 + number), b"any", time=NOW)
            case.put(web, _event(number), b"any", time=NOW)
        case.producer.flush(30)
        with case.worker() as worker:
            wait_until(lambda: _followed(case) == 10, "the events that need no registry")
            wait_until(lambda: worker.said.count("waits for it") > 4, "some tries")
            assert worker.alive
            assert not case.records(case.topics.dead_letters)
            registry.ill = None
            wait_until(lambda: _followed(case) == 20, "the others, now that it is back")
            assert worker.stop() == 0
    assert not case.records(case.topics.dead_letters)


def _with_registry(bootstrap: str, prefix: str, folder: Path, url: str) -> Case:
    sources = (
        Source(name="tills", topics=(f"{prefix}tills",)),
        Source(name="web", topics=(f"{prefix}web",)),
    )
    settings = line_settings(bootstrap, prefix, sources)
    return Case(replace(settings, registry=RegistrySettings(url=url, timeout_s=1)), folder)


def _avro(number: int) -> bytes:
    """An event in Confluent's format, under the id 7."""
    event = json.decode(_event(number))
    body = BytesIO()
    schemaless_writer(body, SCHEMA, event)
    return b"\x00\x00\x00\x00\x07" + body.getvalue()


def _followed(case: Case) -> int:
    return sum(len(context.timeline) for context in case.contexts().values())
