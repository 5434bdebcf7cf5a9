"""A process beside the line that hangs is ended, and one that only slept is not."""

from __future__ import annotations

import logging
import threading

import pytest

from legato.hanging import BUDGET_S, COMPLAINTS, HangWatch, ended_if_hung

DEAD = "the loop has not gone round for 50 s; start the view again"


def looks(watch: HangWatch, number: int) -> list[str]:
    """Look so often, and return what ends it."""
    return [sentence for _ in range(number) if (sentence := watch.look())]


def test_what_is_alive_is_left_alone() -> None:
    assert not looks(HangWatch(lambda: "", lambda: False), 500)


def test_what_is_not_alive_ends_once_it_was_complained_of_for_long_enough() -> None:
    watch = HangWatch(lambda: DEAD, lambda: False)
    assert not looks(watch, COMPLAINTS - 1)
    assert looks(watch, 1) == [DEAD]


def test_what_slept_and_goes_on_has_its_patience_anew() -> None:
    said = [DEAD] * (COMPLAINTS - 1) + [""] + [DEAD] * (COMPLAINTS - 1)
    assert not looks(HangWatch(iter(said).__next__, lambda: False), len(said))


def test_an_end_that_takes_too_long_is_cut_short_and_nothing_else_counts_meanwhile() -> None:
    watch = HangWatch(lambda: DEAD, lambda: True)
    assert not looks(watch, BUDGET_S)
    assert looks(watch, 1) == ["it was told to end, and did not within 25 s"]


def test_it_leaves_with_70_and_says_what_all_threads_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left: list[int] = []
    gone = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        gone.set()

    with (
        caplog.at_level(logging.ERROR),
        ended_if_hung(HangWatch(lambda: DEAD, lambda: False), leave, look_s=0.001),
    ):
        assert gone.wait(30)
    assert left == [70]
    assert DEAD in caplog.text
    assert "--- MainThread" in caplog.text
