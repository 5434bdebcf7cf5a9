"""What operators see of `legato api`. No label names a customer or a key."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class ApiMetrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "legato_api_requests",
            "Requests answered, by route and status.",
            ["route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "legato_api_request_seconds",
            "How long requests took, by route.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.events = Counter(
            "legato_api_events",
            "Events that Kafka acknowledged, by source.",
            ["source"],
            registry=registry,
        )
        self.refused = Counter(
            "legato_api_events_refused",
            "Events that could not be read, so that their request was not taken.",
            ["source", "reason"],
            registry=registry,
        )
        self.forged = Counter(
            "legato_api_signatures_refused",
            "Webhooks whose signature was wrong, missing or too old.",
            ["source"],
            registry=registry,
        )
        self.streams = Gauge("legato_api_streams", "Streams that are open.", registry=registry)
        self.age = Gauge(
            "legato_api_view_age_seconds",
            "How long ago the Redis view was last up to date, as last asked.",
            registry=registry,
        )
        self.waiting = Gauge(
            "legato_api_queue_bytes",
            "Bytes on their way to Kafka that it has not acknowledged.",
            registry=registry,
        )
        self._counted: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request, and how long it took.

        What is counted into is looked up once: that costs more than to count.
        """
        counted = self._counted.get((route, status))
        if counted is None:
            found = self.requests.labels(route, str(status)), self.seconds.labels(route)
            counted = self._counted[route, status] = found
        counted[0].inc()
        counted[1].observe(seconds)
