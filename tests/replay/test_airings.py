"""Airings between events: whose visit begins with which, by one partition or four alike."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from legato.core.context.context import Context
from legato.core.events.vocabulary import EXPOSED
from legato.core.values.time import HOUR, MINUTE
from legato.harness import Harness, default_playbook
from legato.replay import Entry, read_log, replay
from tests.examples import examples
from tests.replay.shards import Shards
from tests.unit.core.stories import NOON

Json = dict[str, Any]
Brought = list[tuple[str, int, int]]
"""Who, by the airing of which minute, and at which."""

PLAYBOOK = default_playbook()
PEOPLE, REGIONS = ("ada", "bob", "cid"), ("berlin", "hamburg")
minutes = st.integers(0, 90)


def aired(minute: int, region: str, window: int | None) -> Json:
    value = None if window is None else {"campaign": "spring", "window_s": window * 60}
    return {
        "reference": "airing",
        "key": region,
        "time": NOON + minute * MINUTE,
        "value": value,
    }


def seen(number: int, minute: int, known: Json, region: str | None) -> Json:
    event: Json = {"id": f"e{number}", "type": "page.viewed", "channel": "web"}
    place = {} if region is None else {"location": {"region": region}}
    return {**event, "time": NOON + minute * MINUTE, "identifiers": known, **place}


@st.composite
def logs(draw: st.DrawFn, known_by: tuple[str, ...] = ("user_id",)) -> list[Json]:
    """Airings and visits in order of time; of two at once the airing comes first."""
    told, lines = draw(st.lists(minutes, min_size=1, max_size=24)), []
    for number, minute in enumerate(sorted(told)):
        region = draw(st.sampled_from(REGIONS))
        if draw(st.booleans()):
            lines.append(aired(minute, region, draw(st.sampled_from([None, 1, 5, 20, 45]))))
            continue
        who, kind = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(known_by))
        place = draw(st.sampled_from([region, region, None]))
        if kind == "both":
            line = seen(number, minute, {"user_id": who, "anonymous_id": f"c-{who}"}, place)
            lines.append({**line, "type": "account.logged_in"})
        else:
            name = who if kind == "user_id" else f"c-{who}"
            lines.append(seen(number, minute, {kind: name}, place))
    return sorted(lines, key=lambda line: (line["time"], "id" in line))


def entries(lines: list[Json]) -> list[Entry]:
    return read_log(json.encode(line) for line in lines)


def expected(lines: list[Json]) -> Brought:
    """Go through all lines before each visit, as one would by hand."""
    told: Brought = []
    for at, line in enumerate(lines):
        if "id" not in line or "location" not in line:
            continue
        who, now = line["identifiers"]["user_id"], line["time"]
        airings = {
            each["time"]: each["value"]
            for each in lines[:at]
            if each.get("key") == line["location"]["region"]
        }
        start = max(airings, default=0)
        if (
            not airings
            or airings[start] is None
            or now >= start + airings[start]["window_s"] * 1000
        ):
            continue
        there = any(
            start - 30 * MINUTE < each["time"] < start
            for each in lines
            if each.get("identifiers") == line["identifiers"]
        )
        if not there and (who, start) not in [each[:2] for each in told]:
            told.append((who, start, now))
    return told


def touches_of(contexts: list[Context]) -> list[tuple[str, int, str, str]]:
    return sorted(
        (context.journey_id, touch.time, touch.type, touch.channel)
        for context in contexts
        for touch in context.timeline
    )


def kept_by(shards: Shards, harness: Harness) -> list[Context]:
    found = [engine.explain(name) for name in harness.contexts for engine in shards.engines]
    return [*{each.customer_id: each.context for each in found if each is not None}.values()]


@given(logs())
@settings(max_examples=examples(200), deadline=None)
def test_a_visit_begins_with_what_was_aired_before_it(lines: list[Json]) -> None:
    shards = Shards(PLAYBOOK, 1)
    shards.follow(entries(lines), NOON + 3 * HOUR)
    told = shards.touchpoints
    found = [
        (told[at + 1].customer_id, each.time, told[at + 1].time)
        for at, each in enumerate(told)
        if each.type == EXPOSED
    ]
    who = {
        each.customer_id: line["identifiers"]["user_id"]
        for each in told
        for line in lines
        if line.get("id") == each.event_id
    }
    assert [(who[name], start, now) for name, start, now in found] == expected(lines)


@given(logs(known_by=("user_id", "anonymous_id", "both")))
@settings(max_examples=examples(150), deadline=None)
def test_one_partition_and_four_keep_and_tell_the_same(lines: list[Json]) -> None:
    until = NOON + 3 * HOUR
    one, four, restored = (Shards(PLAYBOOK, partitions) for partitions in (1, 4, 4))
    one.follow(entries(lines), until)
    four.follow(entries(lines), until)
    for entry in entries(lines):
        restored.follow([entry], entry.at)
        restored.restore()
    harness = Harness(PLAYBOOK)
    list(replay(harness, entries(lines), until))
    kept = touches_of([*harness.contexts.values()])
    for shards in (one, four, restored):
        assert touches_of(kept_by(shards, harness)) == kept
    wanted = sorted(map(json.encode, one.touchpoints))
    assert sorted(map(json.encode, four.touchpoints)) == wanted
    assert sorted(map(json.encode, restored.touchpoints)) == wanted
