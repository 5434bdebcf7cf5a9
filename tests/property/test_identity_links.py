"""In whatever order partitions hear of links, the same customers come of it."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from legato.core.context.cart_log import digest_of
from legato.core.events.event import Event
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import NO_IDENTITY
from legato.verification.union_find import UnionFind
from tests.examples import examples
from tests.property.identity_town import Town

NOON = 1_700_000_000_000
FREE = IdentityRules(limits={}, max_customers_per_identifier=1_000)
PERSONS = ("user_id", "loyalty_id", "email", "phone", "social_handle")
Identifier = tuple[str, str]

identifiers = st.tuples(st.sampled_from(PERSONS), st.integers(0, 3)).map(
    lambda drawn: (drawn[0], value_of(*drawn))
)
proofs = st.lists(identifiers, min_size=1, max_size=3, unique_by=lambda each: each[0]).map(dict)


def value_of(kind: str, number: int) -> str:
    match kind:
        case "email":
            return f"p{number}@example.org"
        case "phone":
            return f"+4930901820{number}"
        case _:
            return f"p{number}"


def seen(n: int, known: dict[str, str], kind: str = "page.viewed", **told: object) -> Event:
    event = {
        "id": f"e{n}",
        "type": kind,
        "channel": "web",
        "time": NOON + n,
        "identifiers": known,
        "authenticated": True,
        **told,
    }
    return json.decode(json.encode(event), type=Event)


def check(town: Town, events: list[Event], unions: UnionFind, names: set[str]) -> None:
    """See that clusters, names and counts are what they must be."""
    assert town.is_quiet()
    for name in names:
        assert town.root_of(name) == unions.root(name)
    assert town.counted() == sorted(digest_of(event.id) for event in events)
    assert len(town.customers()) == len({unions.root(name) for name in names})
    for door in town.doors:
        for name in names:
            where, hops = name, 0
            while (led := door._aliases.find(where)) is not None:
                where, hops = led, hops + 1
                assert hops < 10
            assert where == unions.root(name)


@given(st.lists(proofs, min_size=1, max_size=25), st.data())
@settings(deadline=None, max_examples=examples(300))
def test_clusters_are_those_of_a_union_find(
    told: list[dict[str, str]], data: st.DataObject
) -> None:
    town, unions, names = Town(rules=FREE), UnionFind(), set[str]()

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    events = [seen(n, known) for n, known in enumerate(told)]
    for event, known in zip(events, told, strict=True):
        own = [town.name_of(*each) for each in known.items()]
        names |= {*own}
        unions.join(own)
        town.enter(event, choose(len(town.doors)))
        for _ in range(choose(4)):
            town.step(choose)
        if not choose(8):
            town.homes[choose(3)].restore()
    town.run(choose)
    check(town, events, unions, names)


KINDS = (*PERSONS, "device_id", "anonymous_id")
anybody = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 3)),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[0],
).map(lambda drawn: {kind: value_of(kind, number) for kind, number in drawn})


@given(st.lists(anybody, min_size=1, max_size=25), st.sampled_from([2, 10]), st.data())
@settings(deadline=None, max_examples=examples(200))
def test_whatever_is_claimed_two_accounts_are_two_and_no_event_is_lost(
    told: list[dict[str, str]], most: int, data: st.DataObject
) -> None:
    town = Town(rules=IdentityRules(max_customers_per_identifier=most))

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    events = []
    for n, known in enumerate(told):
        events.append(seen(n, known, choose_kind(choose(3)), authenticated=choose(4) > 0))
        town.enter(events[-1], choose(2))
        for _ in range(choose(4)):
            town.step(choose)
        if not choose(8):
            town.homes[choose(3)].restore()
    town.run(choose)
    assert town.is_quiet()
    assert town.counted() == sorted(digest_of(event.id) for event in events)
    for known in told:
        for each in known.items():
            town.root_of(town.name_of(*each))
    for context in town.customers():
        kinds = [each.kind for each in (context.identity or NO_IDENTITY).members.values()]
        assert max(kinds.count("user_id"), kinds.count("loyalty_id")) <= 1


NUMBER = ("phone", value_of("phone", 0))
TABLET = ("device_id", "p0")
shared = st.integers(0, 3).flatmap(
    lambda n: st.sampled_from([[NUMBER], [TABLET], [NUMBER, TABLET]]).map(
        lambda others: dict([("user_id", f"p{n}"), *others])
    )
)
unnamed = st.just(dict([NUMBER, TABLET]))


@given(st.lists(st.one_of(shared, unnamed), min_size=6, max_size=14), st.data())
@settings(deadline=None, max_examples=examples(300))
def test_nobody_waits_for_ever_for_what_was_told_to_a_number_that_got_blocked(
    told: list[dict[str, str]], data: st.DataObject
) -> None:
    town = Town(rules=IdentityRules(max_customers_per_identifier=2))

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1)) if count > 1 else 0

    for n, known in enumerate(told):
        kind = choose_kind(choose(3))
        town.enter(seen(n, known, kind, authenticated=choose(4) > 0), choose(2))
        for _ in range(choose(4)):
            town.step(choose)
    town.run(choose)
    assert town.is_quiet()


def choose_kind(number: int) -> str:
    return ("page.viewed", "account.logged_in", "order.completed")[number]


@pytest.mark.parametrize("last_first", [False, True])
def test_a_chain_of_fifty_merges_ends_in_one(*, last_first: bool) -> None:
    town, unions = Town(homes=7, rules=FREE), UnionFind()
    links = [{"club": f"c{n}", "card": f"c{n + 1}"} for n in range(25)]
    links += [{"card": f"c{n}", "club": f"c{n}"} for n in range(1, 26)]
    events = [seen(n, known) for n, known in enumerate(links)]
    names = {town.name_of(*each) for known in links for each in known.items()}
    for event, known in zip(events, links, strict=True):
        unions.join([town.name_of(*each) for each in known.items()])
        town.enter(event, 0)
    town.run(lambda count: count - 1 if last_first else 0)
    assert len({unions.root(name) for name in names}) == 1
    check(town, events, unions, names)


def test_everybody_at_once_is_still_one() -> None:
    town, unions = Town(homes=5, rules=FREE), UnionFind()
    known = [("user_id", "u"), *(("email", f"p{n}@example.org") for n in range(30))]
    events = [
        seen(n, dict(pair))
        for n, pair in enumerate(combinations(known, 2))
        if pair[0][0] != pair[1][0]
    ]
    for event in events:
        unions.join([town.name_of(*each) for each in (event.identifiers or {}).items()])
        town.enter(event, 0)
    town.run(lambda count: count // 2)
    check(town, events, unions, {town.name_of(*each) for each in known})
