"""A real Apache Kafka without Docker: processes that are broker and controller at once."""

import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from legato.local.java import java_obstacle
from legato.local.kafka_answers import kafka_answers
from legato.local.kafka_jars import jars_obstacle, kafka_jars, tell
from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable

LARGEST_RECORD = 16 * 1024 * 1024
PROPERTIES = "server.properties"
BRISK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": (
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GATE:PLAINTEXT"
    ),
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
        java = java_with_kafka(heap, say)
        with Folder(folder) as home:
            if not (home.path / PROPERTIES).exists():
                (node,) = new_nodes(1)
                prepare(home.path, java, {**node.settings, **(settings or {})}, new_cluster())
            return cls.laid_out(home, java)

    @classmethod
    def laid_out(cls, home: Folder, java: "Java") -> Self:
        """Start the one whose settings and log lie in a folder. Raises ServiceUnavailable."""
        properties = home.path / PROPERTIES
        bootstrap = _address(properties)
        command = java.command("kafka.Kafka", str(properties))
        service = cls(Launch("kafka", command, home, kafka_answers(bootstrap)))
        service.bootstrap = bootstrap
        return service


@dataclass(frozen=True)
class Node:
    """One process of a cluster: where it listens, and the controllers that vote."""

    number: int
    broker: str
    controllers: Mapping[int, str]
    gate: tuple[str, str] | None = None
    """One more listener: where it listens, and where it says that it does."""

    @property
    def settings(self) -> dict[str, str]:
        """What server.properties says of it."""
        listens = [f"PLAINTEXT://{self.broker}"]
        controller = f"CONTROLLER://{self.controllers[self.number]}"
        gates = [f"GATE://{address}" for address in self.gate or ()]
        voters = (f"{number}@{address}" for number, address in self.controllers.items())
        return {
            "node.id": str(self.number),
            "listeners": ",".join([*listens, controller, *gates[:1]]),
            "advertised.listeners": ",".join([*listens, *gates[1:]]),
            "controller.quorum.voters": ",".join(voters),
            **_replicated(len(self.controllers)),
        }


def _replicated(nodes: int) -> dict[str, str]:
    """Keep everything on all nodes up to three, and let one of three be missing."""
    factor, least = min(nodes, 3), 2 if nodes > 2 else 1
    return {
        "offsets.topic.replication.factor": str(factor),
        "transaction.state.log.replication.factor": str(factor),
        "transaction.state.log.min.isr": str(least),
        "share.coordinator.state.topic.replication.factor": str(factor),
        "share.coordinator.state.topic.min.isr": str(least),
        "default.replication.factor": str(factor),
        "min.insync.replicas": str(least),
    }


def new_nodes(count: int, gates: Mapping[int, tuple[str, str]] | None = None) -> Sequence[Node]:
    """Find ports for nodes that make one cluster; `gates` are further listeners of some."""
    ports: set[int] = set()
    while len(ports) < 2 * count:
        ports.add(free_port())
    brokers, controllers = (
        {number: f"127.0.0.1:{ports.pop()}" for number in range(1, count + 1)} for _ in "bc"
    )
    return [
        Node(number, broker, controllers, (gates or {}).get(number))
        for number, broker in brokers.items()
    ]


def java_with_kafka(
    heap: str, say: Callable[[str], None] = tell, *, brisk: bool = False
) -> "Java":
    """Find Java and Kafka's jars. Raises ServiceUnavailable."""
    if obstacle := java_obstacle():
        raise ServiceUnavailable(obstacle)
    return Java(kafka_jars(say), heap, brisk=brisk)


class Java:
    """The java of this machine, with Kafka on its class path."""

    def __init__(self, jars: Path, heap: str, *, brisk: bool = False) -> None:
        """Run with the jars of a folder and a heap such as `1g`.

        What is `brisk` starts at half the cost, and is never compiled as well as it could be.
        """
        self.options = [*(BRISK if brisk else ()), f"-Xmx{heap}", "-cp", f"{jars}/*"]

    def command(self, main: str, *arguments: str) -> list[str]:
        """Make the command that runs one main class."""
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [shutil.which("java") or "java", quiet, *self.options, main, *arguments]


def _address(properties: Path) -> str:
    """Read where the Kafka of a folder listens."""
    settings = dict(line.split("=", 1) for line in properties.read_text().splitlines())
    return settings["advertised.listeners"].split(",")[0].removeprefix("PLAINTEXT://")


def new_cluster() -> str:
    """Make the id of a cluster."""
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def prepare(folder: Path, java: Java, settings: Mapping[str, str], cluster: str) -> None:
    """Lay out the folder of a node. Raises ServiceUnavailable."""
    properties = folder / PROPERTIES
    every = {**SETTINGS, "log.dirs": str(folder / "log"), **settings}
    properties.write_text("".join(f"{name}={value}\n" for name, value in every.items()))
    tool = java.command("kafka.tools.StorageTool", "format")
    # With "=": an id may start with a dash.
    tool += [f"--cluster-id={cluster}", "--config", str(properties)]
    run = subprocess.run(tool, capture_output=True, text=True, check=False)
    if run.returncode:
        properties.unlink()
        raise ServiceUnavailable(f"Kafka could not format its folder: `{run.stderr.strip()}`")
