"""A list that is shown again is no further look at those who stand on it."""

from legato.serving.pages.recent_looks import MOST, SAME_LOOK, RecentLooks

NOW = 1_772_445_600_000


def test_who_was_shown_a_moment_ago_is_no_new_look() -> None:
    looks = RecentLooks()
    looks.note("s", ["ada"], NOW)
    assert looks.new_among("s", ["ada", "bob", "bob"], NOW + 1) == ["bob"]


def test_after_a_while_and_for_somebody_else_it_is_one() -> None:
    looks = RecentLooks()
    looks.note("s", ["ada"], NOW)
    assert looks.new_among("s", ["ada"], NOW + SAME_LOOK) == ["ada"]
    assert looks.new_among("t", ["ada"], NOW + 1) == ["ada"]


def test_of_too_many_the_oldest_are_forgotten() -> None:
    looks = RecentLooks()
    looks.note("s", map(str, range(MOST + 1)), NOW)
    assert looks.new_among("s", ["0", "1"], NOW) == ["0"]
