"""A day that comes round: in whose zone, and on days that are not there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from legato.core.playbook.compile import PlaybookError
from legato.core.situations.calendar import Every, next_day
from legato.core.values.time import NEVER
from legato.harness import Harness
from tests.unit.core.stories import DAYS, at, event, playbook

WRITTEN = """
version: 1
time_zone: Europe/Berlin
situations:
  birthday: {calendar: {on: customer.profile.traits.birthday}}
"""


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "clock", "every", "zone", "since", "due"),
    [
        ("1990-03-05", "09:00", "year", "Europe/Berlin", "2026-03-01", "2026-03-05T08:00"),
        (
            "1990-03-05",
            "09:00",
            "year",
            "Europe/Berlin",
            "2026-03-05T08:00",
            "2027-03-05T08:00",
        ),
        ("1992-02-29", "09:00", "year", "UTC", "2026-01-01", "2026-02-28T09:00"),
        ("1992-02-29", "09:00", "year", "UTC", "2028-01-01", "2028-02-29T09:00"),
        ("2020-01-31", "09:00", "month", "UTC", "2026-04-01", "2026-04-30T09:00"),
        ("2020-01-31", "09:00", "month", "UTC", "2026-12-31T10:00", "2027-01-31T09:00"),
        ("1990-03-05", "09:00", "year", "Asia/Kolkata", "2026-03-01", "2026-03-05T03:30"),
        # Half an hour is skipped on 4 October, and comes twice on 5 April.
        (
            "2020-10-04",
            "02:15",
            "year",
            "Australia/Lord_Howe",
            "2026-06-01",
            "2026-10-03T15:45",
        ),
        (
            "2020-04-05",
            "01:45",
            "year",
            "Australia/Lord_Howe",
            "2026-01-01",
            "2026-04-04T14:45",
        ),
        # 29 March 2026, 02:30 is skipped; 25 October 2026, 02:30 comes twice.
        ("2020-03-29", "02:30", "year", "Europe/Berlin", "2026-01-01", "2026-03-29T01:30"),
        ("2020-10-25", "02:30", "year", "Europe/Berlin", "2026-06-01", "2026-10-25T00:30"),
        ("2020-06-01", "09:00", "year", "Asia/Kolkata", "2026-01-01", "2026-06-01T03:30"),
    ],
)
def test_the_next_time(
    day: str, clock: str, every: Every, zone: str, since: str, due: str
) -> None:
    found = next_day(
        date.fromisoformat(day), time.fromisoformat(clock), every, ZoneInfo(zone), utc(since)
    )
    assert datetime.fromtimestamp(found / 1000, UTC).isoformat()[:16] == due


def test_nothing_is_due_for_whom_nothing_happened() -> None:
    assert next_day(date(2020, 1, 1), time(9), "year", UTC, -(2**63)) == NEVER


def updated(minute: float, **told: object) -> Harness:
    return Harness(playbook(WRITTEN)).feed(event(minute, "customer.updated", **told))


def test_the_zone_of_the_customer_counts_before_that_of_the_playbook() -> None:
    traits = {"birthday": "1990-03-05"}
    here = updated(0, traits=traits).wait_until(at(9 * DAYS))
    assert [each.time for each in here.situations] == [utc("2026-03-05T08:00")]
    there = updated(0, traits=traits, time_zone="Asia/Tokyo").wait_until(at(9 * DAYS))
    assert [each.time for each in there.situations] == [utc("2026-03-05T00:00")]


def test_what_is_past_as_it_becomes_known_comes_next_year() -> None:
    late = updated(0, traits={"birthday": "1990-03-01"}).wait_until(at(300 * DAYS))
    assert late.situations == []
    assert [each.time for each in late.wait_until(at(400 * DAYS)).situations] == [
        utc("2027-03-01T08:00")
    ]


@pytest.mark.parametrize("told", [636_595_200_000, 636_595_200_000.0, "1990-03-05T12:00:00Z"])
def test_a_date_may_be_told_as_an_instant(told: object) -> None:
    assert updated(0, traits={"birthday": told}).wait_until(at(9 * DAYS)).situations != []


NO_DATES = ["soon", 12.5, True, None, "2026-13-01", ["1990-03-05"], 1 << 60, -(1 << 60), 1e30]


@pytest.mark.parametrize("told", NO_DATES)
def test_what_is_no_date_never_comes(told: object) -> None:
    assert updated(0, traits={"birthday": told}).wait_until(at(400 * DAYS)).situations == []


def test_zones_and_times_that_there_are_not_are_refused() -> None:
    with pytest.raises(PlaybookError, match="there is no time zone `Mars`"):
        playbook(WRITTEN.replace("Europe/Berlin", "Mars"))
    with pytest.raises(PlaybookError, match="`9 am` is no time of day"):
        playbook(WRITTEN.replace("birthday}}", "birthday, at: 9 am}}"))
    with pytest.raises(PlaybookError, match="`09:00Z` names a zone, but the customer's own"):
        playbook(WRITTEN.replace("birthday}}", "birthday, at: '09:00Z'}}"))
