"""A partition tells its customers of what changed: in portions, and again what was undone."""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from legato.core.playbook.compile import read_playbook
from legato.core.situations.primitives import PRIMITIVES
from legato.runtime.host.reference_updates import apply_reference_updates
from legato.runtime.kafka.topic_layout import REFERENCES
from legato.runtime.machine.checkpoint import TaskCheckpoint
from legato.runtime.machine.counts import WorkerStats
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job
from tests.outside.tally import Tally
from tests.unit.core.stories import NOON
from tests.unit.runtime.home import EVENTS, TILL, WEB, batch, event, plan

PLAYBOOK = read_playbook(
    b"version: 1\nsituations: {price_changed: {tally: {of: reference.price, times: 1}}}",
    (*PRIMITIVES, Tally),
)


def telling() -> Job:
    """A job that reads references, with ada and four others who put a shoe into their cart."""
    job = plan(PLAYBOOK)
    return replace(job, layout=replace(job.layout, references=True))


def opened(job: Job, snapshots: dict[str, bytes] | None = None) -> FollowProcessor:
    processor = FollowProcessor(job, 0)
    processor.open(snapshots or {})
    return processor


def shoppers(processor: FollowProcessor, count: int = 5) -> None:
    for number in range(count):
        put_in = event(number, "cart.item_added", NOON, sku="SHOE")
        processor.take(batch(TILL, [put_in], [NOON], key=b"c%d" % number))


def price(job: Job, amount: int, at: int, known: int, stats: WorkerStats | None = None) -> None:
    value = json.encode({"time": at, "value": {"amount": amount}})
    apply_reference_updates(job, [(b"price/SHOE", value, known)], stats)


def follow(processor: FollowProcessor) -> tuple[list[str], TaskCheckpoint]:
    """Commit what is pending, let it come back by the log; say who was told, and in what."""
    part = processor.checkpoint()
    processor.on_committed()
    told = []
    for record in part.records:
        if record.topic == EVENTS[0] and record.value is not None:
            processor.take(batch(EVENTS, [record.value], [NOON], key=record.key))
            if record.key is not None:
                told.append(record.key.decode())
    return told, part


def test_a_change_is_told_in_portions_and_the_clock_waits() -> None:
    job = telling()
    processor = opened(job)
    assert processor.pass_references(NOON, 2_000) == 0
    shoppers(processor)
    follow(processor)
    price(job, 89, NOON + 1, NOON + 5)
    assert processor.pass_references(NOON + 10, 2) == 2
    assert follow(processor)[0] == ["c0", "c1"]
    assert processor.engine.passed[REFERENCES] == NOON
    assert processor.pass_references(NOON + 20, 2) == 2
    assert processor.pass_references(NOON + 30, 2) == 1
    assert follow(processor)[0] == ["c2", "c3", "c4"]
    assert processor.engine.passed[REFERENCES] == NOON + 10
    assert processor.pass_references(NOON + 40, 2) == 0
    assert follow(processor)[0] == []
    assert processor.engine.passed[REFERENCES] == NOON + 40


def test_the_clock_lies_behind_what_is_told() -> None:
    job = telling()
    processor = opened(job)
    processor.pass_references(NOON, 2_000)
    shoppers(processor, 1)
    follow(processor)
    price(job, 89, NOON + 1, NOON + 5)
    processor.pass_references(NOON + 10, 2_000)
    assert processor.engine.passed[REFERENCES] == NOON
    _, part = follow(processor)
    keys = [record.key for record in part.records if record.topic == EVENTS[0]]
    assert keys == [b"c0", None]


def test_what_was_undone_is_told_again_and_what_was_committed_is_not() -> None:
    job = telling()
    processor = opened(job)
    processor.pass_references(NOON, 2_000)
    shoppers(processor)
    _, first = follow(processor)
    _, clock = follow(processor)
    snapshots = {**first.snapshots, **clock.snapshots}
    price(job, 89, NOON + 1, NOON + 5)
    processor.pass_references(NOON + 10, 3)
    processor.rollback()
    assert processor.pass_references(NOON + 20, 2_000) == 5
    told, _ = follow(processor)
    assert told == ["c0", "c1", "c2", "c3", "c4"]
    _, third = follow(processor)
    before = opened(job, dict(snapshots))
    assert before.pass_references(NOON + 30, 2_000) == 5
    after = opened(job, {**snapshots, **third.snapshots})
    assert after.pass_references(NOON + 30, 2_000) == 0
    processor.pass_references(NOON + 30, 2_000)
    processor.checkpoint()
    processor.on_aborted()
    processor.rollback()
    assert processor.pass_references(NOON + 40, 2_000) == 0
    follow(processor)
    assert processor.engine.passed[REFERENCES] == NOON + 40


def test_what_is_there_when_a_partition_begins_is_the_past() -> None:
    job = telling()
    price(job, 89, NOON + 1, NOON + 5)
    processor = opened(job)
    shoppers(processor)
    assert processor.pass_references(NOON + 10, 2_000) == 0
    follow(processor)
    assert processor.engine.passed[REFERENCES] == NOON + 10


def test_a_line_without_references_has_no_such_clock() -> None:
    processor = opened(plan(PLAYBOOK))
    assert processor.pass_references(NOON, 2_000) == 0
    assert REFERENCES not in processor.engine.passed
    assert IdentifyProcessor(telling(), WEB).pass_references(NOON, 2_000) == 0


def test_what_is_no_reference_is_counted_and_passed_over() -> None:
    job, stats = telling(), WorkerStats()
    apply_reference_updates(job, [(b"price", b"{}", NOON), (None, None, NOON)], stats)
    price(job, 89, NOON, NOON, stats)
    assert stats.counts == {
        ("references_rejected", "bad_reference"): 2,
        ("reference_versions", "price"): 1,
    }
    assert len(job.references) == len(job.changes) == 1
