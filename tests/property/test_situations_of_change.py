"""A change tells each turn of its value in order, and ends at what the whole log says."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.situations.change import change_runs
from legato.core.values.outputs import Situation
from legato.core.values.time import LONG_AGO, Instant
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.test_conditions_past import again, join, logs, within
from tests.replay.brute_force import DAY, HOUR
from tests.replay.wild_stories import NOON

Definition = Callable[[list[Json], Instant], object]
UNKNOWN = "unknown"


def quiet(log: list[Json], now: Instant) -> object:
    found = within(log, "x.a", now)
    return now - found[-1]["time"] > 2 * HOUR if found else UNKNOWN


def newest(log: list[Json], now: Instant) -> object:
    found = within(log, "x.b", now)
    return found[-1]["data"]["v"] if found else UNKNOWN


def keen(log: list[Json], now: Instant) -> bool:
    return len(within(log, "x.a", now, HOUR)) >= 2


CASES: dict[str, Definition] = {
    'count("x.a", "1h") >= 2': keen,
    'in_segment("keen")': keen,
    'sum("x.b", "3h", e, e.data.v)': lambda log, now: sum(
        each["data"]["v"] for each in within(log, "x.b", now, 3 * HOUR)
    ),
    'since("x.a") > span("2h")': quiet,
    'last("x.b").data.v': newest,
    'in_segment("keen") || since("x.a") > span("2h")': lambda log, now: (
        True if keen(log, now) else quiet(log, now)
    ),
}
each_case = pytest.mark.parametrize(("text", "definition"), CASES.items(), ids=CASES)


def watching(text: str) -> Playbook:
    written = {
        "version": 1,
        "segments": {"keen": {"when": 'count("x.a", "1h") >= 2'}},
        "situations": {"turned": {"change": {"of": text}}},
    }
    return read_playbook(msgspec.yaml.encode(written))


def looks(log: list[Json], woken: str) -> list[tuple[Instant, int]]:
    """When something may have changed, and how many events were followed by then.

    The first is just before the first event that may change it; a span runs out before events
    of its instant.
    """
    first = next((n for n, event in enumerate(log) if event["type"] == woken), len(log))
    events = [(event["time"], n + 1) for n, event in enumerate(log)][first:]
    ends = {e["time"] + span for e in log for span in (HOUR, 2 * HOUR + 1, 3 * HOUR)}
    told = [(end, sum(event["time"] < end for event in log)) for end in ends]
    began = [(time, n - 1) for time, n in events[:1]]
    told = [(end, n) for end, n in told if began and (end, n) >= began[0]]
    return sorted([*began, *told, *events])


def turns(definition: Definition, log: list[Json], woken: str) -> list[tuple[Instant, object]]:
    """Each value that is another than the one before."""
    known: object = UNKNOWN
    told: list[tuple[Instant, object]] = []
    for now, count in looks(log, woken):
        value = definition(log[:count], now)
        if value != UNKNOWN:
            if known not in (UNKNOWN, value):
                told.append((now, value))
            known = value
    return told


@each_case
@given(log=logs())
@settings(deadline=None, max_examples=examples(80))
def test_in_order_each_turn_is_told(text: str, definition: Definition, log: list[Json]) -> None:
    line = Partition(watching(text), TODAY, continuous=True)
    for event in log:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
        line.cache["ada"] = line.dirty["ada"] = again(line.cache["ada"])
    line.advance(NOON + 9 * DAY)
    told = [each for each in line.outputs if isinstance(each, Situation)]
    expected = turns(definition, log, "x.b" if '"x.b"' in text else "x.a")
    assert [(each.time, each.evidence["value"]) for each in told] == expected


@each_case
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(80))
def test_late_events_and_merges_end_at_the_same_value(
    text: str, definition: Definition, log: list[Json], data: st.DataObject
) -> None:
    playbook = watching(text)
    line, clock = Partition(playbook, TODAY, continuous=False), LONG_AGO
    meets = data.draw(st.integers(0, len(log)))
    for n, event in enumerate(data.draw(st.permutations(log))):
        if n >= meets:
            event = {**event, "customer_id": "ada"}
        if n == meets:
            join(playbook, line, max(clock, NOON))
        clock = max(clock, event["time"] - data.draw(st.sampled_from([0, HOUR, DAY])))
        line.feed(event_of(event), clock)
    if meets == len(log):
        join(playbook, line, max(clock, NOON))
    end = NOON + data.draw(st.integers(24, 48)) * HOUR
    line.advance(end)
    runs = change_runs(line.cache.get("ada", Context("ada")))
    value = definition(log, end)
    for run in runs.values():
        assert value == UNKNOWN or run.known == [value]
    told = [each.situation_id for each in line.outputs if isinstance(each, Situation)]
    assert len({*told}) == len(told)
