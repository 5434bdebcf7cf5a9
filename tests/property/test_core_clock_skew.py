"""Whatever the clock does behind the events, the situations are those of brute force."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.values.outputs import Situation
from legato.core.values.time import LONG_AGO
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.examples import examples
from tests.property.core_lives import Json, event_of, lives, said_of
from tests.replay.brute_force import DAY, Finding, find_all
from tests.replay.told import KNOWN, as_finding
from tests.replay.wild_stories import WORLDS, logs

PLAYBOOK = default_playbook()


class Stored:
    """A partition whose contexts are bytes between any two events, as after a restore."""

    def __init__(self, *, continuous: bool) -> None:
        self.values: dict[str, bytes] = {}
        self.partition = Partition(PLAYBOOK, TODAY, self._find, continuous=continuous)

    def _find(self, customer_id: str) -> Context | None:
        value = self.values.get(customer_id)
        return None if value is None else read_context(value)

    def store(self) -> None:
        for customer_id, context in self.partition.dirty.items():
            self.values[customer_id] = write_context(context)
        self.partition.dirty.clear()
        self.partition.cache.clear()


def findings(partition: Partition) -> list[Finding]:
    found = [each for each in partition.outputs if isinstance(each, Situation)]
    return sorted(
        as_finding(to_builtins(x), ("loyalty_id", x.customer_id))
        for x in found
        if x.situation in KNOWN
    )


def owned(line: Json) -> Json:
    return {**line, "customer_id": line["identifiers"]["loyalty_id"]}


@pytest.mark.parametrize("continuous", [True, False])
@pytest.mark.parametrize("world", WORLDS)
@given(data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_a_clock_that_lags_behind_changes_nothing_that_is_found(
    world: str, continuous: bool, data: st.DataObject
) -> None:
    log = data.draw(logs(WORLDS[world]))
    until = max(event["time"] for event in log) + 4 * DAY
    line = Stored(continuous=continuous)
    clock = LONG_AGO
    for event in log:
        if data.draw(st.booleans()):
            clock = event["time"] - data.draw(st.sampled_from([0, 1, 60_000, DAY]))
        line.partition.feed(event_of(owned(event)), clock)
        line.store()
    line.partition.advance(until)
    assert findings(line.partition) == find_all(log, until)


@pytest.mark.parametrize("continuous", [True, False])
@given(lives(), st.data())
@settings(deadline=None)
def test_a_context_that_becomes_bytes_at_any_time_says_the_same(
    continuous: bool, log: list[Json], data: st.DataObject
) -> None:
    stored, live = Stored(continuous=continuous), Stored(continuous=continuous)
    for line in log:
        clock = line["time"] - data.draw(st.sampled_from([0, 0, 60_000, DAY]))
        stored.partition.feed(event_of(line), clock)
        live.partition.feed(event_of(line), clock)
        if data.draw(st.booleans()):
            stored.store()
    for each in (stored, live):
        each.partition.advance(log[-1]["time"] + 12 * DAY)
    assert stored.partition.outputs == live.partition.outputs
    stored.store()
    live.store()
    assert stored.values == live.values


@given(lives(), st.integers(0, 24))
@settings(deadline=None)
def test_a_restored_partition_goes_on_where_the_last_one_stopped(
    log: list[Json], cut: int
) -> None:
    before, whole = Stored(continuous=True), Stored(continuous=True)
    for line in log[:cut]:
        before.partition.feed(event_of(line), line["time"])
    before.store()
    after = Stored(continuous=True)
    after.values = before.values
    after.partition.clock = before.partition.clock
    for customer_id, value in before.values.items():
        after.partition.schedule(customer_id, read_context(value).next_due)
    for line in log[cut:]:
        after.partition.feed(event_of(line), line["time"])
    for line in log:
        whole.partition.feed(event_of(line), line["time"])
    said = before.partition.outputs + after.partition.outputs
    for who in ("ada", "bob", "cy"):
        assert said_of(who, said) == said_of(who, whole.partition.outputs)
