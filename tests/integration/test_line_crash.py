"""Workers are killed, frozen and joined under load: what was said still equals a replay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import KafkaException

from legato.core.events.event import Event
from legato.core.values.ids import murmur2
from legato.core.values.time import DAY
from legato.local import wait_until
from legato.settings import WorkerSettings as WorkerSettings
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_oracle import Oracle, assert_equal
from tests.integration.line_settings import line_settings
from tests.integration.line_story import closing, story

PARTITIONS = 3
EVENTS = 3_000


class Line:
    """One case, the events that go into it, and what a replay says of them."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        source = Source(name="web", topics=(f"{prefix}web",), clock="event_time")
        self.case = Case(line_settings(bootstrap, prefix, [source]), folder)
        self.topic = self.case.create("web", PARTITIONS)
        self.events = _events()

    def send(self, part: slice) -> None:
        """Let upstream send some of the events."""
        self.case.send(self.topic, self.events[part], trusted=False)

    def equals_a_replay(self) -> None:
        """Check situations, decisions and contexts against one process without a crash."""
        oracle = Oracle(self.case.settings)
        oracle.follow([], self.events, self.events[-1].time)
        assert_equal(self.case, oracle)


FIRST, SECOND = slice(0, EVENTS // 2), slice(EVENTS // 2, None)


def _events() -> list[Event]:
    told = story(5, [f"c-{number}" for number in range(150)], EVENTS)
    end, closers, number = told[-1].time + 4 * DAY, dict[int, str](), 0
    while len(closers) < PARTITIONS:
        name = f"end-{number}"
        closers.setdefault(murmur2(name.encode()) % PARTITIONS, name)
        number += 1
    return told + [closing(name, end) for name in closers.values()]


@pytest.fixture
def line(real_kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Line:
    return Line(real_kafka.bootstrap, topic_prefix, tmp_path)


def test_a_kill_between_checkpoints(line: Line) -> None:
    line.send(FIRST)
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        line.send(SECOND)
        worker.kill()
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        assert worker.stop() == 0
    line.equals_a_replay()


@pytest.mark.long
def test_a_kill_while_it_restores(line: Line) -> None:
    line.send(FIRST)
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        assert worker.stop() == 0
    line.send(SECOND)
    with line.case.worker() as worker:
        wait_until(lambda: "to be restored" in worker.said, "a restore to begin", deadline_s=60)
        worker.kill()
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        assert worker.stop() == 0
    line.equals_a_replay()


@pytest.mark.long
def test_two_workers_one_killed_and_one_added_under_load(line: Line) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(line.case.worker(index)) for index in (0, 1))
        line.send(FIRST)
        line.case.wait_until_done(deadline_s=120)
        line.send(SECOND)
        first.kill()
        third = stack.enter_context(line.case.worker(2))
        line.case.wait_until_done(deadline_s=120)
        assert (second.stop(), third.stop()) == (0, 0)
    line.equals_a_replay()


@pytest.mark.long
def test_a_worker_that_is_told_to_end_under_load_does_nothing_twice(line: Line) -> None:
    line.send(FIRST)
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        line.send(SECOND)
        assert worker.stop() == 0
    with line.case.worker() as worker:
        line.case.wait_until_done(deadline_s=120)
        assert worker.stop() == 0
    line.equals_a_replay()
    contexts = line.case.contexts().values()
    assert sum(context.revision for context in contexts) == _steps(line)


def _steps(line: Line) -> int:
    """How often contexts change in a replay: more would mean that something was done again."""
    oracle = Oracle(line.case.settings)
    oracle.follow([], line.events, line.events[-1].time)
    return sum(context.revision for context in oracle.harness.contexts.values())


def test_a_zombie_with_an_open_transaction_is_fenced(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    line = Line(real_kafka.bootstrap, topic_prefix, tmp_path)
    _hurry(line.case)
    with ExitStack() as stack:
        zombie = stack.enter_context(line.case.worker(0))
        line.send(FIRST)
        wait_until(_has_open_transaction(line.case), "an open transaction", deadline_s=60)
        zombie.freeze()
        line.send(SECOND)
        heir = stack.enter_context(line.case.worker(1))
        line.case.wait_until_done(deadline_s=120)
        zombie.thaw()
        line.case.wait_until_done(deadline_s=120)
        assert heir.stop() == 0
        zombie.kill()
    line.equals_a_replay()


def _hurry(case: Case) -> None:
    """Short sessions and transactions, so that the zombie is given up soon."""
    worker: WorkerSettings = msgspec.structs.replace(
        case.settings.worker, session_timeout_ms=6_000, transaction_timeout_ms=5_000
    )
    case.settings = msgspec.structs.replace(case.settings, worker=worker)


def _has_open_transaction(case: Case) -> Callable[[], bool]:
    topic = case.topics.customer_contexts

    def probe() -> bool:
        try:
            return case.ends(topic, committed=False) != case.ends(topic, committed=True)
        except KafkaException:
            return False

    return probe
