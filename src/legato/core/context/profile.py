"""What customers tell about themselves: of each fact, what was told last by event time.

Of time zones, one that is only an offset from UTC counts while no other is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from legato.core.context.context import Profile
from legato.core.events.payloads import TraitsPayload
from legato.core.values.zones import is_zone

FIELDS = ("language", "time_zone", "home_store", "preferred_channel")
_TRAIT = "."
"""Stands before the name of a trait, so that one may be called as a field is."""


def profile_with(known: Profile, told: TraitsPayload, stamp: int) -> Profile:
    """Return a profile with what an event of this stamp tells; silence changes nothing."""
    facts = {name: value for name in FIELDS if (value := getattr(told, name))}
    traits = {_TRAIT + name: value for name, value in (told.traits or {}).items()}
    return _profile(
        known, {name: (stamp, value) for name, value in {**facts, **traits}.items()}
    )


def unite_profiles(older: Profile, newer: Profile) -> Profile:
    """Return what two profiles tell; of facts without stamps, what the newer one says."""
    return _profile(older, dict(_facts(newer)))


def _profile(known: Profile, told: dict[str, tuple[int, Any]]) -> Profile:
    facts = dict(_facts(known))
    for name, fact in told.items():
        if name not in facts or not _gives_way(name, fact, facts[name]):
            facts[name] = fact
    told_of = {name: value for name, (_, value) in facts.items()}
    return Profile(
        told_of.get("language"),
        told_of.get("time_zone"),
        told_of.get("home_store"),
        told_of.get("preferred_channel"),
        {name[1:]: value for name, value in told_of.items() if name[:1] == _TRAIT},
        {name: stamp for name, (stamp, _) in facts.items() if stamp},
    )


def _gives_way(name: str, one: tuple[int, Any], other: tuple[int, Any]) -> bool:
    """Does the other of two facts count? An offset never replaces a zone."""
    if name == "time_zone" and is_zone(one[1]) != is_zone(other[1]):
        return is_zone(other[1])
    return _is_before(one, other)


def _is_before(one: tuple[int, Any], other: tuple[int, Any]) -> bool:
    """Was it told before the other? Of one stamp, the same must count on either side."""
    if one[0] == other[0] != 0:
        return repr(one[1]) < repr(other[1])
    return one[0] < other[0]


def _facts(profile: Profile) -> Iterator[tuple[str, tuple[int, Any]]]:
    stamps = profile.stamps
    for name in FIELDS:
        if value := getattr(profile, name):
            yield name, (stamps.get(name, 0), value)
    for trait, value in profile.traits.items():
        yield _TRAIT + trait, (stamps.get(_TRAIT + trait, 0), value)
