"""What operators see of a worker, put together when they ask. No label names a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from legato.core.values.time import LONG_AGO, SECOND, Instant
from legato.runtime.machine.counts import Histogram, WorkerStats
from legato.runtime.machine.machine import Machine
from legato.runtime.machine.task import Task, TaskState
from legato.runtime.processors.follow import FollowProcessor

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "events": ("Events taken from sources.", ("source", "channel")),
    "situations": ("Situations found.", ("situation", "stage")),
    "retracted": ("Situations that turned out to be none.", ("situation", "reason")),
    "runs_dropped": ("Runs that a customer had too many of, by situation.", ("situation",)),
    "decisions": ("Decisions taken, by the action that won.", ("action",)),
    "candidates_rejected": ("Candidates that were rejected, by why.", ("reason",)),
    "actions": ("Actions sent.", ("channel",)),
    "revoked": ("Actions taken back.", ("channel",)),
    "revoked_too_late": ("Actions taken back after they were delivered.", ("channel",)),
    "outcomes": (
        "What became of actions, as reported or worked out.",
        ("action", "channel", "outcome"),
    ),
    "resolutions": ("How cases came out.", ("grade", "final")),
    "conversions_void": (
        "Conversions taken back: not paid, or put down to another action.",
        ("action", "channel"),
    ),
    "dead_letters": ("Records that could not be followed, by why.", ("reason",)),
    "left_out": (
        "Records, or events in them, that their source's map leaves out, by which setting.",
        ("source", "reason"),
    ),
    "duplicates": ("Events whose id was seen before.", ()),
    "events_buffered": (
        "Events held back until the clock reached what was due before them.",
        (),
    ),
    "identity": ("Identifiers linked, customers merged, refused, split.", ("kind",)),
    "reference_versions": ("Versions of references taken, by kind.", ("kind",)),
    "reference_events": ("Customers told of a change of a reference.", ()),
    "references_rejected": ("Records of references that are none, by why.", ("reason",)),
    "playbooks_rejected": ("Records of versions of the playbook that are none.", ("reason",)),
    "rebalances": ("Times that the group gave or took partitions.", ()),
    "checkpoints_aborted": ("Transactions that were aborted and done again.", ()),
    "producer_inits": ("Transactional producers that were initialised.", ()),
}
SPREADS: Mapping[str, tuple[str, Callable[[WorkerStats], Histogram]]] = {
    "event_latency_seconds": (
        "From when the broker took an event to when what came of it could be read.",
        lambda totals: totals.latency,
    ),
    "detection_lag_seconds": (
        "From when a situation came about to when it could be read.",
        lambda totals: totals.detection,
    ),
    "checkpoint_seconds": ("How long a transaction took.", lambda totals: totals.checkpoint),
    "checkpoint_records": (
        "How many records it wrote.",
        lambda totals: totals.checkpoint_size,
    ),
}


class Seen(Protocol):
    """What can be seen of a line from outside."""

    @property
    def machine(self) -> Machine:
        """Its tasks, and how it stands with Kafka."""

    @property
    def restored(self) -> int:
        """How many contexts were read to restore partitions."""

    @property
    def aliases(self) -> int:
        """How many identifiers lead to another customer than their own."""

    @property
    def references(self) -> int:
        """How many references are known."""

    @property
    def playbook_version(self) -> int:
        """Which version of the playbook counts; 0 for that of the file."""

    @property
    def left_behind(self) -> int:
        """How many producers hang in calls that have not returned."""


def _seconds_since(then: Instant | None, now: Instant) -> float:
    return 0.0 if then is None else max(now - then, 0) / SECOND


GAUGES: Mapping[str, tuple[str, Callable[[Seen, Instant], float]]] = {
    "aliases": (
        "Identifiers that lead to another customer than their own.",
        lambda line, _: line.aliases,
    ),
    "references": ("References known, by kind and key.", lambda line, _: line.references),
    "playbook_version": (
        "Which version of the playbook counts; 0 is the file's.",
        lambda line, _: line.playbook_version,
    ),
    "kafka_up": (
        "1 if Kafka answers and takes checkpoints.",
        lambda line, _: float(line.machine.watch.away is None),
    ),
    "checkpoint_age_seconds": (
        "Since when the checkpoint in flight is open; 0 if none is.",
        lambda line, now: _seconds_since(line.machine.flown_at, now),
    ),
    "uncommitted_age_seconds": (
        "Since when the oldest work waits that is not committed; 0 if none does.",
        lambda line, now: _seconds_since(line.machine.uncommitted_since, now),
    ),
    "producers_left_behind": (
        "Producers in a call to Kafka that does not return.",
        lambda line, _: line.left_behind,
    ),
    "start_timestamp_seconds": (
        "When the worker began, in seconds since 1970.",
        lambda line, _: line.machine.started / SECOND,
    ),
}


class WorkerMetrics(Collector):
    """Reads the totals and the tasks of a worker at each scrape."""

    def __init__(self, totals: WorkerStats, line: Seen, now: Callable[[], Instant]) -> None:
        self._totals, self._line, self._now = totals, line, now

    def collect(self) -> Iterator[Metric]:
        """Yield everything that there is to see."""
        yield from self._counters()
        for name, (told, spread_of) in SPREADS.items():
            spread = spread_of(self._totals)
            yield HistogramMetricFamily(
                f"legato_{name}", told, buckets=spread.buckets(), sum_value=spread.sum
            )
        line, now = self._line, self._now()
        tasks = line.machine.tasks
        yield from _states(tasks)
        yield _lag(tasks)
        yield from _homes(tasks, now)
        restored = "Records of customer.contexts read to restore partitions."
        yield CounterMetricFamily("legato_restored_records", restored, value=line.restored)
        for name, (told, value_of) in GAUGES.items():
            yield GaugeMetricFamily(f"legato_{name}", told, value=value_of(line, now))

    def _counters(self) -> Iterator[Metric]:
        counts = dict(self._totals.counts)
        for name, (told, labels) in COUNTERS.items():
            family = CounterMetricFamily(f"legato_{name}", told, labels=labels)
            for what, count in counts.items():
                if what[0] == name:
                    family.add_metric(what[1:], count)
            if not labels and not family.samples:
                family.add_metric((), 0)
            yield family


def _states(tasks: tuple[Task, ...]) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "legato_tasks", "Tasks, each a group of partitions, by what they do.", labels=("state",)
    )
    for state in TaskState:
        count = sum(task.state is state for task in tasks)
        family.add_metric((state.name.lower(),), count)
    yield family


def _lag(tasks: tuple[Task, ...]) -> Metric:
    family = GaugeMetricFamily(
        "legato_lag_records", "Records not committed yet.", labels=("topic", "partition")
    )
    for task in tasks:
        for topic, number in dict(task.ends):
            family.add_metric((topic, str(number)), task.lag((topic, number)))
    return family


def _homes(tasks: tuple[Task, ...], now: Instant) -> Iterator[Metric]:
    delay = GaugeMetricFamily(
        "legato_watermark_delay_seconds",
        "How far a partition's clock is behind the time of day.",
        labels=("partition",),
    )
    followed = [
        (task, task.processor) for task in tasks if isinstance(task.processor, FollowProcessor)
    ]
    homes = [home for _, home in followed]
    for task, home in followed:
        if home.engine.clock > LONG_AGO:
            delay.add_metric((str(home.number),), (now - home.engine.clock) / SECOND)
        elif not home.job.layout.backfill:
            delay.add_metric((str(home.number),), (now - task.opened[0]) / SECOND)
    yield delay
    sizes: dict[str, tuple[str, int]] = {
        "contexts": ("Contexts held.", sum(len(home.engine) for home in homes)),
        "contexts_cached": (
            "Contexts kept decoded.",
            sum(len(home.engine.contexts) for home in homes),
        ),
        "timers_pending": (
            "Customers for whom something is due later.",
            sum(home.engine.timers for home in homes),
        ),
    }
    for name, (told, size) in sizes.items():
        yield GaugeMetricFamily(f"legato_{name}", told, value=size)
