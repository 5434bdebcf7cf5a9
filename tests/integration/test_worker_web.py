"""A worker says what it waits for, and is not to be started again since Kafka is away."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from legato import settings as of
from legato.local import RealKafka, free_port, real_kafka_obstacle, wait_until
from legato.settings import Settings
from tests.integration.legato_command import Legato


def body(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError:
        return ""


def status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def events(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read()).count(
            'legato_events_total{channel="web",source="events"} 1.0'
        )


def worker(bootstrap: str, port: int, folder: Path) -> Legato:
    legato = Legato(Settings(kafka=of.KafkaSettings(bootstrap=bootstrap)), folder)
    legato.environ["LEGATO_METRICS_PORT"] = str(port)
    return legato


@pytest.mark.long
def test_a_kafka_that_is_frozen_is_named_and_no_reason_to_be_ended(tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"needs a real Kafka: {obstacle}")
    port = free_port()
    with (
        RealKafka.start(heap="512m") as kafka,
        worker(kafka.bootstrap, port, tmp_path).running("worker") as running,
    ):
        wait_until(lambda: status(port, "/readyz") == 200, "the worker to be ready")
        kafka.pause()
        wait_until(
            lambda: body(port, "/readyz").startswith("kafka has not answered since"),
            "the silence to be named",
        )
        assert status(port, "/livez") == 200
        assert "legato_kafka_up 0.0" in body(port, "/metrics")
        kafka.resume()
        wait_until(lambda: status(port, "/readyz") == 200, "the worker to go on", deadline_s=60)
        said = running.says("kafka answers again")
        assert said.count("kafka does not answer: ") == 1


@pytest.mark.long
def test_a_worker_outlives_its_kafka(tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"the embedded broker forgets all when it is killed: {obstacle}")
    port = free_port()
    with RealKafka.start(heap="512m") as kafka:
        legato = worker(kafka.bootstrap, port, tmp_path)
        with legato.running("worker") as running:
            wait_until(lambda: status(port, "/readyz") == 200, "the worker to be ready")
            kafka.kill()
            # It lost its partitions then, and the brokers it knew lead under another epoch.
            wait_until(lambda: "revoking assignment" in running.out.read_text(), "the session")
            kafka.restart()
            sent = legato("send", "page.viewed", "--as", "loyalty:42", "--channel", "web")
            assert sent.code == 0, sent.err
            wait_until(lambda: events(port) == 1, "the event", deadline_s=60)


def test_a_taken_port_is_said_and_not_worked_around(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = worker("127.0.0.1:1", port, tmp_path)("worker")
    assert ended.code == 2
    assert f"cannot listen on `127.0.0.1:{port}`: " in ended.err
    assert (
        "set `metrics.port` to another, or to 0 (the worker of index N listens on" in ended.err
    )
