"""A cap by calendar counts in the customer's own days, weeks and months."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato import Harness, PlaybookError, read_playbook
from legato.core.context.context import ActionRecord
from legato.core.context.retention import REMEMBER_MOST
from legato.core.decisions.caps import is_used_up, to_remember
from legato.core.playbook.definition import Calendar, FrequencyCap, Playbook
from legato.core.values.time import HOUR, MINUTE, Instant
from tests.unit.core.stories import HOURS, added, at, event, losers, may

PLAYBOOK = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}}
actions: {mail: {situation: left, channel: email, purpose: promotion, content: x}}
caps: {daily: {most: 1, calendar: day}}
"""
KNOWN = {"identifiers": {"email": "a@x.org"}}


def when(text: str, zone: str) -> Instant:
    """Read a local time; of a doubled one, `+` in front means the second."""
    local = datetime.fromisoformat(text.removeprefix("+")).replace(tzinfo=ZoneInfo(zone))
    return round(local.replace(fold=text.startswith("+")).timestamp() * 1000)


def taken(out: Instant, number: int = 0) -> ActionRecord:
    return ActionRecord(f"a{number}", "", "mail", "s", "promotion", "email", out, out, out + 1)


def once(calendar: Calendar) -> FrequencyCap:
    return FrequencyCap("once", 1, 0, calendar=calendar)


SAME: list[tuple[Calendar, str, str, str, bool]] = [
    ("day", "Europe/Berlin", "2026-03-02 00:00", "2026-03-02 23:59", True),
    ("day", "Europe/Berlin", "2026-03-02 23:59", "2026-03-03 00:00", False),
    ("day", "Europe/Berlin", "2026-03-29 01:59", "2026-03-29 23:59", True),
    ("day", "Europe/Berlin", "2026-03-29 23:59", "2026-03-30 00:00", False),
    ("day", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 23:59", True),
    ("day", "Europe/Berlin", "2026-10-24 23:59", "2026-10-25 00:00", False),
    ("day", "Europe/Berlin", "2026-10-25 02:30", "+2026-10-25 02:30", True),
    ("day", "Asia/Beirut", "2026-03-28 23:59", "2026-03-29 01:00", False),
    ("day", "Asia/Kolkata", "2026-03-02 00:00", "2026-03-02 23:59", True),
    ("day", "Asia/Kolkata", "2026-03-02 23:59", "2026-03-03 00:00", False),
    ("week", "Europe/Berlin", "2026-03-02 00:00", "2026-03-08 23:59", True),
    ("week", "Europe/Berlin", "2026-03-08 23:59", "2026-03-09 00:00", False),
    ("week", "Europe/Berlin", "2026-12-31 12:00", "2027-01-01 12:00", True),
    ("month", "Europe/Berlin", "2026-03-01 00:00", "2026-03-31 23:59", True),
    ("month", "Europe/Berlin", "2026-03-31 23:59", "2026-04-01 00:00", False),
    ("month", "Europe/Berlin", "2026-03-15 12:00", "2027-03-15 12:00", False),
]


@pytest.mark.parametrize(("calendar", "zone", "one", "other", "same"), SAME)
def test_the_local_date_says_what_is_one_day_week_or_month(
    calendar: Calendar, zone: str, one: str, other: str, same: bool
) -> None:
    first, second, zones = when(one, zone), when(other, zone), [ZoneInfo(zone)]
    assert is_used_up(once(calendar), [taken(first)], second, zones) == same
    assert is_used_up(once(calendar), [taken(second)], first, zones) == same


def local_days(outs: list[Instant], zone: str) -> list[object]:
    return [datetime.fromtimestamp(out / 1000, ZoneInfo(zone)).date() for out in outs]


ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham")
START = when("2026-03-26 00:00", "UTC")


@given(st.lists(st.integers(0, 7 * 24 * 4)), st.integers(1, 3), st.sets(st.sampled_from(ZONES)))
def test_no_day_of_any_zone_ever_holds_more_than_the_cap_allows(
    wanted: list[int], most: int, zones: set[str]
) -> None:
    cap = FrequencyCap("few", most, 0, calendar="day")
    promised: list[ActionRecord] = []
    for n, quarter in enumerate(wanted):
        out = START + quarter * 15 * MINUTE
        if not is_used_up(cap, promised, out, [ZoneInfo(zone) for zone in zones]):
            promised.append(taken(out, n))
    for zone in zones:
        days = local_days([each.not_before for each in promised], zone)
        assert all(days.count(day) <= most for day in days)


def test_a_span_beside_a_calendar_holds_as_well() -> None:
    both = FrequencyCap("both", 1, 2 * HOUR, calendar="day")
    night = [taken(when("2026-03-02 23:30", "UTC"))]
    assert is_used_up(both, night, when("2026-03-03 01:00", "UTC"), [UTC])
    assert not is_used_up(both, night, when("2026-03-03 01:30", "UTC"), [UTC])


def two_mails(zone: str, first: float, later: float, rules: str = "") -> list[str]:
    """What is done in two minutes about a cart that was left an hour before."""
    harness = Harness(read_playbook((PLAYBOOK + rules).encode())).feed(may(-90, **KNOWN))
    if zone:
        harness.feed(event(-80, "customer.updated", time_zone=zone))
    for minute in (first, later):
        harness.feed(added(minute - 60, cart_id=str(minute))).wait_until(at(minute))
    if len(harness.actions) == 1:
        assert losers(harness.decisions[-1]) == {"mail": "frequency_cap"}
    return [each.action for each in harness.decisions]


@pytest.mark.parametrize(
    ("zone", "later", "again"),
    [
        ("", 12 * HOURS - 1, ""),
        ("", 12 * HOURS, "mail"),
        ("Asia/Tokyo", 3 * HOURS - 1, ""),
        ("Asia/Tokyo", 3 * HOURS, "mail"),
        ("Asia/Kolkata", 6.5 * HOURS - 1, ""),
        ("Asia/Kolkata", 6.5 * HOURS, "mail"),
        ("Mars/Olympus", 12 * HOURS, "mail"),
    ],
)
def test_the_day_is_over_at_midnight_where_the_customer_is(
    zone: str, later: float, again: str
) -> None:
    assert two_mails(zone, 0, later) == ["mail", again]


def test_where_the_zone_is_not_known_the_day_must_be_over_everywhere() -> None:
    rules = """
quiet_hours: {from: "03:00", to: "03:01", channels: [], unknown_time_zone: [UTC, Asia/Tokyo]}
"""
    assert two_mails("", 0, 3 * HOURS, rules) == ["mail", ""]
    assert two_mails("", 0, 12 * HOURS - 1, rules) == ["mail", ""]
    assert two_mails("", 0, 12 * HOURS, rules) == ["mail", "mail"]


def test_what_a_calendar_counts_is_never_forgotten_for_what_it_does_not() -> None:
    cap = FrequencyCap("monthly", 1, 0, channel="email", calendar="month")
    first = when("2026-03-01 00:00", "UTC")
    others = [taken(first + n * MINUTE, n) for n in range(1, 80)]
    for each in others:
        each.channel = "web"
    late = taken(when("2026-03-31 12:00", "UTC"), 99)
    late.channel = "web"
    kept = to_remember(Playbook(caps=(cap,)), [taken(first), *others, late])
    assert len(kept) == REMEMBER_MOST
    assert is_used_up(cap, kept, when("2026-03-31 23:59", "UTC"), [UTC])
    assert to_remember(Playbook(), [taken(first), late]) == (late,)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{most: 1}",
            "caps, `daily`: give it a span in `per`, longer than nothing, or a `calendar`",
        ),
        ("{most: 1, calendar: year}", "caps, `daily`: unknown value `year`"),
        ("{most: 51, calendar: day}", "50 actions are remembered at most; let `most`"),
    ],
)
def test_a_cap_that_counts_by_nothing_is_refused(rule: str, message: str) -> None:
    with pytest.raises(PlaybookError) as caught:
        read_playbook(PLAYBOOK.replace("{most: 1, calendar: day}", rule).encode())
    assert message in str(caught.value)
