"""Servers for the integration tests, started once for all processes of a run."""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from legato.local import EmbeddedKafka, RealKafka, RedisServer, real_kafka_obstacle
from tests.integration.shared_service import shared_service


@dataclass(frozen=True)
class Kafka:
    """The broker of this run."""

    bootstrap: str
    real: bool


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def kafka(run_folder: Path) -> Iterator[Kafka]:
    """A real Kafka where Java is, else the embedded broker; in CI always a real one."""
    obstacle = real_kafka_obstacle()
    if obstacle and os.environ.get("CI") == "true":
        pytest.fail(f"CI runs on a real Kafka: {obstacle}")
    start = _embedded_kafka if obstacle else _real_kafka
    with shared_service(run_folder / "kafka", start) as bootstrap:
        yield Kafka(bootstrap, real=not obstacle)


@pytest.fixture(scope="session")
def real_kafka(kafka: Kafka) -> Kafka:
    """A real Kafka, for what the embedded broker cannot do: hide aborted records."""
    if not kafka.real:
        pytest.skip("needs a real Kafka: the embedded broker shows aborted records")
    return kafka


@pytest.fixture(scope="session")
def bootstrap(kafka: Kafka) -> str:
    return kafka.bootstrap


@pytest.fixture(scope="session")
def redis_url(run_folder: Path) -> Iterator[str]:
    with shared_service(run_folder / "redis", _redis) as url:
        yield url


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A prefix for the topics and groups of one test alone."""
    name = re.sub(r"\W+", "_", request.node.name)[:60]
    return f"{name}.{uuid.uuid4().hex[:8]}."


@contextmanager
def _real_kafka() -> Iterator[str]:
    with RealKafka.start() as kafka:
        yield kafka.bootstrap


@contextmanager
def _embedded_kafka() -> Iterator[str]:
    with EmbeddedKafka.start() as kafka:
        yield kafka.bootstrap


@contextmanager
def _redis() -> Iterator[str]:
    with RedisServer.start() as server:
        yield server.url
