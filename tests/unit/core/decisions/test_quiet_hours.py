"""Quiet hours end at the first minute that is day in every zone that counts."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from legato.core.decisions.quiet_hours import FORESEEN, quiet_spans, release
from legato.core.playbook.definition import QuietHours
from legato.core.values.time import DAY, MINUTE, NEVER, Instant
from legato.core.values.zones import find_zone

NIGHT = QuietHours(21 * 60, 8 * 60, ("email",))
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
    "Pacific/Auckland", "Australia/Lord_Howe", "America/St_Johns",
]  # fmt: skip


def when(text: str, zone: str = "UTC") -> Instant:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "goes_out"),
    [
        ("2026-03-02T20:59:59", "2026-03-02T20:59:59"),
        ("2026-03-02T21:00:00", "2026-03-03T08:00:00"),
        ("2026-03-02T23:59:59.999", "2026-03-03T08:00:00"),
        ("2026-03-03T00:00:00", "2026-03-03T08:00:00"),
        ("2026-03-03T07:59:59.999", "2026-03-03T08:00:00"),
        ("2026-03-03T08:00:00", "2026-03-03T08:00:00"),
    ],
)
def test_a_night_is_half_open_and_goes_over_midnight(now: str, goes_out: str) -> None:
    assert release(NIGHT, None, when(now)) == when(goes_out)


def test_hours_may_lie_within_a_day() -> None:
    siesta = QuietHours(13 * 60, 15 * 60, ("email",))
    assert release(siesta, "UTC", when("2026-03-02T14:00:00")) == when("2026-03-02T15:00:00")
    assert release(siesta, "UTC", when("2026-03-02T12:00:00")) == when("2026-03-02T12:00:00")


def test_hours_that_end_as_they_begin_are_none() -> None:
    never = QuietHours(480, 480, ("email",))
    assert release(never, "UTC", when("2026-03-02T08:00:00")) == when("2026-03-02T08:00:00")


def test_a_known_zone_counts_alone() -> None:
    both = QuietHours(21 * 60, 8 * 60, ("email",), ("Asia/Tokyo",))
    afternoon = when("2026-03-02T14:00:00", "Europe/Berlin")
    assert release(both, "Europe/Berlin", afternoon) == afternoon
    assert release(both, None, afternoon) == when("2026-03-03T08:00:00", "Asia/Tokyo")


def test_when_clocks_go_forward_the_morning_comes_by_the_clock() -> None:
    evening = when("2026-03-28T22:00:00", "Europe/Berlin")
    goes_out = release(NIGHT, "Europe/Berlin", evening)
    assert goes_out == when("2026-03-29T08:00:00", "Europe/Berlin")
    assert goes_out - evening == 9 * 60 * MINUTE


def test_when_clocks_go_back_an_end_in_the_repeated_hour_is_not_in_the_past() -> None:
    early = QuietHours(60, 165, ("email",))
    second = when("2026-10-25T01:30:00", "UTC")
    assert datetime.fromtimestamp(second / 1000, ZoneInfo("Europe/Berlin")).hour == 2
    assert release(early, "Europe/Berlin", second) == second + 15 * MINUTE


@pytest.mark.parametrize(
    ("zone", "now", "goes_out", "waits_m"),
    [
        ("Asia/Kolkata", "2026-03-02T22:15:00", "2026-03-03T08:00:00", 585),
        ("Australia/Lord_Howe", "2026-10-03T22:00:00", "2026-10-04T08:00:00", 570),
        ("Australia/Lord_Howe", "2026-04-04T22:00:00", "2026-04-05T08:00:00", 630),
        ("America/St_Johns", "2026-03-07T22:00:00", "2026-03-08T08:00:00", 540),
    ],
)
def test_zones_of_half_hours_and_days_of_other_lengths(
    zone: str, now: str, goes_out: str, waits_m: int
) -> None:
    released = release(NIGHT, zone, when(now, zone))
    assert released == when(goes_out, zone)
    assert released - when(now, zone) == waits_m * MINUTE


def test_an_end_in_the_half_hour_that_is_skipped_is_when_it_is_over() -> None:
    early = QuietHours(60, 135, ("email",))
    before = when("2026-10-04T01:30:00", "Australia/Lord_Howe")
    assert release(early, "Australia/Lord_Howe", before) == before + 45 * MINUTE


def test_zones_that_share_no_day_never_go_out() -> None:
    apart = QuietHours(21 * 60, 8 * 60, ("email",), ("Pacific/Honolulu", "UTC", "Asia/Tokyo"))
    assert release(apart, None, when("2026-03-02T12:00:00")) == NEVER


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America", "x" * 999])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert find_zone(name) is None


def is_day(quiet: QuietHours, zone: str, at: Instant) -> bool:
    """Say it once more, by the clock on the wall."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    if quiet.start < quiet.end:
        return not quiet.start <= minute < quiet.end
    return quiet.end <= minute < quiet.start


@given(
    st.integers(0, 95),
    st.integers(1, 95),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    st.integers(0, 400 * 96),
)
@example(0, 44, ["UTC", "Pacific/Auckland", "Europe/Berlin"], 8781)  # clocks go back meanwhile
def test_it_is_the_first_quarter_that_is_day_everywhere(
    start: int, length: int, zones: list[str], quarter: int
) -> None:
    quiet = QuietHours(start * 15, (start + length) % 96 * 15, ("email",), tuple(zones))
    now = when("2026-01-01T00:00:00") + quarter * 15 * MINUTE
    quarters = range(now, now + 3 * DAY, 15 * MINUTE)
    days = (at for at in quarters if all(is_day(quiet, zone, at) for zone in zones))
    assert release(quiet, None, now) == next(days, NEVER)


def spans(quiet: QuietHours, zone: str | None, start: str, days: int) -> list[tuple[str, str]]:
    """Say when it is quiet within so many days, by the clock of the zone."""
    begin = when(start, zone or "UTC")
    found = quiet_spans(quiet, zone, begin, begin + days * DAY)
    local = ZoneInfo(zone or "UTC")
    return [
        (f"{datetime.fromtimestamp(each.start / 1000, local):%d %H:%M}",
         f"{datetime.fromtimestamp(each.end / 1000, local):%d %H:%M}")
        for each in found
    ]  # fmt: skip


def test_an_action_knows_the_nights_that_it_may_see() -> None:
    assert spans(NIGHT, "Europe/Berlin", "2026-03-02T20:00:00", 2) == [
        ("02 21:00", "03 08:00"),
        ("03 21:00", "04 08:00"),
    ]


def test_a_night_ends_for_an_action_no_later_than_the_action() -> None:
    begin = when("2026-03-02T20:00:00")
    (night,) = quiet_spans(NIGHT, "UTC", begin, begin + 2 * 60 * MINUTE)
    assert night.end == begin + 2 * 60 * MINUTE
    assert quiet_spans(NIGHT, "UTC", begin, begin + 60 * MINUTE) == ()


def test_where_it_is_never_day_it_is_quiet_to_the_end() -> None:
    apart = QuietHours(21 * 60, 8 * 60, ("email",), ("Pacific/Honolulu", "UTC", "Asia/Tokyo"))
    begin = when("2026-03-02T12:00:00")
    (night,) = quiet_spans(apart, None, begin, begin + DAY)
    assert (night.start, night.end) == (begin, begin + DAY)


def test_nights_are_told_for_two_weeks() -> None:
    begin = when("2026-03-02T12:00:00")
    told = quiet_spans(NIGHT, "UTC", begin, NEVER)
    assert len(told) == 14
    assert told[-1].end <= begin + FORESEEN


def test_a_night_that_begins_in_the_hour_that_is_skipped_begins_where_clocks_jump() -> None:
    late = QuietHours(150, 480, ("email",))
    first, *_ = spans(late, "Europe/Berlin", "2026-03-29T01:45:00", 1)
    assert first == ("29 03:00", "29 08:00")


def test_a_night_that_begins_twice_has_begun_with_the_first() -> None:
    late = QuietHours(150, 480, ("email",))
    begin = when("2026-10-24T23:45:00")
    assert (
        quiet_spans(late, "Europe/Berlin", begin, begin + DAY)[0].start == begin + 45 * MINUTE
    )


@given(
    st.integers(0, 95),
    st.integers(1, 95),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    st.integers(0, 400 * 96),
)
def test_nothing_is_tried_in_quiet_hours_and_no_hour_is_taken_for_quiet_that_is_not(
    start: int, length: int, zones: list[str], quarter: int
) -> None:
    quiet = QuietHours(start * 15, (start + length) % 96 * 15, ("email",), tuple(zones))
    begin = when("2026-01-01T00:00:00") + quarter * 15 * MINUTE
    end = begin + 2 * DAY
    told = quiet_spans(quiet, None, begin, end)
    for at in range(begin, end, 15 * MINUTE):
        if not any(each.start <= at < each.end for each in told):
            assert release(quiet, None, at) == at
    for each in told:
        assert min(release(quiet, None, each.start), end) == each.end > each.start
