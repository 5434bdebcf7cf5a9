"""What operators see: counted once it is committed, and never by customer."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest

from legato.runtime.host.metrics import WorkerMetrics
from legato.runtime.machine.counts import CHANNELS, Counts, Histogram, WorkerStats
from legato.runtime.machine.task import Task
from legato.runtime.processors.follow import FollowProcessor
from tests.unit.runtime.home import NOON, TILL, batch, event, plan
from tests.unit.runtime.seen import Seen


def test_a_spread_adds_many_at_once() -> None:
    spread = Histogram((0.1, 1))
    spread.add(0.05, 3)
    spread.add(0.1)
    spread.add(7, 2)
    spread.add(-4)
    assert spread.buckets() == [("0.1", 5.0), ("1", 5.0), ("+Inf", 7.0)]
    assert round(spread.sum, 6) == 14.25


def test_a_source_cannot_invent_channels_without_end() -> None:
    totals, counts = WorkerStats(), Counts()
    counts.took("web", Counter({f"channel-{number}": 1 for number in range(CHANNELS + 30)}))
    totals.add(counts, NOON)
    assert totals.counts["events", "web", "other"] == 30


def test_a_scrape_tells_of_everything_that_was_committed() -> None:
    processor = FollowProcessor(plan(), 0)
    processor.open({})
    values = [
        event(1, "cart.item_added", NOON, sku="HAT"),
        event(2, "order.completed", NOON + 1),
        event(2, "order.completed", NOON + 1),
        None,
    ]
    processor.take(batch(TILL, values, [NOON + 2] * 4))
    totals = WorkerStats()
    totals.add(processor.checkpoint().counts, NOON + 102)
    totals.committed(records=3, seconds=0.02)
    task = Task((TILL,), 0, processor)
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(totals, Seen(task, restored=7), lambda: NOON + 102))
    told = generate_latest(registry).decode()
    for line in (
        'legato_events_total{channel="web",source="till"} 3.0',
        'legato_dead_letters_total{reason="empty"} 1.0',
        "legato_duplicates_total 1.0",
        'legato_event_latency_seconds_bucket{le="0.1"} 3.0',
        'legato_checkpoint_records_bucket{le="10"} 1.0',
        'legato_tasks{state="restoring"} 1.0',
        "legato_restored_records_total 7.0",
        "legato_contexts_cached 1.0",
    ):
        assert line in told
    assert "ada" not in told
