"""Services of docker-compose.yml without Docker: their commands and checks, on local programs.

What is changed is only what a container gives: paths, names of hosts, and ports.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from legato.core.values.time import SECOND, read_span
from legato.local import Child, free_port, wait_until
from legato.local.kafka_jars import kafka_jars
from legato.local.real_kafka import Java
from tests.contract.compose import health_check, services

_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
KAFKA_SCRIPTS = {"/opt/kafka/bin/kafka-configs.sh": "kafka.admin.ConfigCommand"}


def program(name: str) -> str:
    """Find a program; skip where it is not installed, but never in CI."""
    if found := shutil.which(name):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"`{name}` is not installed")
    pytest.skip(f"`{name}` is not installed")


class Elsewhere:
    """Writes what stands in the compose file as it is on this machine."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        longest_first = sorted(places, key=len, reverse=True)
        self._there = re.compile("|".join(map(re.escape, longest_first)))

    def word(self, text: str) -> str:
        """Translate paths, hosts and ports in one word."""
        return self._there.sub(lambda there: self._places[there[0]], text)

    def words(self, words: Sequence[str]) -> list[str]:
        """Translate a command."""
        return [self.word(each) for each in words]

    def environment(self, service: str) -> dict[str, str]:
        """Translate the environment of a service, with the defaults that it names."""
        told: dict[str, str] = services()[service].get("environment", {})
        return {name: _DEFAULT.sub(r"\1", self.word(value)) for name, value in told.items()}


def healthy(service: str, elsewhere: Elsewhere) -> bool:
    """Run the health check of a service once; one that takes too long has failed."""
    first, *rest = elsewhere.words(health_check(service))
    timeout_s = read_span(services()[service]["healthcheck"]["timeout"]) / SECOND
    try:
        run = subprocess.run(
            [*_program_of(first), *rest], capture_output=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def _program_of(name: str) -> list[str]:
    if name in KAFKA_SCRIPTS:
        return java().command(KAFKA_SCRIPTS[name])
    return [sys.executable] if name == "python" else [program(name)]


def java() -> Java:
    return Java(kafka_jars(), "512m")


@contextmanager
def running(
    service: str,
    command: Sequence[str],
    folder: Path,
    elsewhere: Elsewhere,
    more: Mapping[str, str] | None = None,
) -> Iterator[Child]:
    """Run a service, waiting until its health check is content; `more` is its environment."""
    environment = {**elsewhere.environment(service), **(more or {})}
    child = Child(command, folder / f"{service}.log", environment)
    try:
        wait_until(
            lambda: healthy(service, elsewhere),
            f"`{service}` to be healthy",
            deadline_s=60,
            cancelled=child.exited,
        )
        yield child
    except TimeoutError as error:
        raise TimeoutError(f"{error}; it said {child.last_words(20)}") from None
    finally:
        child.stop()


def ports(*there: str) -> dict[str, str]:
    """Give each port of the compose file a free one here."""
    return {port: str(free_port()) for port in there}
