"""`legato worker --processes N`: several workers that come back, and end together."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from legato.local import wait_until
from legato.wire.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.line_worker import Worker, worker_of


def test_a_worker_that_is_killed_comes_back_and_all_end_together(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("web", 4)
    command = [*worker_of(0)[:-2], "--processes", "2"]
    with Worker(case.settings, tmp_path, command, {}) as supervisor:
        wait_until(lambda: "restored: 0 contexts" in supervisor.said, "a worker at work")
        first = wait_until(lambda: _workers(supervisor, 2), "two workers")
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(first[0]), "its end")
        second = wait_until(lambda: _workers(supervisor, 2), "another worker")
        assert len({*first, *second}) == 3
        wait_until(lambda: "ended with code -9; again in 1 s" in supervisor.said, "the news")
        assert supervisor.stop() == 0
    assert not [pid for pid in {*first, *second} if psutil.pid_exists(pid)]


def _workers(supervisor: Worker, count: int) -> list[int]:
    """The processes that it supervises, once there are so many."""
    children = psutil.Process(supervisor.process.pid).children()
    found = [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return found if len(found) == count else []
