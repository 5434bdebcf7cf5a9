"""What other systems call a time zone, and what is only an offset."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from legato.core.context.context import Profile
from legato.core.context.profile import profile_with, unite_profiles
from legato.core.events.payloads import TraitsPayload
from legato.core.values.zone_names import RAILS, RAILS_CITIES, WINDOWS, WINDOWS_WHOLE
from legato.core.values.zones import find_zone, is_offset, zone_called
from legato.harness import Harness
from tests.unit.core.stories import event


@pytest.mark.parametrize(
    ("word", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" America/New York ", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Central Standard Time (Mexico)", "America/Mexico_City"),
        ("Russia Time Zone 3", "Europe/Samara"),
        ("Berlin", "Europe/Berlin"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("+01:00", "+01:00"),
        ("UTC+1", "+01:00"),
        ("Etc/GMT-1", "+01:00"),
        ("-0330", "-03:30"),
        ("Z", "+00:00"),
        ("Mars/X", None),
        ("+25:00", None),
        ("1", None),
    ],
)
def test_a_zone_is_known_by_each_of_its_names(word: str, zone: str | None) -> None:
    assert zone_called(word) == zone
    assert zone is None or find_zone(zone) is not None


def test_each_name_of_the_tables_is_a_zone() -> None:
    cities = [city for listed in RAILS_CITIES.values() for city in listed.split()]
    windows = [
        f"{name.removesuffix(' (Mexico)')} Standard Time{' (Mexico)' if '(' in name else ''}"
        for name in WINDOWS
    ]
    for name in (*windows, *WINDOWS_WHOLE, *RAILS, *cities):
        zone = zone_called(name)
        assert zone is not None, name
        assert ZoneInfo(zone).key == zone


@pytest.mark.parametrize(
    ("told", "known", "better"),
    [
        ("+01:00", None, "+01:00"),
        ("+01:00", "+02:00", "+01:00"),
        ("+01:00", "Europe/Berlin", "Europe/Berlin"),
        ("Europe/Berlin", "+01:00", "Europe/Berlin"),
        ("Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"),
        (None, "Europe/Berlin", "Europe/Berlin"),
        ("+01:00", "Mars/X", "+01:00"),
    ],
)
def test_an_offset_counts_only_while_no_zone_is_known(
    told: str | None, known: str | None, better: str
) -> None:
    heard = Profile(time_zone=known)
    for profile in (
        profile_with(heard, TraitsPayload(time_zone=told), stamp=1),
        unite_profiles(heard, Profile(time_zone=told)),
    ):
        assert profile.time_zone == better
    assert is_offset("+01:00")


def test_what_is_not_understood_overwrites_nothing() -> None:
    harness = Harness().feed(event(0, "customer.updated", time_zone="Berlin", language="DE"))
    facts: list[dict[str, object]] = [
        {"time_zone": "Mars/X"},
        {"language": "german"},
        {"time_zone": "", "language": None},
    ]
    for number, told in enumerate(facts):
        harness.feed(event(1 + number, "customer.updated", **told))
    profile = harness.contexts["ada"].profile
    assert (profile.time_zone, profile.language) == ("Europe/Berlin", "de")
