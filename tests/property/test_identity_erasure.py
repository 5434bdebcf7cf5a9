"""Whoever asks to be forgotten, by whatever name: nothing open is about them, or for them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from legato import read_playbook
from legato.core.context.context import ActionRecord, Context
from legato.core.events.event import Event
from legato.core.values.outputs import Decision, Situation
from legato.core.values.time import Instant
from tests.examples import examples
from tests.property.identity_lives import (
    KNOWS,
    PEOPLE,
    Json,
    bursts,
    firm,
    identifiers_of,
)
from tests.property.identity_town import Town
from tests.property.test_core_erasure import REQUESTED, WITHDRAWN, is_struck, stands
from tests.property.test_identity_addresses import ADDRESSES, DEVICES, wish
from tests.property.test_identity_lives import (
    bought_before_they_met,
    by_chance,
    in_order,
    standing,
    summary,
)
from tests.unit.core.stories import added, at, event

PLAYBOOK = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [1h, 4h]}}}
channels: {email: {address: [email]}}
actions: {mail: {situation: left, channel: email, purpose: service, content: x, expires: 1d}}
"""
)
Step = tuple[str, int, int]
"""What happens, on which device, about which address."""
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ("cart", "cart", "typed", "asked", "back", "login", "signed", "time", "deliver")
        ),
        st.integers(0, len(DEVICES) - 1),
        st.integers(0, len(ADDRESSES) - 1),
    ),
    min_size=4,
    max_size=20,
)
NAMES = ("user_id", "email", "anonymous_id")


def events_of(step: Step, minute: float) -> list[Event]:
    what, number, address = step
    here, there = {"anonymous_id": DEVICES[number]}, {"email": ADDRESSES[address]}
    user = {"user_id": f"u-{address}"}
    match what:
        case "cart":
            return [added(minute, f"S{number}", identifiers=here, customer_id="")]
        case "typed":
            return [wish(minute, "granted", {**here, **there})]
        case "asked" | "back":
            kind = REQUESTED if what == "asked" else WITHDRAWN
            who = (user, there, here)[number]
            return [event(minute, kind, "desk", identifiers=who, customer_id="")]
        case "login" | "signed":
            device = here if what == "login" else {}
            who = {**user, **device, **there}
            return [event(minute, "account.logged_in", identifiers=who, customer_id="")]
        case _:
            return []


def erasures(context: Context) -> list[tuple[Instant, bool]]:
    return [(each.time, each.asked) for each in context.erasures]


def open_actions(town: Town, now: Instant) -> list[tuple[Context, ActionRecord]]:
    return [
        (context, taken)
        for context in town.customers()
        for taken in context.actions
        if stands(taken, now)
    ]


def holds(town: Town, now: Instant) -> None:
    """Neither who gets it nor whose address it is had asked by then, or did since."""
    for context, taken in open_actions(town, now):
        owner = town.slot(town.root_of(town.name_of("email", taken.address)))
        for words in (erasures(context), erasures(owner)):
            assert not is_struck(words, taken.decided, taken.expires)


def lived(story: list[Step], choose: Callable[[int], int], *, prompt: bool) -> Town:
    """Let it all happen, 20 minutes apart; `prompt` delivers all at once."""
    town = Town(homes=3, playbook=PLAYBOOK)
    for number, step in enumerate(story):
        minute = 20 * number
        town.wait_until(at(minute))
        town.run(choose) if prompt else town.step(choose)
        for one in events_of(step, minute):
            town.enter(one, number % 2)
        if prompt or step[0] == "deliver":
            town.run(choose)
        if prompt:
            holds(town, at(minute))
    town.run(choose)
    return town


GUESTS = [("typed", number, 0) for number in range(len(DEVICES))]


@settings(max_examples=examples(120), deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_no_open_action_is_about_or_for_who_is_to_be_forgotten(
    story: list[Step], chance: Random
) -> None:
    lived([*GUESTS, *story], chance.randrange, prompt=True)


@settings(max_examples=examples(120), deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_so_it_is_in_the_end_however_it_was_delivered(
    story: list[Step], chance: Random
) -> None:
    told = [*GUESTS, *story]
    town = lived(told, chance.randrange, prompt=False)
    holds(town, at(20 * len(told)))
    for hour in range(12):
        town.wait_until(at(20 * len(told) + 60 * hour))
        town.run(chance.randrange)
        holds(town, at(20 * len(told) + 60 * hour))
    found = {each.situation_id for each in town.outputs if isinstance(each, Situation)}
    decided = [each.situation_id for each in town.outputs if isinstance(each, Decision)]
    assert sorted(found) == sorted(decided), "each is decided once"


@st.composite
def asked_once(draw: st.DrawFn) -> list[list[Json]]:
    """Lives in which somebody asks to be forgotten, in whichever channel's words."""
    told = draw(bursts().map(firm))
    person, channel = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from([*KNOWS]))
    burst = draw(st.sampled_from(told))
    known = identifiers_of(person, KNOWS[channel])
    time = burst[-1]["time"] + 1_000
    word = {"id": "word", "time": time, "type": REQUESTED, "channel": channel}
    burst.append({**word, "identifiers": known})
    return told


@given(asked_once(), st.data())
@settings(deadline=None, max_examples=examples(100))
def test_no_order_of_arrival_makes_another_customer_or_another_action(
    told: list[list[Json]], data: st.DataObject
) -> None:
    contexts, actions = in_order(told)
    town = by_chance(told, data)
    assert summary(town.customers()) == contexts
    if not bought_before_they_met(told, town.outputs):
        assert standing(town.outputs) == actions
