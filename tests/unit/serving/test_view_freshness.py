from legato.serving.redis_view.freshness import Freshness, TakenUpTo

ONE, OTHER = ("decisions", 0), ("decisions", 1)


def test_a_partition_is_as_fresh_as_its_last_record() -> None:
    fresh = Freshness()
    fresh.wrote({ONE: TakenUpTo(7, 1_000), OTHER: TakenUpTo(9, 4_000)})
    assert fresh.times == {ONE: 1_000, OTHER: 4_000}
    assert fresh.age_s(5_000) == 4.0


def test_one_that_was_read_to_its_end_is_not_older_for_an_old_record() -> None:
    fresh = Freshness()
    fresh.note(ONE, 4_000)
    fresh.wrote({ONE: TakenUpTo(7, 1_000)})
    assert fresh.times == {ONE: 4_000}


def test_what_another_view_has_is_not_ours_to_tell() -> None:
    fresh = Freshness()
    fresh.wrote({ONE: TakenUpTo(7, 1_000)})
    fresh.forget([ONE, OTHER])
    assert fresh.times == {}
    assert fresh.age_s(5_000) == 0
