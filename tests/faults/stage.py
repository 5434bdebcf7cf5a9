"""A busy line under the eyes of the bench: its Kafka, its workers, its upstream."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka.admin import NewTopic
from msgspec.structs import replace

from legato.core.ids import murmur2
from legato.core.instant import DAY
from legato.local import ClusterPlan, KafkaCluster, free_port, wait_until
from legato.runtime.admin import create
from legato.settings import Settings, Worker
from legato.wire.source import Source
from tests.faults.guard import GUARDED, login, set_password
from tests.faults.log_folder import small_log
from tests.faults.proxy import Proxy
from tests.faults.row import Setting
from tests.faults.signals import Span
from tests.faults.slot import LEGATO, Slot
from tests.faults.tale import PARTITIONS, Act, closers, live_tale, probes, tale
from tests.faults.upstream import Upstream
from tests.faults.watch import Watch, look
from tests.faults.witness import Witness
from tests.integration.line_case import Case
from tests.integration.line_oracle import Oracle
from tests.integration.line_settings import line_settings, settings_text
from tests.unit.registry_server import RegistryServer, running

PREFIX = "faults."
READY_S, WARM_S, SETTLE_S, DONE_S = 60.0, 60.0, 120.0, 150.0
SEED = 20


class Stage:
    """Everything that a fault may befall, and all that sees what comes of it."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self.setting, self.folder = setting, folder
        self.slots: list[Slot] = []
        self.proxies: list[Proxy] = []
        self.span: Span | None = None
        self.registry: RegistryServer | None = None
        self._stack = ExitStack()
        self._rounds = 0

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self.cluster = stack.enter_context(self._kafka(stack))
            self.case = Case(self._settings(self.cluster.bootstrap), self.folder)
            if setting := self.setting.password:
                set_password(self.case.admin, setting)
            if self.setting.registry:
                self.registry = stack.enter_context(running())
            self._create_sources()
            self._write_settings()
            stack.callback(self._abandon)
            self.slots += [self._slot(number) for number in range(self.setting.workers)]
            self.watch = stack.enter_context(Watch(self.slots))
            wait_until(self.ready, "the workers to be ready", deadline_s=READY_S)
            contexts = self.case.topics.customer_contexts
            witness = Witness(self.cluster.bootstrap, contexts, PARTITIONS["till"])
            self.witness = stack.enter_context(witness)
            self.upstream = self._upstream()
            stack.callback(self.upstream.end)
            self._oracle = Oracle(self.case.settings)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Note when the fault begins and when it has ended."""
        began = time.monotonic()
        yield
        ended = time.monotonic()
        self.span = Span(began, ended, ended, time.time() - ended)

    @property
    def brokers(self) -> int:
        """How many brokers answer at the moment."""
        seen = self.cluster.look()
        return len(seen.brokers) if seen else 0

    def ready(self) -> bool:
        """Are all workers ready?"""
        return all(look(slot).ready == 200 for slot in self.slots)

    def probe(self) -> Probing:
        """Send events through every partition."""
        self._rounds += 1
        live = self.setting.live
        now = time.time_ns() // 1_000_000 if live else self.upstream.told[-1].what.time
        told = probes(self._rounds, now, self._home_of)
        owners = [self._owner_of(act) for act in told.values()]
        self.upstream.tell(told.values())
        return Probing(self.witness, owners)

    def close(self) -> None:
        """Let upstream come to its end, and wait until the line is through with all of it."""
        self.upstream.end()
        if not self.setting.live:
            latest = max(act.what.time for act in self.upstream.told)
            self.upstream.tell(closers(latest + 4 * DAY))
        self.upstream.settle(SETTLE_S)
        if self.upstream.refused:
            raise RuntimeError(f"upstream itself failed: {self.upstream.refused[:3]}")
        self.case.wait_until_done(DONE_S)

    def leave(self) -> list[int]:
        """End all workers in order, and return their exit codes."""
        return [slot.leave() for slot in self.slots]

    def join(self, number: int) -> Slot:
        """Start one more worker."""
        slot = self._slot(number)
        self.slots.append(slot)
        return slot

    def _owner_of(self, act: Act) -> str:
        key = act.key.decode()
        return self._oracle.owner(key) if act.source == "web" else key

    def _home_of(self, act: Act) -> int:
        return murmur2(self._owner_of(act).encode()) % PARTITIONS["till"]

    def _kafka(self, stack: ExitStack) -> KafkaCluster:
        setting, gates = self.setting, {}
        settings = dict(setting.broker)
        if setting.log_mb:
            settings["log.dirs"] = str(
                stack.enter_context(small_log(self.folder, setting.log_mb))
            )
        if setting.proxied:
            for number in range(1, setting.brokers + 1):
                inner, outer = (f"127.0.0.1:{free_port()}" for _ in range(2))
                gates[number] = inner, outer
                self.proxies.append(stack.enter_context(Proxy(outer, inner)))
        if setting.password:
            settings |= GUARDED
        plan = ClusterPlan(setting.brokers, settings=settings, gates=gates)
        self._gates = ",".join(outer for _, outer in gates.values())
        return KafkaCluster.start(plan, self.folder / "kafka")

    def _settings(self, bootstrap: str) -> Settings:
        sources = [
            Source(name="till", topics=(f"{PREFIX}till",), trust="customer_id"),
            Source(name="web", topics=(f"{PREFIX}web",)),
        ]
        if not self.setting.live:
            sources.append(Source(name="people", topics=(f"{PREFIX}people",)))
            sources = [replace(source, clock="event_time") for source in sources]
        worker = Worker(group=f"{PREFIX}group", name="w", session_timeout_ms=6_000)
        settings = line_settings(bootstrap, PREFIX, sources, worker)
        factor = min(self.setting.brokers, 3)
        kafka = replace(settings.kafka, replication=factor, properties={"log_level": "0"})
        return replace(settings, kafka=kafka)

    def _create_sources(self) -> None:
        factor = min(self.setting.brokers, 3)
        topics = [
            NewTopic(topic, PARTITIONS[source.name], factor)  # type: ignore[index]
            for source in self.case.settings.sources
            for topic in source.topics
        ]
        create(self.case.admin, topics)
        self.case.sources += [topic.topic for topic in topics]

    @property
    def environ(self) -> dict[str, str]:
        """What a worker of this line finds in its environment."""
        return {
            "LEGATO_SETTINGS": str(self.folder / "legato.toml"),
            "FAULT_MARK": str(self.mark),
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
            "LEGATO_REGISTRY_URL": self.registry.url if self.registry else "",
            **self.setting.environ,
        }

    @property
    def mark(self) -> Path:
        """The file that says to a worker at fault that it is time."""
        return self.folder / "it-is-time"

    def _write_settings(self) -> None:
        settings = self.case.settings
        bootstrap = self._gates or settings.kafka.bootstrap
        properties = login(self.setting.password) if self.setting.password else {}
        kafka = replace(settings.kafka, bootstrap=bootstrap, properties=properties)
        (self.folder / "legato.toml").write_text(settings_text(replace(settings, kafka=kafka)))

    def _slot(self, number: int) -> Slot:
        return Slot(number, self.folder, self.environ, self.setting.program or LEGATO)

    def _upstream(self) -> Upstream:
        acts = live_tale() if self.setting.live else iter(tale(SEED, self.setting.events))
        return Upstream(self.cluster.bootstrap, PREFIX, acts, self.setting.per_second)

    def _abandon(self) -> None:
        for slot in self.slots:
            slot.abandon()


class Probing:
    """Events that were sent at one moment through every partition: did they come out?"""

    def __init__(self, witness: Witness, owners: Sequence[str]) -> None:
        self._witness, self.owners = witness, owners

    def through(self) -> bool:
        """Did all come out?"""
        return len(self._witness.seen(self.owners)) == len(self.owners)

    def seen_at(self, within_s: float) -> float:
        """Wait until all came out, and say when the last one did; raises TimeoutError."""
        wait_until(self.through, "the line to go on in every partition", deadline_s=within_s)
        return max(self._witness.seen(self.owners))
