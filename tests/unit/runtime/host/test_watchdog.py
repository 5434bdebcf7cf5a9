"""What hangs is ended from outside the event loop, and what only slept is not."""

from __future__ import annotations

import threading

from legato.hanging import BUDGET_S, stacks
from legato.runtime.host.watchdog import START_LOOKS, STILL_LOOKS, Watchdog
from legato.runtime.machine.commands import Exit


def watchdog() -> Watchdog:
    return Watchdog(lambda end: None)


def looks(dog: Watchdog, number: int, *, turning: bool) -> list[Exit]:
    """Look so often at a loop that turns or does not, and return what ends it."""
    found = []
    for _ in range(number):
        if turning:
            dog.pulse.beat()
        if end := dog.look():
            found.append(end)
    return found


def test_a_loop_that_turns_is_left_alone() -> None:
    dog = watchdog()
    dog.watch_loop()
    assert not looks(dog, 500, turning=True)


def test_a_loop_that_does_not_is_ended() -> None:
    dog = watchdog()
    dog.watch_loop()
    looks(dog, 1, turning=True)
    assert not looks(dog, STILL_LOOKS - 1, turning=False)
    (end,) = looks(dog, 1, turning=False)
    assert end == Exit(70, "the worker has not turned for 30 s")


def test_a_start_may_take_longer() -> None:
    dog = watchdog()
    looks(dog, 1, turning=True)
    assert not looks(dog, START_LOOKS - 1, turning=False)
    assert looks(dog, 1, turning=False)


def test_an_end_that_takes_longer_than_its_budget_is_checkpoint_short() -> None:
    dog = watchdog()
    dog.begin_end()
    assert not looks(dog, BUDGET_S, turning=True)
    (end,) = looks(dog, 1, turning=True)
    assert end.code == 70
    assert "did not within 25 s" in end.sentence


def test_an_end_whose_commit_is_known_is_a_good_one_whatever_hangs_then() -> None:
    dog = watchdog()
    dog.begin_end()
    dog.know_end(Exit(0))
    assert looks(dog, BUDGET_S + 1, turning=True) == [Exit(0)]


def test_stacks_tell_what_every_thread_does_and_nothing_of_values() -> None:
    secret, go_on = "kim@example.org", threading.Event()
    waiting = threading.Thread(target=lambda: go_on.wait(), name="the one that waits")
    waiting.start()
    try:
        told = stacks()
    finally:
        go_on.set()
        waiting.join()
    assert "--- the one that waits" in told
    assert "test_watchdog.py" in told
    assert secret not in told
