"""Which rate a climbing load says is sustained."""

from __future__ import annotations

import pytest

from benchmarks.open_load import Load, Stretch
from benchmarks.sustained import (
    STAIR_S,
    Delay,
    Unsustained,
    highest_sustained,
    stairs,
)

CLIMB = Load("", "", (Stretch(100, 60.0), *stairs(100)), 1_000.0)


def delays(capacity: float) -> list[Delay]:
    """What an engine takes that does so many events a second, one after the other."""
    free, found = 0.0, []
    for instant in CLIMB.instants():
        free = max(free, instant) + 1000 / capacity
        found.append(Delay(instant, free - instant))
    return found


@pytest.mark.parametrize("capacity", [110, 200, 330, 1_000])
def test_the_highest_stair_below_what_an_engine_does_is_sustained(capacity: float) -> None:
    rates = [stair.per_s for stair in stairs(100)]
    wanted = max(rate for rate in rates if rate < capacity)
    assert highest_sustained(CLIMB, delays(capacity)) == wanted


def test_a_climb_that_begins_too_high_finds_none() -> None:
    with pytest.raises(Unsustained, match="lower `--lowest`"):
        highest_sustained(CLIMB, delays(50))


def test_of_a_climb_without_a_limit_the_top_is_sustained() -> None:
    assert highest_sustained(CLIMB, delays(5_000)) == CLIMB.stretches[-1].per_s


def test_a_stair_without_outputs_is_not_sustained() -> None:
    with pytest.raises(Unsustained, match="too much"):
        highest_sustained(CLIMB, [])


def test_events_keep_their_distance_and_stretches_follow_each_other() -> None:
    load = Load("", "", (Stretch(2, 2.0), Stretch(4, 1.0)), 1_000.0)
    assert load.instants() == [1_000, 1_500, 2_000, 2_500, 3_000, 3_250, 3_500, 3_750]
    assert load.count == len(load.instants())
    assert load.starts() == [1_000, 3_000, 4_000]


def test_each_stair_lasts_as_long() -> None:
    assert {stair.seconds for stair in stairs(100)} == {STAIR_S}
