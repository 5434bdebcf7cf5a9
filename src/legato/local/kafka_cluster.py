"""Several Apache Kafkas that are one cluster, so that one of them may go."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from legato.local.kafka_answers import SILENT
from legato.local.kafka_jars import tell
from legato.local.real_kafka import (
    PROPERTIES,
    Java,
    Node,
    RealKafka,
    java_with_kafka,
    new_cluster,
    new_nodes,
    prepare,
)
from legato.local.service import Folder
from legato.local.waiting import wait_until

ANSWER_S = 5.0
UP_S = 60.0


@dataclass(frozen=True)
class ClusterPlan:
    """How large a cluster is: three nodes with 400 MB of heap need 1.2 GB.

    `settings` go over ours in each server.properties. `gates` are further listeners by the
    number of a node, from 1: where it listens, and where it says that it does.
    """

    nodes: int = 3
    heap: str = "400m"
    settings: Mapping[str, str] = field(default_factory=dict)
    gates: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    say: Callable[[str], None] = tell


class KafkaCluster:
    """Nodes in KRaft mode, each broker and controller; three are ready in about nine seconds.

    Each is a service of its own, to be killed, paused, ended and restarted.
    """

    def __init__(self, nodes: list[RealKafka], home: Folder) -> None:
        """Take charge of nodes that run."""
        self.nodes = nodes
        self._home = home

    @classmethod
    def start(cls, plan: ClusterPlan | None = None, folder: Path | None = None) -> Self:
        """Start all nodes at once, and wait until they are one. Raises ServiceUnavailable."""
        plan = plan or ClusterPlan()
        java, cluster = java_with_kafka(plan.heap, plan.say, brisk=True), new_cluster()
        told = new_nodes(plan.nodes, plan.gates)
        with Folder(folder) as home, ExitStack() as begun, ThreadPoolExecutor() as pool:

            def start(node: Node) -> RealKafka:
                own = Folder(home.path / f"node-{node.number}")
                kafka = _start(own, java, {**node.settings, **plan.settings}, cluster)
                begun.callback(kafka.stop)
                return kafka

            started = cls(list(pool.map(start, told)), home)
            wait_until(started.whole, "all brokers to be one cluster", deadline_s=UP_S)
            begun.pop_all()
        return started

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes."""
        return ",".join(node.bootstrap for node in self.nodes)

    def whole(self) -> bool:
        """Are all brokers there, and all their replicas in sync?"""
        seen = self.look()
        return seen is not None and len(seen.brokers) == len(self.nodes) and in_sync(seen)

    def look(self) -> ClusterMetadata | None:
        """Ask what topics there are and who leads them; None if nobody answers."""
        told = {"bootstrap.servers": self.bootstrap}
        try:
            return AdminClient({**told, "log_level": 0}, logger=SILENT).list_topics(
                timeout=ANSWER_S
            )
        except KafkaException:
            return None

    def leader_of(self, topic: str, partition: int) -> RealKafka:
        """Say which node leads a partition; raises TimeoutError if none does for long."""

        def leader() -> int:
            seen = self.look()
            known = seen.topics[topic].partitions if seen and topic in seen.topics else {}
            return known[partition].leader if partition in known else -1

        what = f"a leader of `{topic}/{partition}`"
        return self.nodes[wait_until(lambda: max(leader(), 0), what, deadline_s=UP_S) - 1]

    def stop(self) -> None:
        """End all nodes, and remove their folder if that was a temporary one."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(_end, self.nodes))
        self._home.clean()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def in_sync(seen: ClusterMetadata) -> bool:
    """Has every partition a leader, and all its replicas in sync?"""
    partitions = [each for topic in seen.topics.values() for each in topic.partitions.values()]
    return all(each.leader > 0 and len(each.isrs) == len(each.replicas) for each in partitions)


def _start(home: Folder, java: Java, settings: Mapping[str, str], cluster: str) -> RealKafka:
    if not (home.path / PROPERTIES).exists():
        prepare(home.path, java, settings, cluster)
    return RealKafka.laid_out(home, java)


def _end(node: RealKafka) -> None:
    """End a node; a cluster that goes as a whole has nothing to hand over."""
    node.resume()
    node.kill()
