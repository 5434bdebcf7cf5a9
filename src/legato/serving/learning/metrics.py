"""What operators see of `legato learn`. No label names a customer."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class LearnMetrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.tables = Counter(
            "legato_learn_tables", "Tables published.", registry=self.registry
        )
        self.errors = Counter(
            "legato_learn_errors",
            "Attempts that failed, by the kind of error; each is tried again.",
            ["reason"],
            registry=self.registry,
        )
        self.hour = Gauge(
            "legato_learn_hour_timestamp_seconds",
            "Up to when what became of actions is counted, in seconds since 1970.",
            registry=self.registry,
        )
        self.watched = Gauge(
            "legato_learn_actions_open",
            "Actions of which more may be heard.",
            registry=self.registry,
        )
        self.unreadable = Gauge(
            "legato_learn_unreadable_records",
            "Records that could not be read, and were passed over.",
            registry=self.registry,
        )
