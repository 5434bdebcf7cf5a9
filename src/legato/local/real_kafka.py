"""A real Apache Kafka: one process that is broker and controller, without Docker."""

import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from legato.local.java import java_obstacle
from legato.local.kafka_answers import kafka_answers
from legato.local.kafka_jars import jars_obstacle, kafka_jars, tell
from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable

LARGEST_RECORD = 16 * 1024 * 1024

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # One broker must be enough for every internal topic.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # The first group and the first transaction wait for these partitions to be made.
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "8",
    "group.initial.rebalance.delay.ms": "0",
    # A topic that nobody created is a mistake to see, not to heal.
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(LARGEST_RECORD),
    "replica.fetch.max.bytes": str(LARGEST_RECORD),
    # After a kill the new process is let in only when the old one's session is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # So that a test of a compacted topic need not wait for half a minute.
    "log.initial.task.delay.ms": "500",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": str(LARGEST_RECORD),
}


def real_kafka_obstacle() -> str | None:
    """Say in one sentence why a real Kafka cannot run here; None if it can."""
    return java_obstacle() or jars_obstacle()


class RealKafka(Service):
    """Apache Kafka in KRaft mode, ready in about four seconds."""

    bootstrap: str

    @classmethod
    def start(
        cls,
        folder: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        heap: str = "1g",
        say: Callable[[str], None] = tell,
    ) -> Self:
        """Start one in `folder`, on the log and the port that it may find there.

        `settings` go over ours in server.properties, `heap` is Java's -Xmx, and `say` gets
        the lines about fetching Kafka the first time. Raises ServiceUnavailable.
        """
        if obstacle := java_obstacle():
            raise ServiceUnavailable(obstacle)
        java = Java(kafka_jars(say), heap)
        with Folder(folder) as home:
            properties = home.path / "server.properties"
            bootstrap = _address(properties) or _prepare(properties, java, settings or {})
            command = java.command("kafka.Kafka", str(properties))
            service = cls(Launch("kafka", command, home, kafka_answers(bootstrap)))
        service.bootstrap = bootstrap
        return service


class Java:
    """The java of this machine, with Kafka on its class path."""

    def __init__(self, jars: Path, heap: str) -> None:
        """Run with the jars of a folder and a heap such as `1g`."""
        self.options = [f"-Xmx{heap}", "-cp", f"{jars}/*"]

    def command(self, main: str, *arguments: str) -> list[str]:
        """Make the command that runs one main class."""
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [shutil.which("java") or "java", quiet, *self.options, main, *arguments]


def _address(properties: Path) -> str | None:
    """Read the address of a Kafka that lived in this folder before."""
    lines = properties.read_text().splitlines() if properties.exists() else []
    settings = dict(line.split("=", 1) for line in lines)
    address = settings.get("advertised.listeners")
    return address.removeprefix("PLAINTEXT://") if address else None


def _prepare(properties: Path, java: Java, settings: Mapping[str, str]) -> str:
    broker, controller = (f"127.0.0.1:{free_port()}" for _ in range(2))
    every = {
        **SETTINGS,
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(properties.parent / "log"),
        **settings,
    }
    properties.write_text("".join(f"{name}={value}\n" for name, value in every.items()))
    _format(properties, java)
    return broker


def _format(properties: Path, java: Java) -> None:
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    tool = java.command("kafka.tools.StorageTool", "format")
    # With "=": an id may start with a dash.
    tool += [f"--cluster-id={cluster}", "--config", str(properties)]
    run = subprocess.run(tool, capture_output=True, text=True, check=False)
    if run.returncode:
        properties.unlink()
        raise ServiceUnavailable(f"Kafka could not format its folder: `{run.stderr.strip()}`")
