"""When time alone changes a condition is derived, and is as asking at every moment shows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from legato.core.conditions.compile import compile_condition
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.values.time import NEVER

NOW = 1_772_452_800_000
UNTIL = NOW + 60
EVENT = Event(
    id="1", type="made.up", channel="web", time=NOW, data=Raw(b'{"days": 2, "half": 0.5}')
)
SPANS = st.sampled_from(
    ["span('10ms')", "span('35ms')", "2 * span('7ms')", "event.data.half * span('11ms')"]
)
MOVED = st.builds("event.time {} {}".format, st.sampled_from("+-"), SPANS)
STILL = MOVED | st.just("event.time")
GOING = st.sampled_from(
    [
        "now",
        "now + span('5ms')",
        "now - span('5ms')",
        "span('5ms') + now",
        "now - event.data.half * span('3ms')",
    ]
)
COMPARED = st.sampled_from(["<", "<=", ">", ">="])
ONES = (
    st.builds("{} {} {}".format, GOING, COMPARED, STILL)
    | st.builds("{} {} {}".format, STILL, COMPARED, GOING)
    | st.builds("{} - event.time {} {}".format, GOING, COMPARED, SPANS)
    | st.builds("{} {} event.time - ({})".format, SPANS, COMPARED, GOING)
    | st.builds("event.time + span('50ms') - ({}) {} {}".format, GOING, COMPARED, SPANS)
    | st.sampled_from(["event.data.days > 1", "event.time - event.data.gone > now", "true"])
)
CONDITIONS = st.lists(ONES, min_size=1, max_size=3).map(" && ".join) | st.lists(
    ONES, min_size=1, max_size=3
).map(" || ".join)


@given(CONDITIONS)
def test_a_condition_turns_only_when_it_is_derived(text: str) -> None:
    condition = compile_condition(text)
    turns, at = {NOW}, NOW
    while (at := condition.next_turn(Scope(at, Context("ada"), EVENT)) or NEVER) < UNTIL:
        turns.add(at)
    asked = [condition.holds(Scope(each, Context("ada"), EVENT)) for each in range(NOW, UNTIL)]
    found = {NOW + place for place in range(1, len(asked)) if asked[place] != asked[place - 1]}
    assert found <= turns


@given(ONES)
def test_one_comparison_turns_at_each_of_them(text: str) -> None:
    condition = compile_condition(text)
    at = condition.next_turn(Scope(NOW - 100, Context("ada"), EVENT))
    assert at is not None
    if at != NEVER:
        before, then = (
            condition.holds(Scope(each, Context("ada"), EVENT)) for each in (at - 1, at)
        )
        assert before != then
