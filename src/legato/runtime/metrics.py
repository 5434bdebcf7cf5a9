"""What operators see of a worker, put together when they ask. No label names a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from legato.core.instant import LONG_AGO, Instant
from legato.runtime.home import Home
from legato.runtime.lane import Lane, State
from legato.runtime.totals import Spread, Totals

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "events": ("Events taken from sources.", ("source", "channel")),
    "situations": ("Situations found.", ("situation", "stage")),
    "decisions": ("Decisions taken, by the action that won.", ("action",)),
    "suppressed": ("Candidates that lost, by why.", ("reason",)),
    "actions": ("Actions sent.", ("channel",)),
    "revoked": ("Actions taken back.", ("channel",)),
    "revoked_too_late": ("Actions taken back after they were delivered.", ("channel",)),
    "dead_letters": ("Records that could not be followed, by why.", ("reason",)),
    "duplicates": ("Events whose id was seen before.", ()),
    "waited": ("Events that waited for the clock to reach what was due before them.", ()),
    "identity": ("Identifiers linked, customers merged, refused, split.", ("kind",)),
    "rebalances": ("Times that the group gave or took partitions.", ()),
    "checkpoints_refused": ("Transactions that were aborted and done again.", ()),
    "producers": ("Transactional producers taken into service.", ()),
}
SPREADS: Mapping[str, tuple[str, Callable[[Totals], Spread]]] = {
    "latency_seconds": (
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


class WorkerMetrics(Collector):
    """Reads the totals and the lanes of a worker at each scrape."""

    def __init__(
        self,
        totals: Totals,
        lanes: Callable[[], tuple[Lane, ...]],
        restored: Callable[[], int],
        now: Callable[[], Instant],
        aliases: Callable[[], int] = lambda: 0,
    ) -> None:
        self._totals, self._lanes, self._restored, self._now = totals, lanes, restored, now
        self._aliases = aliases

    def collect(self) -> Iterator[Metric]:
        """Yield everything that there is to see."""
        yield from self._counters()
        for name, (told, spread_of) in SPREADS.items():
            spread = spread_of(self._totals)
            yield HistogramMetricFamily(
                f"legato_{name}", told, buckets=spread.buckets(), sum_value=spread.sum
            )
        lanes = self._lanes()
        yield from _states(lanes)
        yield _lag(lanes)
        yield from _homes(lanes, self._now())
        restored = "Records of customer.contexts read to restore partitions."
        yield CounterMetricFamily("legato_restored_records", restored, value=self._restored())
        known = "Identifiers that lead to another customer than their own."
        yield GaugeMetricFamily("legato_aliases", known, value=self._aliases())

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


def _states(lanes: tuple[Lane, ...]) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "legato_lanes", "Groups of partitions, by what they do.", labels=("state",)
    )
    for state in State:
        count = sum(lane.state is state for lane in lanes)
        family.add_metric((state.name.lower(),), count)
    yield family


def _lag(lanes: tuple[Lane, ...]) -> Metric:
    family = GaugeMetricFamily(
        "legato_lag_records", "Records not worked on yet.", labels=("topic", "partition")
    )
    for lane in lanes:
        for (topic, number), end in dict(lane.ends).items():
            behind = max(end - lane.seen.get((topic, number), end), 0)
            family.add_metric((topic, str(number)), behind)
    return family


def _homes(lanes: tuple[Lane, ...], now: Instant) -> Iterator[Metric]:
    delay = GaugeMetricFamily(
        "legato_watermark_delay_seconds",
        "How far a partition's clock is behind the time of day.",
        labels=("partition",),
    )
    homes = [lane.room for lane in lanes if isinstance(lane.room, Home)]
    for home in homes:
        if home.partition.clock > LONG_AGO:
            delay.add_metric((str(home.number),), (now - home.partition.clock) / 1_000)
    yield delay
    sizes: dict[str, tuple[str, int]] = {
        "contexts": ("Contexts held.", sum(len(home.table) for home in homes)),
        "contexts_live": (
            "Contexts held decoded.",
            sum(len(home.partition.live) for home in homes),
        ),
        "timers_pending": (
            "Customers for whom something is due later.",
            sum(len(home.partition.posted) for home in homes),
        ),
    }
    for name, (told, size) in sizes.items():
        yield GaugeMetricFamily(f"legato_{name}", told, value=size)
