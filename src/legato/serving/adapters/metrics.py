"""What operators see of an adapter. No label names a customer."""

from __future__ import annotations

from collections import Counter as Counts

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from legato.core.values.time import SECOND, Instant
from legato.serving.adapters.machine.delivery import DeliveryState
from legato.serving.adapters.machine.machine import DeliveryMachine

OPEN_STATES = tuple(state for state in DeliveryState if state is not DeliveryState.ENDED)
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class AdapterMetrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.registry = CollectorRegistry()
        self.actions = Counter(
            "legato_adapter_actions",
            "What became of actions.",
            ["adapter", "what"],
            registry=self.registry,
        )
        self.tries = Counter(
            "legato_adapter_tries",
            "Tries, by what they came to.",
            ["adapter", "answer"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "legato_adapter_try_seconds",
            "How long a try took.",
            ["adapter"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.letters = Counter(
            "legato_adapter_dead_letters",
            "Records that became dead letters.",
            ["adapter", "reason"],
            registry=self.registry,
        )
        self.errors = Counter(
            "legato_adapter_errors",
            "What Kafka or Redis refused, by the kind of error; each is tried again.",
            ["adapter", "reason"],
            registry=self.registry,
        )
        self._gauges = {
            "waiting": self._gauge("waiting_actions", "Actions that are open.", ["state"]),
            "held": self._gauge("held_actions", "Actions on `adapter.holds`.", []),
            "oldest": self._gauge(
                "oldest_due_seconds", "For how long the oldest action that is due has been.", []
            ),
            "lag": self._gauge("lag_records", "Records that are not done with.", []),
            "partitions": self._gauge("partitions", "Partitions that are ours.", []),
            "breaker": self._gauge("breaker_open", "1 while the provider is left alone.", []),
            "view": self._gauge("view_up", "1 while the view answers, or is not asked.", []),
        }

    def set(self, what: str, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._gauges[what].labels(self.name, *labels).set(value)

    def observe(self, machine: DeliveryMachine, now: Instant) -> None:
        """Set what the machine knows: what waits, for how long, and for whom."""
        states: Counts[DeliveryState] = Counts(OPEN_STATES)
        held, oldest = 0, now
        for partition in machine.partitions.values():
            for each in partition.deliveries.values():
                states[each.state] += 1
                held += each.spilled
                if each.state is DeliveryState.READY:
                    oldest = min(oldest, each.due)
        for state, count in states.items():
            self.set("waiting", count - 1, state.name.lower())
        self.set("held", held)
        self.set("oldest", (now - oldest) / SECOND)
        self.set("partitions", len(machine.partitions))
        self.set("breaker", machine.sending.breaker.is_open)
        self.set("view", not machine.sending.view.is_open)

    def _gauge(self, name: str, told: str, labels: list[str]) -> Gauge:
        known = f"legato_adapter_{name}"
        return Gauge(known, told, ["adapter", *labels], registry=self.registry)
