"""A replay repeats, customers do not touch each other, how they interleave is no matter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from legato.core.engine import LogBatch
from legato.core.line.watermark import Watermark
from legato.core.values.outputs import Output
from legato.harness import Harness, default_playbook
from legato.replay import read_log, replay
from tests.property.core_lives import CUSTOMERS, Json, event_of, lives, said_of, tangled
from tests.replay.brute_force import DAY

PLAYBOOK = default_playbook()


def replayed(lines: list[bytes], until: int) -> list[bytes]:
    return list(replay(Harness(PLAYBOOK), read_log(lines), until))


def end_of(log: list[Json]) -> int:
    return max(int(event["time"]) for event in log) + 12 * DAY


def outputs(log: list[Json], until: int) -> list[Output]:
    return Harness(PLAYBOOK).feed(*map(event_of, log)).wait_until(until).outputs


def identified(log: list[Json]) -> list[bytes]:
    return [
        json.encode({"identifiers": {"loyalty_id": line["customer_id"]}, **line})
        for line in log
    ]


@given(lives())
@settings(deadline=None)
def test_a_replay_repeats(log: list[Json]) -> None:
    lines = identified(log)
    assert replayed(lines, end_of(log)) == replayed(lines, end_of(log))


@given(lives(), st.data())
@settings(deadline=None)
def test_a_file_may_be_in_any_order_where_times_differ(
    log: list[Json], data: st.DataObject
) -> None:
    apart = [{**event, "time": event["time"] + n} for n, event in enumerate(log)]
    mixed = data.draw(st.permutations(identified(apart)))
    said, expected = (
        [line for line in replayed(lines, end_of(apart)) if b'"dead_letter"' not in line]
        for lines in (mixed, identified(apart))
    )
    assert said == expected


@given(lives())
@settings(deadline=None)
def test_customers_do_not_touch_each_other(log: list[Json]) -> None:
    together = outputs(log, end_of(log))
    for who in CUSTOMERS:
        own = [event for event in log if event["customer_id"] == who]
        assert said_of(who, together) == said_of(who, outputs(own, end_of(log)))


@given(tangled())
@settings(deadline=None)
def test_how_the_logs_of_customers_interleave_is_no_matter(
    logs: tuple[list[Json], list[Json]],
) -> None:
    """Each customer is a source, whose slowest holds the clock back."""
    log, mixed = logs
    harness, clock = Harness(PLAYBOOK), Watermark(CUSTOMERS)
    for line in mixed:
        now = clock.advance(line["customer_id"], line["time"])
        harness.outputs += harness.engine.process(LogBatch([event_of(line)], [now])).outputs
    harness.wait_until(end_of(log))
    expected = outputs(log, end_of(log))
    for who in CUSTOMERS:
        assert said_of(who, harness.outputs) == said_of(who, expected)


@given(lives(), st.integers(0, 25))
@settings(deadline=None)
def test_ids_are_unique_however_much_happens(log: list[Json], _: int) -> None:
    said = outputs(log, end_of(log))
    names = [getattr(each, "situation_id", "") for each in said if not _is_decision(each)]
    found = [name for name in names if name]
    assert len(found) == len(set(found))
    actions = [each.action_id for each in Harness(PLAYBOOK).feed(*map(event_of, log)).actions]
    assert len(actions) == len(set(actions))


def _is_decision(output: Output) -> bool:
    return hasattr(output, "decision_id")
