"""What is said of accounts holds in whatever order partitions hear of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.identity.events import MergeRefused
from legato.verification.union_find import UnionFind
from tests.examples import examples
from tests.property.identity_town import Town
from tests.property.test_identity_links import check, seen

PEOPLE = range(6)
forests = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    max_size=8,
    unique_by=lambda pair: pair[0],
)
"""Who goes on as whom: each as one at most."""


def account(number: int) -> dict[str, str]:
    return {"user_id": f"u{number}"}


@given(forests, st.lists(st.sampled_from(PEOPLE), max_size=8), st.data())
@settings(deadline=None, max_examples=examples(200))
def test_accounts_that_go_on_as_each_other_are_one_in_any_order(
    successions: list[tuple[int, int]], also: list[int], data: st.DataObject
) -> None:
    town, unions, names = Town(), UnionFind(), set[str]()
    told: list[Event] = [seen(100 + n, account(who)) for n, who in enumerate(also)]
    for n, (former, newer) in enumerate(successions):
        previous = {"previous_user_id": f"u{former}"}
        told.append(seen(n, account(newer), "customer.merged", data=previous))
        unions.join(town.name_of("user_id", f"u{each}") for each in (former, newer))
    names |= {town.name_of("user_id", f"u{who}") for who in also}
    names |= {town.name_of("user_id", f"u{newer}") for _, newer in successions}
    events = data.draw(st.permutations(told))
    for event in events:
        town.enter(event, data.draw(st.integers(0, 1)))
        for _ in range(data.draw(st.integers(0, 3))):
            town.step(lambda n: data.draw(st.integers(0, n - 1)))
    town.run(lambda n: data.draw(st.integers(0, n - 1)))
    assert [each for each in town.told if isinstance(each, MergeRefused)] == []
    check(town, events, unions, names)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=8), st.data())
@settings(deadline=None, max_examples=examples(200))
def test_a_device_is_whose_the_last_word_says_in_any_order(
    said: list[tuple[bool, int]], data: st.DataObject
) -> None:
    """Of logins and logouts on one device, the last by time counts."""
    town = Town()
    events = [
        seen(n, {**account(who), "device_id": "d-1"}, f"account.logged_{'in' if on else 'out'}")
        for n, (on, who) in enumerate(said)
    ]
    for event in data.draw(st.permutations(events)):
        town.enter(event, data.draw(st.integers(0, 1)))
        for _ in range(data.draw(st.integers(0, 3))):
            town.step(lambda n: data.draw(st.integers(0, n - 1)))
    town.run(lambda n: data.draw(st.integers(0, n - 1)))
    assert town.is_quiet()
    device = town.name_of("device_id", "d-1")
    on, who = said[-1] if said else (False, 0)
    expected = town.name_of("user_id", f"u{who}") if on else device
    assert town.root_of(device) == expected
