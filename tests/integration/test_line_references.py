"""References on a real Kafka: who names an article is told of its price, once, and in time."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec import Raw, json

from legato.core.engine import CLOCK
from legato.core.events.event import Event
from legato.core.values.outputs import Situation
from legato.core.values.time import MINUTE, Instant
from legato.harness import default_playbook, playbook_at
from legato.local import wait_until
from legato.runtime.kafka.admin import create, find_topics, missing_topics
from legato.verification.verify import verify
from legato.wire.topics.clock import read_clock
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case, case_of_web

PLAYBOOK = """
version: 1
situations:
  price_changed: {match: {on: reference.price, once: 1s}}
"""
CUSTOMERS = [f"c-{number}" for number in range(30)]


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    case = case_of_web(real_kafka.bootstrap, topic_prefix, tmp_path, PLAYBOOK)
    return case.reading(references=True)


@pytest.mark.long
def test_a_change_reaches_who_names_it_once_though_workers_are_killed(case: Case) -> None:
    web, now = case.create("web", 2), _now()
    looks = [_look(customer, now - MINUTE) for customer in CUSTOMERS]
    with case.worker() as worker:
        wait_until(lambda: case.topics.references in _topics(case), "the topic to be made")
        case.send(web, looks, trusted=False)
        case.wait_until_done()
        _refer(case, 89, now - MINUTE)
        wait_until(lambda: len(_told(case)) == 30, "all to be told", deadline_s=60)
        worker.kill()
    _refer(case, 89, now)
    _refer(case, 79, now)
    with case.worker() as worker:
        wait_until(lambda: len(_told(case)) == 60, "what came meanwhile to be told")
        _refer(case, None, 0)
        wait_until(lambda: len(_told(case)) == 90, "that it is gone to be told")
        began = _now()
        wait_until(lambda: _clock(case) > began, "the clock to go on")
        assert worker.stop() == 0
    told = _told(case)
    times = Counter(each.time for each in told)
    assert len({each.situation_id for each in told}) == len(told) == 90
    assert times[now - MINUTE] == times[now] == 30
    assert all(len(context.digests) == 4 for context in case.contexts().values())
    verified = verify(
        case.settings,
        playbook_at(Path(case.settings.playbook)),
        lambda _: nullcontext(lambda _: None),
    )
    assert verified.clean, verified


def test_what_is_there_when_a_line_begins_is_the_past(case: Case) -> None:
    web, now = case.create("web", 2), _now()
    create(
        case.admin,
        missing_topics(case.settings, default_playbook(), find_topics(case.admin)),
    )
    _refer(case, 89, now - MINUTE)
    case.send(web, [_look(customer, now - 2 * MINUTE) for customer in CUSTOMERS], trusted=False)
    with case.worker() as worker:
        case.wait_until_done()
        began = _now()
        wait_until(lambda: _clock(case) > began, "the clock to go on")
        assert worker.stop() == 0
    assert _told(case) == []


def _now() -> Instant:
    return time.time_ns() // 1_000_000


def _look(customer: str, at: Instant) -> Event:
    data = Raw(json.encode({"sku": "SHOE"}))
    name = f"look-{customer}"
    return Event(
        id=name, type="product.viewed", channel="web", time=at, received=at,
        customer_id=customer, data=data,
    )  # fmt: skip


def _refer(case: Case, amount: int | None, at: Instant) -> None:
    told = {"time": at, "value": {"amount": amount}}
    value = None if amount is None else json.encode(told)
    case.put(case.topics.references, value, b"price/SHOE")
    case.producer.flush(30)


def _told(case: Case) -> list[Situation]:
    return [
        each for each in case.outputs(case.topics.situations) if isinstance(each, Situation)
    ]


def _topics(case: Case) -> set[str]:
    return {*case.admin.list_topics(timeout=10).topics}


def _clock(case: Case) -> Instant:
    """How far all partitions know that references have come."""
    records = case.records(case.topics.customer_contexts)
    last = {each.partition: each.value for each in records if each.key == CLOCK.encode()}
    clocks = [read_clock(value).get("references", 0) for value in last.values()]
    return min(clocks) if len(clocks) == case.settings.kafka.partitions else 0
