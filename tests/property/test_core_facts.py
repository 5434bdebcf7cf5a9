"""What is told of a customer counts by when it was told, however late it is heard of."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from legato.core.context.context import Context, Profile
from legato.core.context.identifiers import record_identifiers, stamp_of, unite_identifiers
from legato.core.context.profile import profile_with, unite_profiles
from legato.core.context.retention import KNOWN_MOST
from legato.core.events.event import Event
from legato.core.events.payloads import TraitsPayload

Told = tuple[str, int, str, str]
"""An event: its id, its minute, and what it gives as address and as language."""
ADDRESSES = [f"{name}@x.org" for name in "abcdefgh"]
stories = st.lists(
    st.tuples(
        st.uuids().map(str),
        st.integers(1, 6),
        st.sampled_from(ADDRESSES),
        st.sampled_from(("de", "en", "fr")),
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda told: told[0],
)


def event_of(told: Told) -> Event:
    name, minute, address, _ = told
    return Event(
        id=name,
        type="customer.updated",
        channel="web",
        time=minute * 60_000,
        identifiers={"email": address},
    )


def heard(story: list[Told]) -> Context:
    context = Context("ada")
    for told in story:
        event = event_of(told)
        record_identifiers(context, event)
        facts = TraitsPayload(language=told[3], traits={"size": told[2]})
        context.profile = profile_with(context.profile, facts, stamp_of(event))
    return context


def united(one: Context, other: Context) -> Context:
    both = Context("ada", profile=unite_profiles(one.profile, other.profile))
    unite_identifiers(both, one, other)
    return both


def known_of(context: Context) -> object:
    stamps = {kind: [*each] for kind, each in context.stamps.items()}
    profile = msgspec.to_builtins(context.profile)
    return context.identifiers, stamps, profile[:4], *map(sorted, map(dict.items, profile[4:]))


@given(stories)
def test_the_address_in_use_is_the_one_that_was_given_last(story: list[Told]) -> None:
    last = max(story, key=lambda told: stamp_of(event_of(told)))
    context = heard(story)
    assert context.identifiers["email"][-1] == last[2]
    assert context.profile.language == last[3]
    assert context.profile.traits == {"size": last[2]}
    assert len(context.identifiers["email"]) <= KNOWN_MOST


zones = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(("Europe/Berlin", "Asia/Tokyo", "+01:00", "-03:30", None)),
    ),
    min_size=1,
    max_size=6,
)


@given(zones, st.data())
def test_an_offset_counts_only_while_no_zone_is_known_in_any_order(
    story: list[tuple[int, str | None]], data: st.DataObject
) -> None:
    told = [(stamp, zone) for stamp, zone in story if zone]
    best = max(told, key=lambda each: ("/" in each[1], each[0], repr(each[1])), default=None)
    sides = [Profile(), Profile()]
    for stamp, zone in data.draw(st.permutations(story)):
        side = data.draw(st.integers(0, 1))
        sides[side] = profile_with(sides[side], TraitsPayload(time_zone=zone), stamp)
    for one, other in (sides, reversed(sides)):
        assert unite_profiles(one, other).time_zone == (best and best[1])


@given(stories, st.randoms())
def test_the_order_in_which_it_is_heard_does_not_matter(
    story: list[Told], chance: object
) -> None:
    shuffled = [*story]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert known_of(heard(shuffled)) == known_of(heard(sorted(story, key=lambda t: t[1])))


@given(stories, st.data())
def test_nor_does_it_that_two_contexts_heard_of_it(
    story: list[Told], data: st.DataObject
) -> None:
    sides: tuple[list[Told], list[Told]] = ([], [])
    for told in story:
        sides[data.draw(st.integers(0, 1))].append(told)
    one, other = map(heard, sides)
    whole = known_of(heard(story))
    assert known_of(united(one, other)) == whole
    assert known_of(united(other, one)) == whole
    assert known_of(united(united(one, other), other)) == whole
