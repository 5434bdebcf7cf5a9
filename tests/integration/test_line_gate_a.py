"""A worker is killed in the middle of a transaction; what was said equals a replay."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from legato.core.events.event import Event
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Situation
from legato.core.values.time import DAY
from legato.local import wait_until
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_oracle import Oracle, assert_equal
from tests.integration.line_settings import line_settings
from tests.integration.line_story import closing, story
from tests.integration.line_worker import Worker

PARTITIONS = 4
EVENTS = 6_000


@pytest.mark.long
def test_a_kill_in_mid_transaction_changes_nothing(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    case = _case(real_kafka.bootstrap, topic_prefix, tmp_path)
    trusted, hopped, end = _events()
    oracle = Oracle(case.settings)
    oracle.follow(trusted, hopped, end)
    orders, web = case.create("orders", PARTITIONS), case.create("web", 3)
    case.send(orders, trusted[: EVENTS // 2], trusted=True)
    case.send(web, hopped[: EVENTS // 2], trusted=False)
    with case.worker() as worker:
        _kill_in_mid_transaction(case, worker)
    case.send(orders, trusted[EVENTS // 2 :], trusted=True)
    case.send(web, hopped[EVENTS // 2 :], trusted=False)
    with case.worker() as worker:
        case.wait_until_done()
        assert worker.stop() == 0
    found = case.outputs(case.topics.situations)
    kinds = {output.situation for output in found if isinstance(output, Situation)}
    assert kinds >= {"cart_abandoned", "channel_switched"}
    assert_equal(case, oracle)


def _case(bootstrap: str, prefix: str, folder: Path) -> Case:
    sources = (
        Source(
            name="orders", topics=(f"{prefix}orders",), trust="customer_id", clock="event_time"
        ),
        Source(name="web", topics=(f"{prefix}web",), clock="event_time"),
    )
    return Case(line_settings(bootstrap, prefix, sources), folder)


def _events() -> tuple[list[Event], list[Event], int]:
    trusted = story(1, [f"t-{n}" for n in range(300)], EVENTS)
    hopped = story(2, [f"h-{n}" for n in range(300)], EVENTS)
    end = max(trusted[-1].time, hopped[-1].time) + 4 * DAY
    closers = _one_for_each_partition(PARTITIONS, "t-end"), _one_for_each_partition(3, "h-end")
    trusted += [closing(customer, end) for customer in closers[0]]
    hopped += [closing(customer, end) for customer in closers[1]]
    return trusted, hopped, end


def _one_for_each_partition(partitions: int, name: str) -> list[str]:
    found: dict[int, str] = {}
    number = 0
    while len(found) < partitions:
        customer = f"{name}-{number}"
        found.setdefault(murmur2(customer.encode()) % partitions, customer)
        number += 1
    return list(found.values())


def _kill_in_mid_transaction(case: Case, worker: Worker) -> None:
    """Kill it while records of it lie on the changelog that are not committed."""

    def open_transaction() -> bool:
        topic = case.topics.customer_contexts
        try:
            return case.ends(topic, committed=False) != case.ends(topic, committed=True)
        except KafkaException:
            return False  # the topic is not there yet, or nobody leads it

    def caught() -> bool:
        if open_transaction():
            worker.freeze()
            if open_transaction():
                return True
            worker.thaw()
        return False

    wait_until(caught, "an open transaction", deadline_s=60)
    worker.kill()
