"""Puts a worker together: the one place where settings meet parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from confluent_kafka.admin import AdminClient
from msgspec import Struct

from legato.core.playbook.definition import Playbook
from legato.core.playbook.versions import PlaybookVersions
from legato.core.values.time import SECOND, Instant, Span
from legato.harness import default_playbook, playbook_at
from legato.logs import ClientLog
from legato.runtime.host.alias_updates import apply_alias_updates
from legato.runtime.host.loop import Clients, Deliver, WorkerLoop, WorkerResources, now_ms
from legato.runtime.host.playbook_updates import apply_playbook_updates, compile_from
from legato.runtime.host.reference_updates import apply_reference_updates
from legato.runtime.host.watchdog import Watchdog
from legato.runtime.kafka.admin import StartUp, configuration, prepare, wait_for_kafka
from legato.runtime.kafka.alias_consumer import AliasConsumer
from legato.runtime.kafka.client_configs import (
    admin_config,
    consumer_config,
    producer_config,
    restore_config,
)
from legato.runtime.kafka.consumer import ConsumerThread
from legato.runtime.kafka.ends import Questions
from legato.runtime.kafka.producer import Producing, Transactions
from legato.runtime.kafka.restore import Restorer
from legato.runtime.kafka.topic_layout import PLAYBOOKS, REFERENCES, TopicLayout
from legato.runtime.kafka.world_consumer import WorldConsumer, WorldRecord
from legato.runtime.machine.facts import TP, Fact
from legato.runtime.machine.liveness import Liveness
from legato.runtime.machine.machine import Machine
from legato.runtime.machine.pacing import CheckpointPacing, RateWindow
from legato.runtime.machine.task import Task
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job, JobLimits, RecordReader
from legato.settings import Settings
from legato.wire.formats.envelope import Reading
from legato.wire.formats.open_registry import open_registry
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers
from legato.wire.source.reader import Reader
from legato.wire.topics.outcomes import read_outcome

ANSWER: Span = 5 * SECOND
"""How much longer than a transaction may take to wait for the producer's answer."""


class OutcomeReader(Struct, frozen=True):
    """Reads what adapters report."""

    registry: Registry
    several: bool = False

    def read(
        self, value: bytes | None, _: bytes | None, headers: Headers, received: Instant
    ) -> Reading:
        """Read a report as an event of its customer; raises RegistryDown."""
        return read_outcome(value, headers, received, self.registry)


class Parts(Struct, frozen=True):
    """What a worker is made of, checked against Kafka, before it begins."""

    settings: Settings
    index: int
    plan: Job
    admin: AdminClient
    aliases: AliasConsumer
    world: Mapping[str, WorldConsumer]


def assemble(
    settings: Settings, index: int, *, listened: bool, start: StartUp | None = None
) -> Parts:
    """See that the line can run here, as soon as Kafka answers; `start` shows how that goes.

    Raises WorkerFatal, PlaybookError or RegistryError.
    """
    start = start or StartUp()
    playbook = playbook_of(settings)
    registry = settings.registry
    schemas = open_registry(
        registry.url, registry.username, registry.password, registry.timeout_s
    )
    admin = AdminClient(admin_config(settings), logger=ClientLog("admin"))
    layout = wait_for_kafka(lambda: prepare(admin, settings, playbook), start)
    plan = Job(
        layout=layout,
        playbook=playbook,
        identify=settings.identity.identify,
        readers=readers_of(layout, schemas, playbook),
        registry=schemas,
        limits=wait_for_kafka(lambda: _limits(settings, layout, admin), start),
        listened=listened,
        touchpoints=settings.touchpoints,
        rules=settings.identity.rules,
        versions=PlaybookVersions(playbook) if settings.playbooks else None,
    )
    aliases = AliasConsumer(
        restore_config(settings, index), admin, layout.topics.identity_aliases
    )
    aliases.catch_up(lambda records: apply_alias_updates(plan, (), records), start.beat)
    return Parts(
        settings, index, plan, admin, aliases, _world(settings, index, plan, start.beat)
    )


def _world(
    settings: Settings, index: int, plan: Job, beat: Callable[[], None]
) -> dict[str, WorldConsumer]:
    """Read all references and versions of the playbook that there are, if they are wanted."""
    topics, versions = plan.layout.topics, plan.versions
    wanted: dict[str, tuple[str, Callable[[list[WorldRecord]], object]]] = {}
    if settings.references:
        wanted[REFERENCES] = topics.references, partial(apply_reference_updates, plan)
    if versions is not None:
        wanted[PLAYBOOKS] = topics.playbooks, partial(apply_playbook_updates, versions)
    world: dict[str, WorldConsumer] = {}
    for name, (topic, hear) in wanted.items():
        admin = AdminClient(admin_config(settings), logger=ClientLog("admin"))
        config = restore_config(settings, index)
        world[name] = WorldConsumer(config, admin, topic, hear, name)
        world[name].catch_up(lambda _: None, beat)
    if versions is not None:
        compile_from(versions, now_ms())
    return world


def playbook_of(settings: Settings) -> Playbook:
    """Read the playbook that the settings name, else the one that Legato ships."""
    if not settings.playbook:
        return default_playbook()
    return playbook_at(Path(settings.playbook))


def machine_of(plan: Job, settings: Settings, now: Instant) -> Machine:
    """Make the machine of one worker."""
    worker = settings.worker
    return Machine(
        lambda tp: task_of(plan, tp),
        CheckpointPacing(
            worker.checkpoint_ms,
            worker.checkpoint_max_ms,
            deadline=worker.transaction_timeout_ms + ANSWER,
        ),
        RateWindow(worker.quarantine_per_minute),
        Liveness(worker.liveness_timeout_s * 1_000, now),
    )


def task_of(plan: Job, tp: TP) -> Task:
    """Make the task of a partition that the group gave us."""
    layout = plan.layout
    if tp[0] == layout.topics.customer_events:
        return Task(layout.task_of(tp), tp[1], FollowProcessor(plan, tp[1]))
    return Task((tp,), None, IdentifyProcessor(plan, tp))


def start_line(parts: Parts, deliver: Deliver, watchdog: Watchdog | None) -> WorkerLoop:
    """Make the line of a worker on the running event loop, and start it."""
    settings, index, layout = parts.settings, parts.index, parts.plan.layout
    changelog = layout.topics.customer_contexts
    machine = machine_of(parts.plan, settings, now_ms())
    line = WorkerLoop(WorkerResources(machine, parts.plan, watchdog), deliver)

    def post(fact: Fact) -> None:
        line.post(fact)

    budget_s = settings.worker.transaction_timeout_ms / SECOND
    producing = Producing(producer_config(settings, index), changelog, budget_s, post)
    line.start(
        Clients(
            Transactions(producing),
            Questions(admin_config(settings), layout, post),
            ConsumerThread(consumer_config(settings, index), layout, post, settings.worker),
            restorer=Restorer(
                restore_config(settings, index), parts.admin, changelog, post=post
            ),
            aliases=parts.aliases,
            world=parts.world,
        )
    )
    return line


def readers_of(
    layout: TopicLayout, registry: Registry, playbook: Playbook
) -> dict[str, RecordReader]:
    """Make for each topic that events come from what reads its records."""
    channels = playbook.consent_channels
    doors: dict[str, RecordReader] = {
        topic: Reader(source, registry, channels=channels)
        for topic, source in layout.every_source.items()
    }
    return {**doors, layout.topics.action_outcomes: OutcomeReader(registry)}


def _limits(settings: Settings, layout: TopicLayout, admin: AdminClient) -> JobLimits:
    """Share what is live among the partitions, and learn how large a dead letter may be."""
    letters = configuration(admin, layout.topics.dead_letters).get("max.message.bytes")
    return JobLimits(
        cached_contexts=max(settings.worker.cached_contexts // layout.partition_count, 1),
        context_bytes=settings.worker.max_context_bytes,
        letter_bytes=int(letters or JobLimits().letter_bytes),
    )
