"""`legato worker --processes N`: several workers that come back, and end together."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import psutil

from legato.local import free_port, wait_until
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings
from tests.integration.line_worker import Worker, worker_of

COMMAND = [*worker_of(0)[:-2], "--processes", "2"]


def test_a_worker_that_is_killed_comes_back_and_all_end_together(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("web", 4)
    with Worker(case.settings, tmp_path, COMMAND, {}) as supervisor:
        wait_until(lambda: "restored: 0 contexts" in supervisor.said, "a worker at work")
        first = wait_until(lambda: _workers(supervisor, 2), "two workers")
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(first[0]), "its end")
        second = wait_until(lambda: _workers(supervisor, 2), "another worker")
        assert len({*first, *second}) == 3
        wait_until(lambda: "ended with code -9; again in 1 s" in supervisor.said, "the news")
        assert supervisor.stop() == 0
    assert not [pid for pid in {*first, *second} if psutil.pid_exists(pid)]


def test_a_fault_that_will_not_pass_ends_them_all(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("web", 4)
    with socket.socket() as other:
        # The port of the worker of index 1 is taken.
        port = free_port()
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        environ = {"LEGATO_METRICS_PORT": str(port)}
        with Worker(case.settings, tmp_path, COMMAND, environ) as supervisor:
            assert supervisor.ended() == 2
    assert "worker 1 ended with code 2; all are stopped" in supervisor.said
    assert "again in" not in supervisor.said


def test_a_frozen_worker_ends_with_the_others(
    real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(real_kafka.bootstrap, topic_prefix, [source]), tmp_path)
    case.create("web", 4)
    with Worker(case.settings, tmp_path, COMMAND, {}) as supervisor:
        wait_until(lambda: "restored: 0 contexts" in supervisor.said, "a worker at work")
        frozen = wait_until(lambda: _workers(supervisor, 2), "two workers")[0]
        os.kill(frozen, signal.SIGSTOP)
        supervisor.process.send_signal(signal.SIGINT)
        assert supervisor.stop() == 0


def _workers(supervisor: Worker, count: int) -> list[int]:
    """The processes that it supervises, once there are so many."""
    children = psutil.Process(supervisor.process.pid).children()
    found = [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return found if len(found) == count else []
