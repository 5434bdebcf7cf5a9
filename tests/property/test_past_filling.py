"""Warmed at any time, a context is as if all had been asked from the beginning."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.conditions.compile import Expression
from legato.core.context.context import Context
from legato.core.context.past import PastEntry, stores_of
from legato.core.identity.state import NO_IDENTITY
from legato.core.playbook.compile import read_playbook
from legato.core.values.time import Instant
from legato.harness import Harness
from legato.settings import IdentitySettings
from tests.property.core_lives import Json, event_of
from tests.property.test_conditions_past import CASES, ERROR, asking, value
from tests.property.warmed import LoggedHarness, warm
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

ADA, BOB, TABLET, COOKIE = (
    {"user_id": "ada"},
    {"user_id": "bob"},
    {"device_id": "t"},
    {"anonymous_id": "c"},
)
LOGINS = ({**ADA, **TABLET}, {**BOB, **TABLET}, {**ADA, **COOKIE})
IDENTITY = IdentitySettings(pepper="pepper")
PLAIN = read_playbook(b"version: 1\nsituations: {}")
TEXTS = [text for text in CASES if not text.startswith("last")]
each_text = pytest.mark.parametrize("text", TEXTS)
pauses = st.sampled_from([1, MINUTE, HOUR - 1, HOUR, 2 * HOUR, 9 * HOUR])
lateness = st.sampled_from([0, 0, 0, HOUR, DAY])
payloads = st.fixed_dictionaries(
    {"v": st.integers(1, 3)}, optional={"currency": st.sampled_from(["EUR", "CHF"])}
)


@st.composite
def lives(draw: st.DrawFn) -> list[Json]:
    """What two people and a visitor do, who they turn out to be, and what is heard late."""
    log: list[Json] = []
    time = NOON
    for n in range(draw(st.integers(1, 14))):
        time += draw(pauses)
        known: Mapping[str, str] = draw(st.sampled_from([ADA, BOB, TABLET, TABLET, COOKIE]))
        told: Json = {"type": draw(st.sampled_from(["x.a", "x.a", "x.b", "z.z"]))}
        late = draw(lateness)
        if draw(st.integers(0, 3)) == 0:
            known, late = draw(st.sampled_from(LOGINS)), 0
            told = {"type": "account.logged_in"}
        told |= {"id": f"e{n}", "time": time, "received": time + late, "identifiers": known}
        channel = draw(st.sampled_from(["web", "store"]))
        log.append({**told, "channel": channel, "data": draw(payloads)})
    return sorted(log, key=lambda each: each["received"])


def roots_of(contexts: Mapping[str, Context]) -> list[str]:
    return sorted(
        name
        for name, context in contexts.items()
        if not (context.identity or NO_IDENTITY).forward and context.seen
    )


def entries_of(context: Context, clock: Instant) -> dict[str, list[PastEntry]]:
    found = {
        name: [each for each in store.entries if each.time > clock - HOUR]
        for name, store in stores_of(context).items()
    }
    return {name: entries for name, entries in found.items() if entries}


def playbook_text(text: str) -> str:
    written = {
        "version": 1,
        "segments": {"keen": {"when": 'count("x.a", "1h") >= 2'}},
        "situations": {"found": {"match": {"on": "q.q", "once": text}}},
    }
    return msgspec.yaml.encode(written).decode()


@each_text
@given(log=lives(), data=st.data())
@settings(deadline=None, max_examples=30)
def test_warmed_at_any_time_it_is_as_if_it_had_been_asked_from_the_beginning(
    text: str, log: list[Json], data: st.DataObject
) -> None:
    playbook, expression = asking(text)
    first, later = Harness(playbook, IDENTITY), LoggedHarness(PLAIN, IDENTITY)
    published = data.draw(st.integers(0, len(log)))
    warmed = data.draw(st.integers(published, len(log)))
    for n in range(len(log) + 1):
        if n == published:
            later.publish(playbook_text(text), later.engine.clock + 1)
            later.wait_until(later.engine.clock + 1)
        if n >= warmed and (n == warmed or data.draw(st.booleans())):
            warm(later)
        if n >= warmed:
            same(first, later, expression)
        if n < len(log):
            first.feed(event_of(log[n]))
            later.feed(event_of(log[n]))
    same(first, later, expression)


def same(first: Harness, later: Harness, expression: Expression) -> None:
    """Know the same of all that still matters: what is older may be let go at any time."""
    clock = first.engine.clock
    assert roots_of(first.contexts) == roots_of(later.contexts)
    for name in roots_of(first.contexts):
        one, other = first.contexts[name], later.contexts[name]
        assert entries_of(one, clock) == entries_of(other, clock)
        for now in moments(clock):
            assert value(expression, one, now) == value(expression, other, now)


def moments(clock: Instant) -> tuple[Instant, ...]:
    return tuple(clock + each for each in (0, 1, HOUR, DAY, 2 * DAY))


@each_text
@given(log=lives(), data=st.data())
@settings(deadline=None, max_examples=30)
def test_of_a_log_that_was_cut_it_says_what_is_right_or_nothing(
    text: str, log: list[Json], data: st.DataObject
) -> None:
    playbook, expression = asking(text)
    first, later = Harness(playbook, IDENTITY), LoggedHarness(PLAIN, IDENTITY)
    first.feed(*map(event_of, log))
    later.feed(*map(event_of, log))
    later.publish(playbook_text(text), later.engine.clock + 1)
    later.wait_until(later.engine.clock + 1)
    since = NOON + data.draw(st.integers(0, 3 * 24)) * HOUR
    warm(later, since)
    for name in roots_of(first.contexts):
        one, other = first.contexts[name], later.contexts[name]
        for now in moments(first.engine.clock):
            right, told = value(expression, one, now), value(expression, other, now)
            assert told in (right, ERROR)
            assert told == right or text.startswith("since") or now - 2 * DAY < since
