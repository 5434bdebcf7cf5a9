"""What conditions ask of the past is what the log says, whatever came first, and in whom."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.conditions.compile import ConditionError, Expression
from legato.core.conditions.scope import Scope
from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.context.past import MOST_PAST, stores_of
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.situations.match import Match
from legato.core.values.time import LONG_AGO, Instant
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

Definition = Callable[[list[Json], Instant], object]
ERROR = "error"


def within(log: list[Json], kind: str, now: Instant, span: int = 400 * DAY) -> list[Json]:
    """The events of a span; of one instant, in the order of the hashes of their ids."""
    fits = [each for each in log if each["type"].startswith(kind)]
    fits.sort(key=lambda each: (each["time"], digest_of(each["id"])))
    fits = fits[-MOST_PAST:]
    return [each for each in fits if now - span < each["time"] <= now]


def last(log: list[Json], now: Instant) -> object:
    views = [each for each in within(log, "x.a", now) if each["data"]["v"] == 2]
    return views[-1]["time"] if views else ERROR


def gap(log: list[Json], now: Instant) -> object:
    times = [each["time"] for each in within(log, "x.a", now, DAY)]
    gaps = [times[n + 1] - times[n] for n in range(len(times) - 1)]
    return int(median(gaps)) if gaps else ERROR


def since(log: list[Json], now: Instant) -> object:
    found = within(log, "x.", now)
    return now - found[-1]["time"] if found else ERROR


def spent(currency: str) -> Definition:
    def of_all(log: list[Json], now: Instant) -> object:
        found = within(log, "x.b", now, 2 * DAY)
        told = [each["data"].get("currency", "") for each in found]
        fits = ("", currency) if {*told} <= {"", currency} else (currency,)
        return sum(
            each["data"]["v"]
            for each, named in zip(found, told, strict=True)
            if not currency or named in fits
        )

    return of_all


CASES: dict[str, Definition] = {
    'count("x.a", "1h")': lambda log, now: len(within(log, "x.a", now, HOUR)),
    'count("x.*", "3h", e, e.channel == "store")': lambda log, now: sum(
        each["channel"] == "store" for each in within(log, "x.", now, 3 * HOUR)
    ),
    'sum("x.b", "2d", e, e.data.v)': spent(""),
    'sum("x.b", "2d", e, e.data.v, "EUR")': spent("EUR"),
    'last("x.a", e, e.data.v == 2).time': last,
    'since(["x.a", "x.b"])': since,
    'median_gap("x.a", "1d")': gap,
    'in_segment("keen") ? 1 : 0': lambda log, now: int(len(within(log, "x.a", now, HOUR)) >= 2),
}
each_case = pytest.mark.parametrize(("text", "definition"), CASES.items(), ids=CASES)
pauses = st.sampled_from([0, 1, MINUTE, HOUR - 1, HOUR, 2 * HOUR, 4 * HOUR])
things = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["x.a", "x.a", "x.b", "z.z"]),
        "channel": st.sampled_from(["web", "store"]),
        "data": st.fixed_dictionaries(
            {"v": st.integers(1, 3)}, optional={"currency": st.sampled_from(["EUR", "CHF"])}
        ),
        "customer_id": st.sampled_from(["ada", "ada", "bob"]),
    }
)


@st.composite
def logs(draw: st.DrawFn) -> list[Json]:
    """What somebody does within a day, in order of time."""
    log: list[Json] = []
    time = NOON
    for n, thing in enumerate(draw(st.lists(things, min_size=1, max_size=12))):
        time += draw(pauses)
        log.append({"id": f"e{n:02}", "time": time, **thing})
    return [each for each in log if each["time"] < NOON + DAY]


def asking(text: str) -> tuple[Playbook, Expression]:
    """A playbook that asks this of the past, and what it asks."""
    written = {
        "version": 1,
        "segments": {"keen": {"when": 'count("x.a", "1h") >= 2'}},
        "situations": {"found": {"match": {"on": "q.q", "once": text}}},
    }
    playbook = read_playbook(msgspec.yaml.encode(written))
    (situation,) = playbook.situations
    assert isinstance(situation, Match) and situation.once is not None
    return playbook, situation.once


def value(expression: Expression, context: Context, now: Instant) -> object:
    try:
        return expression.value(Scope(now, context))
    except ConditionError:
        return ERROR


def again(context: Context) -> Context:
    return read_context(write_context(context))


@each_case
@given(log=logs(), later=st.sampled_from([0, 1, MINUTE, HOUR, DAY, 3 * DAY]))
@settings(deadline=None, max_examples=examples(60))
def test_after_each_event_it_is_what_the_log_says(
    text: str, definition: Definition, log: list[Json], later: int
) -> None:
    playbook, expression = asking(text)
    line = Partition(playbook, TODAY, continuous=True)
    for n, event in enumerate(log):
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
        now = event["time"] + later
        known = again(line.cache["ada"])
        assert value(expression, known, now) == definition(log[: n + 1], now)
    line.advance(NOON + 500 * DAY)
    assert not any(store.entries for store in stores_of(line.cache["ada"]).values())


@each_case
@given(log=logs(), data=st.data())
@settings(deadline=None, max_examples=examples(60))
def test_the_order_of_arrival_and_merges_do_not_matter(
    text: str, definition: Definition, log: list[Json], data: st.DataObject
) -> None:
    playbook, expression = asking(text)
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
    end = max(each["time"] for each in log)
    for now in {end, end + HOUR, *(each["time"] for each in log)}:
        known = again(line.cache["ada"])
        assert value(expression, known, now) == definition(log, now)


def join(playbook: Playbook, line: Partition, since: Instant) -> None:
    """Let bob turn out to be ada."""
    ada, bob = (
        line.cache.pop(name) if name in line.cache else Context(name) for name in ("ada", "bob")
    )
    line.timers.pop("bob", None)
    united, _ = merge(playbook, ada, bob, since)
    other, _ = merge(playbook, bob, ada, since)
    assert united.runs == other.runs
    line.replace(united)


@each_case
@given(log=logs(), begins=st.integers(0, 12))
@settings(deadline=None, max_examples=examples(60))
def test_what_a_playbook_needs_later_is_right_or_not_known(
    text: str, definition: Definition, log: list[Json], begins: int
) -> None:
    playbook, expression = asking(text)
    before = read_playbook(b"version: 1\nsituations: {}")
    line = Partition(before, TODAY, continuous=True)
    begins = min(begins, len(log))
    for event in log[:begins]:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
    images = {name: write_context(each) for name, each in line.cache.items()}
    line = Partition(
        playbook,
        TODAY,
        lambda name: read_context(images[name]) if name in images else None,
        continuous=True,
    )
    for event in log[begins:]:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
    end = max(each["time"] for each in log)
    for now in (end, end + HOUR, end + 3 * DAY):
        context = line.context_of("ada")
        told, said = value(expression, context, now), definition(log, now)
        if text.startswith(("last", "since")):
            assert told == definition(log[begins:], now)
        else:
            assert told in (said, ERROR)
            first = log[begins - 1]["time"] if begins else LONG_AGO
            assert told == said or now - first < 2 * DAY


def test_entries_of_which_nothing_is_read_are_small() -> None:
    playbook, _ = asking('count("x.a", "30d")')
    sizes: list[Any] = []
    for many in (1, 65):
        line = Partition(playbook, TODAY, continuous=True)
        for n in range(many):
            told = {"id": f"e{n}", "type": "x.a", "time": NOON + n, "channel": "web"}
            line.feed(event_of({**told, "customer_id": "ada", "data": {}}), NOON + n)
        sizes.append(len(msgspec.msgpack.encode(line.cache["ada"].runs)))
    assert sizes[1] - sizes[0] < 64 * 22
