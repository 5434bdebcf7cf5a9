"""When a worker that fails is started again, in virtual time."""

from legato.runtime.host.restarts import RestartPolicy, Restarts

AT_ONCE, WELL = 1.0, 60.0


def test_pauses_double_up_to_half_a_minute() -> None:
    restarts = Restarts(RestartPolicy())
    assert [restarts.pause(0, AT_ONCE) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_after_a_minute_that_went_well_the_pause_starts_anew() -> None:
    restarts = Restarts(RestartPolicy())
    assert [restarts.pause(0, AT_ONCE) for _ in range(3)] == [1, 2, 4]
    assert [restarts.pause(0, WELL), restarts.pause(0, AT_ONCE)] == [1, 2]


def test_the_fifth_failure_within_ten_minutes_is_one_too_many() -> None:
    restarts = Restarts(RestartPolicy())
    failed = [restarts.one_too_many(time) for time in (0.0, 150.0, 300.0, 450.0, 599.9)]
    assert failed == [False, False, False, False, True]


def test_failures_further_apart_go_on_for_ever() -> None:
    restarts = Restarts(RestartPolicy())
    assert not any(restarts.one_too_many(time * 150.0) for time in range(100))
