"""Time live: a worker that was away, a source that lags, and what is due meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec import Raw, json

from legato.core.events.event import Event
from legato.core.values.outputs import Situation
from legato.core.values.time import HOUR, MINUTE, SECOND
from legato.local import wait_until
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings

CUSTOMERS = [f"c-{number}" for number in range(40)]
SOON = 40 * SECOND
"""Longer than a worker takes to begin and end on a busy machine."""


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    """A source whose clock follows the broker's time, and one that is trusted, the same."""
    sources = (
        Source(name="web", topics=(f"{topic_prefix}web",)),
        Source(name="till", topics=(f"{topic_prefix}till",), trust="customer_id"),
    )
    return Case(line_settings(real_kafka.bootstrap, topic_prefix, sources), tmp_path)


def test_purchases_in_the_backlog_of_two_hours_spare_everybody_a_reminder(case: Case) -> None:
    """The carts lie at the front of one partition, the purchases far back in another."""
    web, now = case.create("web", 2), _now()
    case.create("till", 4)
    for number, customer in enumerate(CUSTOMERS):
        cart = _event(customer, "cart.item_added", now - 2 * HOUR - 5 * MINUTE + number)
        _put(case, web, cart, 0)
    for number in range(20_000):
        noise = _event(f"n-{number % 500}", "page.viewed", now - 2 * HOUR + number * 80)
        _put(case, web, noise, 1)
    for number, customer in enumerate(CUSTOMERS):
        order = _event(customer, "order.completed", now - HOUR - 30 * MINUTE + number)
        _put(case, web, order, 1)
    case.producer.flush(30)
    _catch_up(case)
    assert not _abandoned(case)
    carts = [context.carts for context in case.contexts().values()]
    assert not any(carts), "every cart was bought"


@pytest.mark.long
def test_what_came_due_while_nobody_was_there_fires_once(case: Case) -> None:
    web, now = case.create("web", 2), _now()
    till = case.create("till", 4)
    for customer in CUSTOMERS[:20]:
        _put(case, web, _event(customer, "cart.item_added", now - HOUR + SOON))
    for customer in CUSTOMERS[20:]:
        cart = _event(customer, "cart.item_added", now - HOUR + SOON)
        case.put(till, _written(cart), customer.encode(), time=cart.received)
    case.producer.flush(30)
    with case.worker() as worker:
        case.wait_until_done()
        assert worker.stop() == 0
    assert not _abandoned(case)
    wait_until(
        lambda: _now() > now + SOON + SECOND, "the carts to be an hour old", deadline_s=60
    )
    for _ in range(2):
        _catch_up(case)
        found = _abandoned(case)
        assert len({each.customer_id for each in found}) == len(found) == len(CUSTOMERS)
        assert {each.time for each in found} == {now + SOON}


def _catch_up(case: Case) -> None:
    """Let a worker run until it knows that time has come to where it began."""
    began = _now()
    with case.worker() as worker:
        wait_until(lambda: _clocks(case) > began, "the clocks to reach the present")
        assert worker.stop() == 0


def _now() -> int:
    return time.time_ns() // 1_000_000


def _event(customer: str, kind: str, at: int) -> Event:
    data = {"items": [{"sku": "HAT"}]} if kind.startswith("order") else {"sku": "HAT"}
    return Event(
        id=f"{customer}-{kind}-{at}",
        type=kind,
        channel="web",
        time=at,
        received=at,
        customer_id=customer,
        data=Raw(json.encode(data)),
    )


def _written(event: Event) -> bytes:
    told = {"id": event.id, "type": event.type, "channel": "web", "time": event.time}
    told |= {"data": event.data, "identifiers": {"loyalty_id": event.customer_id}}
    return json.encode(told)


def _put(case: Case, topic: str, event: Event, partition: int = -1) -> None:
    key = event.customer_id.encode()
    case.put(topic, _written(event), key, partition, time=event.received)


def _abandoned(case: Case) -> list[Situation]:
    found = case.outputs(case.topics.situations)
    return [
        each
        for each in found
        if isinstance(each, Situation) and each.situation == "cart_abandoned"
    ]


def _clocks(case: Case) -> int:
    """How far the slowest clock of all homes has come, as the changelog has it."""
    last = {
        record.partition: json.decode(record.value or b"{}", type=dict[str, int])
        for record in case.records(case.topics.customer_contexts)
        if record.key == b"\x00clock"
    }
    clocks = [min(passed.values()) for passed in last.values() if passed]
    return min(clocks) if len(clocks) == 4 else 0
