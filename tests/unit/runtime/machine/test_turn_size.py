"""A turn of the event loop stays short, whatever an event costs."""

from __future__ import annotations

import pytest

from legato.runtime.machine.pacing import TurnSize


def after(*turns: tuple[int, float]) -> int:
    """How many records are worked on at once, after turns of so many records and ms."""
    size = TurnSize(turn=500, first=1_000)
    for records, lasted in turns:
        size.took(records, lasted)
    return size.records


@pytest.mark.parametrize("lasted", [500, 1_000, 50_000])
def test_what_took_too_long_is_worked_on_in_smaller_pieces_at_once(lasted: float) -> None:
    records = after((1_000, lasted))
    assert records * lasted / 1_000 <= 500


def test_what_is_soon_done_comes_in_larger_pieces_by_steps() -> None:
    assert after((1_000, 1)) == 2_000
    assert after((1_000, 1), (2_000, 2), (4_000, 4)) == 8_000


def test_a_record_that_takes_longer_than_a_turn_is_still_worked_on() -> None:
    assert after((1, 60_000)) == 1


def test_what_takes_no_time_at_all_is_no_fault() -> None:
    assert after((1_000, 0.0)) == 2_000
