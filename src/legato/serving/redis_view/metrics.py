"""What operators see of a view. No label names a customer."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from legato.serving.redis_view.batch import RecordBatch
from legato.serving.redis_view.places import Place
from legato.serving.redis_view.writer import WriteResult

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class ViewMetrics:
    """The metrics of one view, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.contexts = self._counter("contexts_written", "Contexts written to Redis.")
        self.stale = self._counter(
            "stale_skipped", "Contexts not written, since Redis had a newer revision."
        )
        self.coalesced = self._counter(
            "coalesced", "Contexts not written, since a newer one came in the same batch."
        )
        self.tombstones = self._counter("tombstones", "Customers erased from Redis.")
        self.identifiers = self._counter("index_entries", "Identifiers led to a customer.")
        self.decisions = self._counter("decisions_written", "Decisions written to Redis.")
        self.opened = self._counter("actions_opened", "Actions that are open from then on.")
        self.closed = self._counter(
            "actions_closed", "Actions closed before they expired, by what became of them."
        )
        self.unreadable = self._counter(
            "unreadable_records", "Records that could not be read, and were passed over."
        )
        self.rewinds = self._counter(
            "rewinds", "Partitions read again, since Redis had lost what was written."
        )
        self.errors = Counter(
            "legato_view_errors",
            "Attempts that failed, by the kind of error; each is tried again.",
            ["reason"],
            registry=self.registry,
        )
        self.lag = Gauge(
            "legato_view_lag_records",
            "Records that are not in Redis yet.",
            ["topic", "partition"],
            registry=self.registry,
        )
        self.age = Gauge(
            "legato_view_age_seconds",
            "How long ago the partition that is furthest behind was all in Redis.",
            registry=self.registry,
        )
        self.redis_up = Gauge(
            "legato_view_redis_up", "1 if Redis took the last batch.", registry=self.registry
        )
        self.write_seconds = Histogram(
            "legato_view_write_seconds",
            "Time that Redis took for a batch.",
            buckets=SECONDS,
            registry=self.registry,
        )

    def count(self, batch: RecordBatch, written: WriteResult) -> None:
        """Count what Redis took."""
        self.contexts.inc(written.contexts)
        self.stale.inc(written.stale)
        self.coalesced.inc(batch.contexts.superseded)
        self.tombstones.inc(written.erased)
        self.identifiers.inc(written.identifiers)
        self.decisions.inc(written.decisions)
        self.opened.inc(written.opened)
        self.closed.inc(written.closed)
        self.unreadable.inc(batch.unreadable)
        self.redis_up.set(1)

    def failed(self, reason: str) -> None:
        """Count an attempt that failed."""
        self.errors.labels(reason).inc()

    def observe_lag(self, lag: Mapping[Place, int]) -> None:
        """Show the lag of the partitions that are ours, and of no others."""
        self.lag.clear()
        for (topic, partition), records in lag.items():
            self.lag.labels(topic, str(partition)).set(records)

    def _counter(self, name: str, documentation: str) -> Counter:
        return Counter(f"legato_view_{name}", documentation, registry=self.registry)
