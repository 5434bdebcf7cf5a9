"""A pepper is replaced in the middle of a life: customers stay who they are, by newer names."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.identity.resolver import Resolver
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import NO_IDENTITY
from legato.verification.union_find import UnionFind
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.identity_town import PRIORITY, Choose, Town
from tests.property.test_core_merge import known as known_of
from tests.property.test_identity_contexts import (
    APP,
    in_one,
    lives,
    settled_facts,
    tablet,
)
from tests.property.test_identity_links import (
    FREE,
    Identifier,
    anybody,
    choose_kind,
    proofs,
    seen,
)
from tests.replay.wild_stories import NOON

PEPPERS = ("pepper", "paprika", "chili")
Known = dict[str, str]


def under(key: int, *formers: int) -> Identify:
    """Name identifiers under one pepper, and know those that it replaced."""
    told = {former: PEPPERS[former] for former in formers}
    return Identify(PEPPERS[key], PRIORITY, key_id=key, formers=told)


ALONE = [under(0), under(1), under(2)]
ROTATION = [under(1, 0), under(2, 0, 1)]


def chooser(data: st.DataObject) -> Choose:
    return lambda count: data.draw(st.integers(0, count - 1)) if count > 1 else 0


def enter(town: Town, event: Event, choose: Choose) -> None:
    """Let an event in, deliver a little, and now and then let a home start anew."""
    town.enter(event, choose(len(town.doors)))
    for _ in range(choose(4)):
        town.step(choose)
    if not choose(8):
        town.homes[choose(3)].restore()


def names_of(each: Identifier) -> list[str]:
    """All names that an identifier ever had, the newest first."""
    return [identify.name_of(*each) for identify in reversed(ALONE)]


def roots(town: Town, each: Identifier, keys: set[int]) -> set[str]:
    """To whom the names of an identifier lead under which it was seen."""
    return {town.root_of(ALONE[key].name_of(*each)) for key in keys}


turns = st.lists(st.integers(0, 25), min_size=1, max_size=2).map(sorted)


@given(st.lists(proofs, min_size=2, max_size=20), turns, st.data())
@settings(deadline=None, max_examples=examples(200))
def test_customers_are_those_of_a_union_find_whenever_peppers_change(
    told: list[Known], turns: list[int], data: st.DataObject
) -> None:
    town, unions, choose = Town(rules=FREE), UnionFind(), chooser(data)
    under_keys: dict[Identifier, set[int]] = defaultdict(set)
    events = [seen(n, known) for n, known in enumerate(told)]
    for n, event in enumerate(events):
        for _ in range(turns.count(n)):
            town.rotate(ROTATION[0] if town.identify.formers == () else ROTATION[1])
        key = len([turn for turn in turns if turn <= n])
        for each in told[n].items():
            under_keys[each] |= {key, *range(key)} if key else {0}
        unions.join([":".join(each) for each in told[n].items()])
        enter(town, event, choose)
    town.run(choose)
    assert town.is_quiet()
    assert town.counted() == sorted(digest_of(event.id) for event in events)
    customers: dict[str, set[str]] = defaultdict(set)
    for each, keys in under_keys.items():
        leads = roots(town, each, keys)
        assert len(leads) == 1
        customers[unions.root(":".join(each))] |= leads
    assert all(len(names) == 1 for names in customers.values())
    assert len(town.customers()) == len(customers)
    for each, keys in under_keys.items():
        assert customers[unions.root(":".join(each))] == roots(town, each, {max(keys)})
    best = best_names(under_keys, unions)
    assert {cluster: {name} for cluster, name in best.items()} == customers


def best_names(under_keys: dict[Identifier, set[int]], unions: UnionFind) -> dict[str, str]:
    """By which name each customer must be called."""
    names: dict[str, list[str]] = defaultdict(list)
    for each, keys in under_keys.items():
        names[unions.root(":".join(each))] += [ALONE[key].name_of(*each) for key in keys]
    return {cluster: min(found) for cluster, found in names.items()}


@given(st.lists(anybody, min_size=1, max_size=20), turns, st.data())
@settings(deadline=None, max_examples=examples(200))
def test_no_change_of_peppers_makes_two_accounts_one_or_loses_an_event(
    told: list[Known], turns: list[int], data: st.DataObject
) -> None:
    town, choose = Town(rules=IdentityRules(phone_region="DE")), chooser(data)
    events: list[Event] = []
    steps = iter([*ROTATION, under(2)])
    for n, known in enumerate(told):
        for _ in range(turns.count(n)):
            town.rotate(next(steps))
        kind, proven = choose_kind(choose(3)), choose(4) > 0
        events.append(seen(n, known, kind, authenticated=proven))
        enter(town, events[-1], choose)
    town.run(choose)
    assert town.is_quiet()
    assert town.counted() == sorted(digest_of(event.id) for event in events)
    accounts = values_of(told)
    for context in town.customers():
        names = {context.customer_id, *(context.identity or NO_IDENTITY).members}
        found = [accounts[name] for name in names if name in accounts]
        for kind in ("user_id", "loyalty_id"):
            assert len({value for each, value in found if each == kind}) <= 1


def values_of(told: list[Known]) -> dict[str, Identifier]:
    """Tell the identifier of each name."""
    return {name: each for known in told for each in known.items() for name in names_of(each)}


@given(tablet, turns, st.data())
@settings(deadline=None, max_examples=examples(200))
def test_a_tablet_passes_nothing_on_though_its_name_changes(
    story: list[tuple[str | None, int]], turns: list[int], data: st.DataObject
) -> None:
    town, choose, steps = Town(doors=1), chooser(data), iter(ROTATION)
    time, owner = NOON, ""
    mine: dict[str, set[bytes]] = defaultdict(set)
    for n, (who, pause) in enumerate(story):
        for _ in range(turns.count(n)):
            town.run(choose)
            town.rotate(next(steps))
        time += pause
        event: Json = {"id": f"e{n}", "channel": "web", "time": time, "data": {}}
        if who is not None:
            owner = who
            event |= {"type": "account.logged_in", "identifiers": {"user_id": who, **APP}}
        else:
            event |= {"type": "page.viewed", "identifiers": APP}
        mine[owner].add(digest_of(event["id"]))
        enter(town, event_of(event), choose)
    town.run(choose)
    assert town.is_quiet()
    first = next((who for who, _ in story if who), "")
    mine[first] |= mine.pop("", set())
    last = max((n for n, _ in enumerate(story)), default=0)
    key = len([turn for turn in turns if turn <= last])
    assert town.root_of(ALONE[key].name_of("device_id", "d")) == (
        account(town, owner) if owner else ALONE[key].name_of("device_id", "d")
    )
    for who, events in mine.items():
        if who:
            context = town.slot(account(town, who))
            assert known_of(context)["seen"] == events
            assert may_reach(context, "device_id", "d") == (who == owner)


def may_reach(context: Context, kind: str, value: str) -> bool:
    """Is this an address of theirs, and not one that went to another?"""
    lost = (context.identity or NO_IDENTITY).has_released(kind, value)
    return value in context.identifiers.get(kind, []) and not lost


def account(town: Town, who: str) -> str:
    """Who somebody is by now: they were last seen under one of the peppers."""
    roots = [town.root_of(name) for name in names_of(("user_id", who))]
    found = [root for root in roots if town.slot(root).seen]
    assert len({*found}) == 1
    return found[0]


@given(lives(), st.integers(0, 14), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_one_person_is_one_context_whenever_the_pepper_changes(
    log: list[Json], turn: int, data: st.DataObject
) -> None:
    assume(sum(event["type"] == "order.completed" for event in log) <= 1)
    town, one, choose = Town(), in_one(log), chooser(data)
    for n, event in enumerate(log):
        if n == min(turn, len(log) - 1):
            town.rotate(ROTATION[0])
        enter(town, event_of(event), choose)
    town.run(choose)
    town.wait_until(log[-1]["time"])
    assert town.is_quiet()
    (ada,) = town.customers()
    assert ada.customer_id == ALONE[1].name_of("user_id", "ada")
    assert settled_facts(ada) == settled_facts(one)


@given(st.lists(proofs, min_size=1, max_size=12), st.integers(0, 12), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_who_was_seen_is_found_without_the_former_pepper(
    told: list[Known], turn: int, data: st.DataObject
) -> None:
    town, choose = Town(rules=FREE), chooser(data)
    for n, known in enumerate(told):
        if n == turn:
            town.rotate(ROTATION[0])
        enter(town, seen(n, known), choose)
    town.rotate(ROTATION[0])
    for n, known in enumerate(told):
        town.enter(seen(100 + n, known), choose(2))
        town.run(choose)
    before = len(town.customers())
    customers = [town.root_of(ALONE[0].name_of(*next(iter(known.items())))) for known in told]
    town.rotate(under(1))
    assert all(type(door) is Resolver for door in town.doors)
    for n, (known, customer) in enumerate(zip(told, customers, strict=True)):
        last = seen(200 + n, dict([next(iter(known.items()))]))
        town.enter(last, choose(2))
        town.run(choose)
        assert digest_of(last.id) in {*town.slot(customer).digests}
    assert len(town.customers()) == before
