"""Whoever asks whenever, however it is delivered: an address keeps its caps and refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from legato import read_playbook
from legato.core.events.event import Event
from legato.core.values.outputs import Action, Decision, Situation
from legato.core.values.time import DAY, NEVER
from tests.examples import examples
from tests.property.identity_town import Town
from tests.unit.core.stories import added, at, event

ADDRESSES = ("nora@x.org", "tom@x.org")
DEVICES = ("v-1", "v-2", "v-3")
PER = 7 * DAY
PLAYBOOK = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [1h, 4h]}}}
channels: {email: {address: [email]}}
actions: {mail: {situation: left, channel: email, purpose: promotion, content: x, expires: 1d}}
caps: {weekly: {most: 1, per: 7d, channel: email}}
"""
)
GUESTS = [(what, number, 0) for number in range(len(DEVICES)) for what in ("cart", "typed")]
"""All fill a cart, and type the same address."""
Step = tuple[str, int, int]
"""What happens, on which device, about which address."""
steps = st.lists(
    st.tuples(
        st.sampled_from(("cart", "typed", "refused", "bought", "login", "time", "deliver")),
        st.integers(0, len(DEVICES) - 1),
        st.integers(0, len(ADDRESSES) - 1),
    ),
    min_size=4,
    max_size=24,
)


def wish(minute: float, status: str, who: dict[str, str]) -> Event:
    word = [{"purpose": "promotion", "status": status}]
    return event(minute, "consent.updated", identifiers=who, customer_id="", consents=word)


def events_of(step: Step, minute: float) -> list[Event]:
    what, number, address = step
    here, there = {"anonymous_id": DEVICES[number]}, {"email": ADDRESSES[address]}
    match what:
        case "cart":
            return [added(minute, f"S{number}", identifiers=here, customer_id="")]
        case "typed":
            return [wish(minute, "granted", {**here, **there})]
        case "refused" | "told":
            return [wish(minute, "denied", {**(here if what == "told" else {}), **there})]
        case "bought":
            told = {"items": [{"sku": f"S{number}"}], "identifiers": there, "customer_id": ""}
            return [event(minute, "order.completed", **told)]
        case "login" | "signed":
            device = here if what == "login" else {}
            who = {"user_id": f"u-{address}", **device, **there}
            return [event(minute, "account.logged_in", identifiers=who, customer_id="")]
        case _:
            return []


def lived(story: list[Step], choose: Callable[[int], int], *, prompt: bool) -> Town:
    """Let it all happen, a quarter of an hour apart; `prompt` delivers all at once."""
    town = Town(homes=3, playbook=PLAYBOOK)
    for number, step in enumerate(story):
        minute = 15 * number
        town.wait_until(at(minute))
        for one in events_of(step, minute):
            town.enter(one, number % 2)
        if step[0] == "deliver" or prompt:
            town.run(choose)
        else:
            town.step(choose)
    for hour in range(12):
        town.run(choose)
        town.wait_until(at(15 * len(story) + 60 * hour))
    town.run(choose)
    return town


def actions(town: Town) -> list[Action]:
    standing = town.standing()
    found = [each for each in town.outputs if isinstance(each, Action)]
    assert len({each.action_id for each in found}) == len(found), "an action was told twice"
    return [each for each in found if each.action_id in standing]


@settings(max_examples=examples(100), deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_no_address_gets_more_than_its_cap_whoever_sends(
    story: list[Step], chance: Random
) -> None:
    guests = [step for step in (*GUESTS, *story) if step[0] != "login"]
    chance.shuffle(guests)
    town = lived([*GUESTS, *guests], chance.randrange, prompt=False)
    sent = Counter(each.address for each in actions(town))
    assert max(sent.values(), default=0) <= 1


@settings(max_examples=examples(50), deadline=None)
@given(st.randoms(use_true_random=False))
def test_whoever_comes_first_gets_it(chance: Random) -> None:
    town = lived(GUESTS, chance.randrange, prompt=False)
    assert [each.address for each in actions(town)] == [ADDRESSES[0]]


@settings(max_examples=examples(150), deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_each_situation_is_decided_once_and_nobody_waits_for_ever(
    story: list[Step], chance: Random
) -> None:
    town = lived([*GUESTS, *story], chance.randrange, prompt=False)
    found = [each for each in town.outputs if isinstance(each, Situation)]
    decided = Counter(each.situation_id for each in town.outputs if isinstance(each, Decision))
    assert decided == Counter(each.situation_id for each in found)
    for home in town.homes:
        for context in home.contexts.values():
            assert (context.asks, context.questions) == ((), ())


@settings(max_examples=examples(150), deadline=None)
@given(steps)
def test_what_an_address_refused_before_is_never_sent_to_it(story: list[Step]) -> None:
    """Whoever logs in with the address may grant it anew, so nobody does here."""
    told = [*GUESTS, *(step for step in story if step[0] != "login")]
    town = lived(told, lambda _: 0, prompt=True)
    refused = {
        ADDRESSES[address]: at(15 * number)
        for number, (what, _, address) in reversed([*enumerate(told)])
        if what == "refused"
    }
    for each in actions(town):
        assert each.time < refused.get(each.address, NEVER)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.sampled_from(("time", "deliver", "login")), min_size=4, max_size=12),
    st.randoms(use_true_random=False),
)
def test_whoever_turns_out_to_have_the_address_is_sent_what_they_asked_for(
    rest: list[str], chance: Random
) -> None:
    """The address may be asked before the login, and answer after it, as their own."""
    story = [*GUESTS[:2], *((what, 0, 0) for what in rest)]
    town = lived(story, chance.randrange, prompt=False)
    assert [(each.address, each.time) for each in actions(town)] == [(ADDRESSES[0], at(60))]


OFTEN = ("cart", "told", "signed")
claimed = st.lists(
    st.tuples(
        st.sampled_from(("refused", "bought", "time", *OFTEN, *OFTEN)),
        st.integers(0, len(DEVICES) - 1),
        st.sampled_from((0, 0, 1)),
    ),
    min_size=4,
    max_size=12,
)
"""What is said of addresses that somebody logs in with, on a device that says nothing."""


@settings(max_examples=examples(150), deadline=None)
@given(claimed, st.randoms(use_true_random=False))
def test_nor_is_what_anybody_refused_for_it_whoever_has_it_by_then(
    story: list[Step], chance: Random
) -> None:
    """What is due at the very instant of a refusal may have come before it."""
    guests = [step for step in GUESTS if step[0] == "typed"]
    told = [*guests, *story]
    town = lived(told, chance.randrange, prompt=True)
    refused = {
        ADDRESSES[address]: at(15 * number)
        for number, (what, _, address) in reversed([*enumerate(told)])
        if what in ("refused", "told")
    }
    for each in actions(town):
        assert each.time <= refused.get(each.address, NEVER)
