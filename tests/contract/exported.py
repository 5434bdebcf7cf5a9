"""Every metric of Legato as the processes export it: name -> type and labels."""

from __future__ import annotations

from prometheus_client import Metric
from prometheus_client.registry import Collector

from legato.runtime.host.metrics import WorkerMetrics
from legato.runtime.machine.counts import WorkerStats
from legato.serving.adapters.machine.ledger import DeliveryLimits
from legato.serving.adapters.machine.machine import DeliveryMachine
from legato.serving.adapters.metrics import AdapterMetrics
from legato.serving.api.metrics import ApiMetrics
from legato.serving.learning.metrics import LearnMetrics
from legato.serving.redis_view.metrics import ViewMetrics
from legato.shadow.metrics import ShadowMetrics
from tests.unit.runtime.seen import Seen

Shape = tuple[str, tuple[str, ...]]


def exported() -> dict[str, Shape]:
    """Ask each kind of process for all that it may ever show."""
    worker: Collector = WorkerMetrics(WorkerStats(), Seen(), lambda: 0)
    view = ViewMetrics()
    view.failed("ConnectionError")
    view.observe_lag({("topic", 0): 0})
    learn = LearnMetrics()
    learn.errors.labels("KafkaAway")
    shadow = ShadowMetrics()
    shadow.wrote(["decision"])
    shadow.observe_lag({0: 0})
    api = ApiMetrics()
    api.requests.labels("/v1/events", "202")
    api.seconds.labels("/v1/events")
    api.refused.labels("events", "bad_time")
    for counter in (api.events, api.forged):
        counter.labels("events")
    adapter = AdapterMetrics("email")
    adapter.observe(DeliveryMachine(DeliveryLimits()), 0)
    adapter.set("lag", 0)
    adapter.seconds.labels("email")
    adapter.actions.labels("email", "delivered")
    adapter.tries.labels("email", "delivered")
    for counter in (adapter.letters, adapter.errors):
        counter.labels("email", "adapter_failed")
    families = [
        *worker.collect(),
        *view.registry.collect(),
        *learn.registry.collect(),
        *shadow.registry.collect(),
        *api.registry.collect(),
        *adapter.registry.collect(),
    ]
    return {_name(family): (family.type, _labels(family)) for family in families}


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> tuple[str, ...]:
    declared: tuple[str, ...] = getattr(family, "_labelnames", ())
    used = dict.fromkeys(name for sample in family.samples for name in sample.labels)
    return declared or tuple(name for name in used if name != "le")
