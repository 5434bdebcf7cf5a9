"""What a line stands on: brokers, the topics of its sources, and what lies between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import NewTopic
from msgspec.structs import replace

from legato.local import ClusterPlan, KafkaCluster, free_port
from legato.runtime.kafka.admin import create
from legato.settings import Settings, WorkerSettings
from legato.wire.source.source import Source
from tests.faults.guard import GUARDED, login, set_password
from tests.faults.log_folder import small_log
from tests.faults.proxy import Proxy
from tests.faults.row import Setting
from tests.faults.tale import PARTITIONS
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings, settings_text
from tests.unit.wire.registry_server import RegistryServer, running

PREFIX = "faults."
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ground:
    """A Kafka with sources; `case` reads past the proxies, through which workers go."""

    cluster: KafkaCluster
    case: Case
    proxies: tuple[Proxy, ...]
    registry: RegistryServer | None


@contextmanager
def ground(setting: Setting, folder: Path) -> Iterator[Ground]:
    """Start it all, and write the settings of the workers to `legato.toml`."""
    with ExitStack() as stack:
        gates = _gates(setting)
        proxies = tuple(
            stack.enter_context(Proxy(outer, inner)) for inner, outer in gates.values()
        )
        told = dict(setting.broker) | (GUARDED if setting.password else {})
        if setting.log_mb:
            log = stack.enter_context(small_log(folder, setting.log_mb))
            told["log.dirs"] = str(log)
        plan = ClusterPlan(setting.brokers, settings=told, gates=gates)
        cluster = stack.enter_context(KafkaCluster.start(plan, folder / "kafka"))
        case = Case(_settings(setting, cluster.bootstrap), folder)
        if setting.password:
            set_password(case.admin, setting.password)
        _create_sources(case)
        outside = ",".join(outer for _, outer in gates.values()) or cluster.bootstrap
        _write(setting, case.settings, outside, folder)
        registry = stack.enter_context(running()) if setting.registry else None
        yield Ground(cluster, case, proxies, registry)


def _gates(setting: Setting) -> dict[int, tuple[str, str]]:
    """Where each broker listens for a proxy, and where that one listens for workers."""
    numbers = range(1, setting.brokers + 1) if setting.proxied else ()
    return {number: (f"{HOST}:{free_port()}", f"{HOST}:{free_port()}") for number in numbers}


def _settings(setting: Setting, bootstrap: str) -> Settings:
    sources = [
        Source(name="till", topics=(f"{PREFIX}till",), trust="customer_id"),
        Source(name="web", topics=(f"{PREFIX}web",)),
    ]
    if not setting.live:
        sources.append(Source(name="people", topics=(f"{PREFIX}people",)))
        sources = [replace(source, clock="event_time") for source in sources]
    worker = WorkerSettings(group=f"{PREFIX}group", name="w", session_timeout_ms=6_000)
    settings = line_settings(bootstrap, PREFIX, sources, worker)
    # librdkafka would tell of each refused connection of the bench's own.
    quiet = {"log_level": "0"}
    factor = min(setting.brokers, 3)
    kafka = replace(settings.kafka, replication=factor, properties=quiet)
    return replace(settings, kafka=kafka, references=setting.world, playbooks=setting.world)


def _write(setting: Setting, settings: Settings, bootstrap: str, folder: Path) -> None:
    properties = login(setting.password) if setting.password else {}
    kafka = replace(settings.kafka, bootstrap=bootstrap, properties=properties)
    (folder / "legato.toml").write_text(settings_text(replace(settings, kafka=kafka)))


def _create_sources(case: Case) -> None:
    partitions = {f"{PREFIX}{name}": count for name, count in PARTITIONS.items()}
    names = [topic for source in case.settings.sources for topic in source.topics]
    factor = case.settings.kafka.replication
    create(case.admin, [NewTopic(name, partitions[name], factor) for name in names])
    case.sources += names
