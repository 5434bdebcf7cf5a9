"""What keeps runs finds what a definition without state finds, whatever comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Output, Retracted, Situation
from legato.core.values.time import LONG_AGO, Instant
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

Told = tuple[Instant, int | None]
Definition = Callable[[list[Json]], Iterator[Told]]
HALF_AN_HOUR = 30 * MINUTE


def dues(anchor: Json, before: Instant | None, spans: list[int]) -> Iterator[Told]:
    for n, span in enumerate(spans):
        if before is None or anchor["time"] + span <= before:
            yield anchor["time"] + span, n + 1 if len(spans) > 1 else None


def by_cart(definition: Definition) -> Definition:
    """Each cart by itself; what has none is about none, but a `c` without one is about all."""

    def of_all(log: list[Json]) -> Iterator[Told]:
        for key in {each["cart_id"] for each in log if "cart_id" in each}:
            speaks = [each.get("cart_id", key * (each["type"] == "x.c")) for each in log]
            pairs = zip(log, speaks, strict=True)
            yield from definition([event for event, of in pairs if of == key])

    return of_all


def absent(spans: list[int], *, restart: bool = True) -> Definition:
    """`a` came, and no `c` since."""

    def of_one(log: list[Json]) -> Iterator[Told]:
        for n, event in enumerate(log):
            if event["type"] != "x.a":
                continue
            earlier = log[:n]
            last = [each["type"] for each in earlier if each["type"] in ("x.a", "x.c")][-1:]
            if not restart and last == ["x.a"]:
                continue
            ends = [
                each["time"]
                for each in log[n + 1 :]
                if each["type"] == "x.c" or (restart and each["type"] == "x.a")
            ]
            own = spans or [event["data"]["v"] * HALF_AN_HOUR]
            yield from dues(event, min(ends, default=None), own)

    return of_one


def repeated(
    times: int, within: int, *, every: bool = False, distinct: bool = False
) -> Definition:
    """The count of `a` in (t - within, t] reaches `times`."""

    def count(events: list[Json]) -> int:
        return len({each["data"]["v"] for each in events}) if distinct else len(events)

    def of_all(log: list[Json]) -> Iterator[Told]:
        unused: list[Json] = []
        for event in [each for each in log if each["type"] == "x.a"]:
            before = [each for each in unused if each["time"] > event["time"] - within]
            unused.append(event)
            if count(before) < times <= count([*before, event]):
                yield event["time"], None
                if every:
                    unused = []

    return of_all


def attempt_of(steps: str, within: int) -> Callable[[list[Json]], int]:
    """At which event the steps are done that begin with the first; 0 if they are not."""

    def attempt(log: list[Json]) -> int:
        end = log[0]["time"] + within
        wanted, told = [f"x.{step}" for step in steps], ["x.c"]
        for n, event in enumerate(log):
            if event["type"] == wanted[0]:
                wanted.pop(0)
            elif event["type"] in told or n == 0 or event["time"] > end:
                return 0
            if event["time"] > end or not wanted:
                return n if event["time"] <= end else 0
        return 0

    return attempt


def followed(steps: str, within: int) -> Definition:
    """One letter after the other, without a `c` between."""
    attempt = attempt_of(steps, within)

    def of_all(log: list[Json]) -> Iterator[Told]:
        at = 0
        while at < len(log):
            done = attempt(log[at:])
            if done:
                yield log[at + done]["time"], None
            at += done + 1

    return of_all


def matched(once: int) -> Definition:
    """Each `a`, but not within `once` of the last."""

    def of_all(log: list[Json]) -> Iterator[Told]:
        last = -DAY * 1000
        for event in log:
            if event["type"] == "x.a" and event["time"] - last >= once:
                last = event["time"]
                yield last, None

    return of_all


def matched_by_value(log: list[Json]) -> Iterator[Told]:
    seen = set()
    for event in log:
        if event["type"] == "x.a" and event["data"]["v"] not in seen:
            seen.add(event["data"]["v"])
            yield event["time"], None


UNTIL = 'event.time + event.data.v * span("30m")'
FOR = 'event.data.v * span("30m")'
A_THEN_B = {"steps": ["x.a", "x.b"], "within": "1h"}
CASES: dict[str, tuple[dict[str, Any], Definition]] = {
    "absence": (
        {"absence": {"after": "x.a", "unless": "x.c", "for": "30m"}},
        absent([30 * MINUTE]),
    ),
    "absence in stages": (
        {"absence": {"after": "x.a", "unless": "x.c", "for": ["30m", "2h"]}},
        absent([30 * MINUTE, 2 * HOUR]),
    ),
    "absence from the first": (
        {"absence": {"after": "x.a", "unless": "x.c", "for": ["30m", "2h"], "restart": False}},
        absent([30 * MINUTE, 2 * HOUR], restart=False),
    ),
    "absence by cart": (
        {"absence": {"after": "x.a", "unless": "x.c", "for": "1h", "by": "event.cart_id"}},
        by_cart(absent([HOUR])),
    ),
    "absence until an instant": (
        {"absence": {"after": "x.a", "unless": "x.c", "until": UNTIL}},
        absent([]),
    ),
    "absence for so long as the first says": (
        {"absence": {"after": "x.a", "unless": "x.c", "for": FOR, "restart": False}},
        absent([], restart=False),
    ),
    "repeat": ({"repeat": {"of": "x.a", "times": 3, "within": "1h"}}, repeated(3, HOUR)),
    "repeat every": (
        {"repeat": {"of": "x.a", "times": 2, "within": "1h", "every": True}},
        repeated(2, HOUR, every=True),
    ),
    "repeat distinct": (
        {"repeat": {"of": "x.a", "times": 2, "within": "1h", "distinct": "event.data.v"}},
        repeated(2, HOUR, distinct=True),
    ),
    "repeat by cart": (
        {"repeat": {"of": "x.a", "times": 2, "within": "1h", "by": "event.cart_id"}},
        by_cart(repeated(2, HOUR)),
    ),
    "sequence": (
        {"sequence": {"steps": ["x.a", "x.b"], "within": "1h", "without": "x.c"}},
        followed("ab", HOUR),
    ),
    "sequence by cart": (
        {"sequence": {**A_THEN_B, "without": "x.c", "by": "event.cart_id"}},
        by_cart(followed("ab", HOUR)),
    ),
    "sequence of the same": (
        {"sequence": {"steps": ["x.a", "x.a", "x.b"], "within": "2h", "without": "x.c"}},
        followed("aab", 2 * HOUR),
    ),
    "match": ({"match": {"on": "x.a"}}, matched(0)),
    "match once": ({"match": {"on": ["x.a", "y.*"], "once": "1h"}}, matched(HOUR)),
    "match by cart": (
        {"match": {"on": "x.a", "once": "1h", "by": "event.cart_id"}},
        by_cart(matched(HOUR)),
    ),
    "match once a value": (
        {"match": {"on": "x.a", "once": "event.data.v"}},
        matched_by_value,
    ),
}
each_case = pytest.mark.parametrize(("written", "definition"), CASES.values(), ids=CASES)
pauses = st.sampled_from([0, 1, MINUTE, 29 * MINUTE, 30 * MINUTE, HOUR - 1, HOUR, 2 * HOUR])
things = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["x.a", "x.a", "x.a", "x.b", "x.c", "z.z"]),
        "data": st.fixed_dictionaries({"v": st.integers(1, 3)}),
        "customer_id": st.sampled_from(["ada", "ada", "bob"]),
    },
    optional={"cart_id": st.sampled_from(["k", "l"])},
)


@st.composite
def logs(draw: st.DrawFn) -> list[Json]:
    """What somebody does within a day, in order of time, then of ids."""
    log: list[Json] = []
    time = NOON
    for n, thing in enumerate(draw(st.lists(things, min_size=1, max_size=14))):
        time += draw(pauses)
        log.append({"id": f"e{n:02}", "time": time, "channel": "web", **thing})
    return [each for each in log if each["time"] < NOON + DAY]


def playbook_of(written: dict[str, Any]) -> Playbook:
    return read_playbook(msgspec.yaml.encode({"version": 1, "situations": {"found": written}}))


def left(outputs: list[Output]) -> Counter[Told]:
    """What was told and not retracted."""
    told: dict[str, Told] = {}
    for output in outputs:
        if isinstance(output, Situation):
            assert output.situation_id not in told, "told twice"
            told[output.situation_id] = output.time, output.stage
        elif isinstance(output, Retracted):
            del told[output.situation_id]
    return Counter(told.values())


def taken(line: Partition) -> list[Output]:
    outputs, line.outputs = line.outputs, []
    return outputs


@each_case
@given(log=logs())
@settings(deadline=None, max_examples=examples(40))
def test_in_order_it_is_what_the_definition_says(
    written: dict[str, Any], definition: Definition, log: list[Json]
) -> None:
    line = Partition(playbook_of(written), TODAY, continuous=True)
    for event in log:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
    line.advance(NOON + 9 * DAY)
    outputs = taken(line)
    assert not any(isinstance(each, Retracted) for each in outputs)
    assert left(outputs) == Counter(definition(log))
    line.advance(NOON + 900 * DAY)
    assert line.cache.get("ada", Context("ada")).runs == {}


@each_case
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(40))
def test_late_events_lead_to_the_same(
    written: dict[str, Any], definition: Definition, log: list[Json], data: st.DataObject
) -> None:
    line, clock = Partition(playbook_of(written), TODAY, continuous=False), LONG_AGO
    for event in data.draw(st.permutations(log)):
        lag = data.draw(st.sampled_from([0, MINUTE, HOUR, DAY]))
        clock = max(clock, event["time"] - lag)
        line.feed(event_of({**event, "customer_id": "ada"}), clock)
        if data.draw(st.booleans()) and "ada" in line.cache:
            line.cache["ada"] = line.dirty["ada"] = again(line.cache["ada"])
    line.advance(NOON + 9 * DAY)
    assert left(taken(line)) == Counter(definition(log))


def again(context: Context) -> Context:
    return read_context(write_context(context))


@each_case
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(40))
def test_merges_lead_to_the_same(
    written: dict[str, Any], definition: Definition, log: list[Json], data: st.DataObject
) -> None:
    playbook = playbook_of(written)
    line, clock = Partition(playbook, TODAY, continuous=False), LONG_AGO
    outputs: list[Output] = []
    meets = data.draw(st.integers(0, len(log)))
    for n, event in enumerate(data.draw(st.permutations(log))):
        if n >= meets:
            event = {**event, "customer_id": "ada"}
        if n == meets:
            join(playbook, line, max(clock, NOON))
        clock = max(clock, event["time"] - data.draw(st.sampled_from([0, MINUTE, HOUR])))
        line.feed(event_of(event), clock)
        outputs += taken(line)
    if meets == len(log):
        join(playbook, line, max(clock, NOON))
    line.advance(NOON + 9 * DAY)
    assert left([*outputs, *taken(line)]) == Counter(definition(log))


def join(playbook: Playbook, line: Partition, since: Instant) -> None:
    """Let bob turn out to be ada."""
    ada, bob = (
        line.cache.pop(name) if name in line.cache else Context(name) for name in ("ada", "bob")
    )
    line.timers.pop("bob", None)
    united, _ = merge(playbook, ada, bob, since)
    line.replace(united)
