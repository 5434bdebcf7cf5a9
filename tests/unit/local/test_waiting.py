import threading

import pytest

from legato.local import wait_until


def test_the_first_true_answer_is_handed_on() -> None:
    answers = iter([0, 0, 7])
    assert wait_until(lambda: next(answers), "a seven") == 7


def test_waiting_ends_at_its_deadline_and_names_what_did_not_come() -> None:
    with pytest.raises(TimeoutError, match="in vain for a miracle"):
        wait_until(lambda: False, "a miracle", deadline_s=0.1)


def test_waiting_ends_when_it_has_become_pointless() -> None:
    over = threading.Event()
    over.set()
    with pytest.raises(TimeoutError, match="can no longer come"):
        wait_until(lambda: False, "a reply", cancelled=over)
