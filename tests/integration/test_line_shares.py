"""How the work is shared out: by homes, each with its part of every other topic."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka.admin import NewPartitions

from legato.local import wait_until
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.line_worker import Worker

HOMES = 4


@pytest.fixture
def case(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Case:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("web", HOMES)
    return case


def _owned(worker: Worker, topic: str) -> set[int]:
    """The partitions of a topic that a worker has now, by its own words."""
    owned: set[int] = set()
    for line in worker.said.splitlines():
        if found := re.search(rf"`{re.escape(topic)}/([\d, ]+)`", line):
            numbers = set(map(int, found.group(1).split(", ")))
            if "to be restored" in line:
                owned |= numbers
            elif "given back" in line or "lost" in line:
                owned -= numbers
    return owned


def test_two_workers_get_half_of_every_topic(case: Case) -> None:
    topics = [*case.sources, case.topics.customer_events]
    with ExitStack() as stack:
        workers = [stack.enter_context(case.worker(index)) for index in (0, 1)]
        wait_until(
            lambda: all(len(_owned(each, topic)) == 2 for each in workers for topic in topics),
            "each of two workers to have two partitions of each topic",
            deadline_s=60,
        )
        first, second = workers
        for topic in topics:
            assert _owned(first, topic) | _owned(second, topic) == set(range(HOMES))


@pytest.mark.long
def test_a_worker_says_that_a_topic_was_widened(case: Case) -> None:
    with case.worker() as worker:
        wait_until(lambda: "restored" in worker.said, "the line to run", deadline_s=60)
        wider = NewPartitions(case.sources[0], HOMES + 1)
        case.admin.create_partitions([wider])[case.sources[0]].result(30)
        words = f"`{case.sources[0]}` has {HOMES + 1} partitions, and had {HOMES}"
        wait_until(lambda: words in worker.said, "a warning", deadline_s=60)
        assert worker.stop() == 0
