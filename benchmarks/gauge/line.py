"""The line of a worker without Kafka: its own processors, fed in batches, in one process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal, TypeAlias

from msgspec import Struct

from benchmarks.events import events, write_event
from benchmarks.full_events import spread_time, told_events, write_told
from benchmarks.topics import PARTITIONS
from legato.core.values.ids import murmur2
from legato.core.values.time import Instant
from legato.runtime.host.assembly import playbook_of, readers_of
from legato.runtime.kafka.layout import FoundTopic, lay_out
from legato.runtime.kafka.topic_layout import TopicLayout
from legato.runtime.machine.checkpoint import ProducerRecord, TaskCheckpoint
from legato.runtime.machine.facts import TP, Batch
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job
from legato.settings import Settings
from legato.wire.formats.registry import FileRegistry
from legato.wire.topics.names import Topics

Case: TypeAlias = Literal["trusted", "default", "full"]
"""A trusted source, by RULES.md's playbook or by the default one; or both hops by that."""
SOURCE = "bench.events"
BATCH = 1_000
"""So many records are worked on at once, as a worker does that is behind."""
CHECKPOINT = 10_000
"""So many records of a source lie between two checkpoints."""


class InputRecord(Struct, array_like=True, gc=False):
    """A record as a source has it."""

    partition: int
    key: bytes
    value: bytes
    time: int


def input_of(case: Case, count: int) -> list[InputRecord]:
    """What lies in the source of a case: ten times as many records as customers."""
    customers = max(count // 10, 1)
    if case == "full":
        told = told_events(count, spread=True, customers=customers)
        return [_record(each.key, write_told(each), each.time) for each in told]
    records = []
    for event in events(count, customers):
        event.time = spread_time(event.time, count)
        records.append(_record(event.customer_id, write_event(event), event.time))
    return records


def _record(key: str, value: bytes, time: int) -> InputRecord:
    encoded = key.encode()
    return InputRecord(murmur2(encoded) % PARTITIONS, encoded, value, time)


def batches_of(records: Sequence[InputRecord]) -> Iterable[Batch]:
    """Lay records out as a consumer's thread does: in columns, by partition, some at a time."""
    offsets: dict[TP, int] = defaultdict(int)
    for at in range(0, len(records), BATCH * PARTITIONS):
        runs: dict[int, list[InputRecord]] = defaultdict(list)
        for record in records[at : at + BATCH * PARTITIONS]:
            runs[record.partition].append(record)
        for partition, run in runs.items():
            yield _laid_out((SOURCE, partition), offsets, run, [each.time for each in run])


def _laid_out(
    tp: TP,
    offsets: dict[TP, int],
    run: Sequence[InputRecord | ProducerRecord],
    times: Sequence[Instant],
) -> Batch:
    """Make a batch of what comes next in a partition."""
    since = offsets[tp]
    offsets[tp] += len(run)
    return Batch(
        tp,
        1,
        since,
        range(since, since + len(run)),
        [record.key for record in run],
        [record.value for record in run],
        times,
        full=True,
    )


class Line:
    """All partitions of a source and of customers; what a checkpoint says comes round again."""

    def __init__(self, settings: Settings) -> None:
        job = job_of(settings)
        self._resolved = job.layout.topics.customer_events
        self._named = {
            (topic, number): IdentifyProcessor(job, (topic, number))
            for topic in job.layout.untrusted
            for number in range(job.layout.partitions[topic])
        }
        self._customers = [FollowProcessor(job, number) for number in range(PARTITIONS)]
        for processor in self._processors:
            processor.open({})
        self._offsets: dict[TP, int] = defaultdict(int)
        self._pending = 0
        self.records = self.contexts = 0

    @property
    def followed(self) -> int:
        """How many events customers remember."""
        contexts = (each.engine.contexts.values() for each in self._customers)
        return sum(len(context.digests) for context in chain.from_iterable(contexts))

    @property
    def _processors(self) -> list[IdentifyProcessor | FollowProcessor]:
        return [*self._named.values(), *self._customers]

    def take(self, batch: Batch) -> None:
        """Work on a batch, and take a checkpoint when it is time."""
        self._processor_of(batch.tp).take(batch)
        self._pending += len(batch)
        if self._pending >= CHECKPOINT:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Take what is pending, as committed at once, until nothing is left to be done."""
        self._pending = 0
        while parts := [each.checkpoint() for each in self._processors if each.pending]:
            for processor in self._processors:
                processor.on_committed()
            for batch in self._come_round(parts):
                self._processor_of(batch.tp).take(batch)

    def _processor_of(self, tp: TP) -> IdentifyProcessor | FollowProcessor:
        return self._named.get(tp) or self._customers[tp[1]]

    def _come_round(self, parts: Iterable[TaskCheckpoint]) -> list[Batch]:
        """What was written to customer.events is read again, by partition."""
        runs: dict[int, list[ProducerRecord]] = defaultdict(list)
        for part in parts:
            self.records += len(part.records)
            self.contexts += len(part.snapshots)
            for record in part.records:
                if record.topic == self._resolved:
                    runs[self._partition_of(record)].append(record)
        return [
            _laid_out((self._resolved, number), self._offsets, run, [0] * len(run))
            for number, run in runs.items()
        ]

    def _partition_of(self, record: ProducerRecord) -> int:
        if record.partition >= 0 or record.key is None:
            return record.partition
        return murmur2(record.key) % PARTITIONS


def job_of(settings: Settings) -> Job:
    """Lay out a line by its settings, as if Kafka had all its topics."""
    layout = layout_of(settings)
    playbook, registry = playbook_of(settings), FileRegistry()
    return Job(
        layout=layout,
        playbook=playbook,
        identify=settings.identity.identify,
        readers=readers_of(layout, registry, playbook),
        registry=registry,
        rules=settings.identity.rules,
    )


def layout_of(settings: Settings) -> TopicLayout:
    """Say which topics there would be."""
    topics = Topics(settings.kafka.prefix)
    names = (
        SOURCE,
        topics.customer_events,
        topics.customer_contexts,
        topics.action_outcomes,
        topics.references,
        topics.playbooks,
    )
    return lay_out(settings, {name: FoundTopic(PARTITIONS, 1) for name in names})
