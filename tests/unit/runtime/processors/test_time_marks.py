"""Time marks: a source of history says how far it has come where nothing happened."""

from __future__ import annotations

import pytest
from msgspec import json
from msgspec.structs import replace

from legato.core.values.results import Unreadable
from legato.core.values.time import DAY, MINUTE, NEVER, Instant
from legato.runtime.machine.checkpoint import TaskCheckpoint
from legato.runtime.processors.follow import FollowProcessor
from legato.runtime.processors.identify import IdentifyProcessor
from legato.runtime.processors.job import Job
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.passed import mark_of, passed_by, passed_of
from legato.wire.source.reader import TIME_MARK, Reader
from legato.wire.source.source import Source
from tests.unit.runtime.home import EVENTS, NOON, TOPICS, WEB, batch, event, plan

CART = event(1, "cart.item_added", NOON, sku="HAT")
READ_AT = NOON + 365 * DAY


def identify(job: Job, *marks: Instant, values: int = 1) -> TaskCheckpoint:
    """Identify some carts, and the marks behind them."""
    processor = IdentifyProcessor(job, WEB)
    processor.open({})
    records = batch(WEB, [CART] * values + [None] * len(marks), [READ_AT] * 9, b"any")
    headers = [None] * values + [mark_of(mark) for mark in marks]
    processor.take(replace(records, headers=headers))
    return processor.checkpoint()


def clocks(part: TaskCheckpoint) -> list[Instant]:
    """How far time has come, as the log is told; nothing else may lie in it but carts."""
    assert not [each for each in part.records if each.topic == TOPICS.dead_letters]
    assert "left_out" not in {kind for kind, *_ in part.counts.counts}
    told = [json.decode(each.value or b"") for each in part.records if each.key is None]
    return [each["time"] for each in told]


@pytest.fixture
def beside_live() -> Job:
    return plan(clock="event_time")


@pytest.fixture
def history_alone(beside_live: Job) -> Job:
    layout = beside_live.layout
    untrusted = {"web": layout.untrusted["web"]}
    return replace(beside_live, layout=replace(layout, untrusted=untrusted))


def test_a_mark_moves_the_clock_behind_the_events_and_where_there_are_none(
    beside_live: Job,
) -> None:
    assert clocks(identify(beside_live)) == [NOON]
    assert clocks(identify(beside_live, NOON + DAY, NOON + MINUTE)) == [NOON + DAY]
    assert clocks(identify(beside_live, NOON + DAY, values=0)) == [NOON + DAY]


def test_the_last_mark_lets_time_pass_without_the_source(beside_live: Job) -> None:
    assert clocks(identify(beside_live, NEVER)) == [NEVER]


def test_where_all_is_history_the_clock_stays_at_its_end(history_alone: Job) -> None:
    assert history_alone.layout.backfill
    assert clocks(identify(history_alone, NOON + DAY, NEVER)) == [NOON + DAY]


def test_a_mark_lies_in_no_future() -> None:
    assert passed_by(mark_of(READ_AT + DAY), READ_AT) == READ_AT + 5 * MINUTE
    assert passed_by(mark_of(NEVER), READ_AT) == NEVER


@pytest.mark.parametrize("told", [b"", b"soon", b"-1", b"12", b"9" * 30, None])
def test_what_is_no_time_is_no_mark(told: bytes | None) -> None:
    assert passed_of([("legato.passed", told)]) is None


def test_a_live_or_trusted_source_knows_no_marks() -> None:
    mark = mark_of(NOON)
    for source, known in (
        (Source(name="h", topics=("h",), clock="event_time"), True),
        (Source(name="h", topics=("h",)), False),
        (Source(name="h", topics=("h",), clock="event_time", trust="customer_id"), False),
    ):
        reading = Reader(source, FileRegistry()).read(None, None, mark, NOON)
        assert (reading is TIME_MARK) == known
        assert known or isinstance(reading, Unreadable)


def test_how_long_ago_history_happened_is_no_latency(beside_live: Job) -> None:
    past, live = (json.decode(CART) | {"source": name} for name in ("web", "shop"))
    for told, counted in ((past, []), (live, [(1, 0)])):
        processor = FollowProcessor(beside_live, 0)
        processor.open({})
        processor.take(batch(EVENTS, [json.encode(told | {"customer_id": "ada"})], [READ_AT]))
        assert processor.checkpoint().counts.batches == counted
