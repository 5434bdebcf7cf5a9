"""What operators see of a shadow. No label names a customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class ShadowMetrics:
    """The metrics of one shadow, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "legato_shadow_events", "Events followed by a shadow.", registry=self.registry
        )
        self.said = Counter(
            "legato_shadow_said",
            "What a shadow wrote to shadow.decisions.",
            ["what"],
            registry=self.registry,
        )
        self.lag = Gauge(
            "legato_shadow_lag_records",
            "Records of customer.events that a shadow has not followed yet.",
            ["partition"],
            registry=self.registry,
        )

    def wrote(self, kinds: Iterable[str]) -> None:
        """Count what was written."""
        for kind in kinds:
            self.said.labels(kind).inc()

    def observe_lag(self, lag: Mapping[int, int]) -> None:
        """Show how far each partition is behind."""
        for partition, records in lag.items():
            self.lag.labels(str(partition)).set(records)
