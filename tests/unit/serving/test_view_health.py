from legato.serving.redis_view.health import ViewHealth
from legato.settings import ViewSettings


def test_a_new_view_is_alive_and_not_ready() -> None:
    health = ViewHealth(ViewSettings())
    assert health.not_alive() == ""
    assert health.not_ready() == "no partition has been read yet"


def test_a_loop_that_stands_still_is_not_alive() -> None:
    health = ViewHealth(ViewSettings(liveness_timeout_s=-1))
    health.beat()
    assert health.not_alive() == "the loop has not gone round for 0 s; start the view again"


def test_a_view_far_behind_says_how_far() -> None:
    health = ViewHealth(ViewSettings(batch_size=10))
    health.behind(1_234)
    assert health.not_ready() == "catching up: 1,234 records to go"


def test_a_view_that_caught_up_once_stays_ready_under_load() -> None:
    health = ViewHealth(ViewSettings(batch_size=10))
    health.behind(3)
    health.behind(1_234)
    assert health.not_ready() == ""


def test_a_view_in_trouble_is_not_ready() -> None:
    health = ViewHealth(ViewSettings())
    health.behind(0)
    health.failed("redis did not take the last batch: connection refused")
    assert health.not_ready() == "redis did not take the last batch: connection refused"
    health.recovered()
    assert health.not_ready() == ""
