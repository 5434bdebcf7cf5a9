"""Time is what the clock says: timers first, then the event; nothing overtakes a timer."""

from msgspec.structs import replace

from legato.core.line.partition import Partition
from legato.core.line.watermark import Watermark
from legato.core.values.outputs import Action, Decision, Situation
from legato.core.values.results import DUPLICATE, WAITING, Rejected
from legato.core.values.time import LONG_AGO, NEVER
from legato.harness import Harness, default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.unit.core.stories import (
    DAYS,
    HOURS,
    added,
    at,
    event,
    looked,
    losers,
    may,
    only,
    ordered,
    partition,
)

PLAYBOOK = default_playbook()


def found(line: Partition) -> list[tuple[str, int | None]]:
    outputs = [each for each in line.outputs if isinstance(each, Situation)]
    return [(each.situation, each.stage) for each in outputs]


def decisions(line: Partition) -> list[Decision]:
    return [each for each in line.outputs if isinstance(each, Decision)]


def test_a_repeated_event_changes_nothing() -> None:
    line = partition()
    line.feed(added(0), at(0))
    assert line.feed(added(0), at(1)) is DUPLICATE
    assert line.feed(added(0), at(500 * DAYS)) is DUPLICATE
    assert line.dirty["ada"].carts == {}
    assert [stage for _, stage in found(line)] == [1, 2, 3]


def test_the_same_id_of_another_customer_is_another_event() -> None:
    line = partition()
    assert line.feed(added(0, id="x"), at(0)) is None
    assert line.feed(added(0, id="x", customer_id="bob"), at(0)) is None


def test_a_rejected_event_changes_nothing_and_its_id_is_free() -> None:
    line = partition()
    wrong = event(0, "cart.item_added", id="x")
    assert isinstance(line.feed(wrong, at(0)), Rejected)
    assert line.dirty == {}
    assert line.feed(added(0, id="x"), at(0)) is None


def test_ids_are_forgotten_after_a_day_beyond_the_last_thousand() -> None:
    harness = Harness().feed(*(looked(n / 1_000, id=f"early {n}") for n in range(1_500)))
    assert harness.take(looked(23 * HOURS, id="early 0")) is DUPLICATE
    harness.feed(looked(25 * HOURS))
    assert harness.take(looked(25 * HOURS, id="early 1499")) is DUPLICATE
    assert harness.take(looked(25 * HOURS, id="early 600")) is DUPLICATE
    assert harness.take(looked(25 * HOURS, id="early 400")) is None


def test_at_most_16384_ids_are_kept_and_what_is_dropped_is_counted() -> None:
    harness = Harness().feed(*(looked(0, id=str(n)) for n in range(16_400)))
    context = harness.contexts["ada"]
    assert len(context.seen) == 16_384 * 12
    assert context.ids_dropped == 16
    assert harness.take(looked(0, id="15")) is None
    assert harness.take(looked(0, id="17")) is DUPLICATE


def test_what_is_due_fires_before_the_event_that_reaches_it() -> None:
    harness = Harness().feed(added(0), ordered(60, "SHOE"))
    assert [each.situation for each in harness.situations] == [
        "cart_abandoned",
        "channel_switched",
    ]


def test_an_event_does_not_overtake_a_timer_that_the_clock_has_not_reached() -> None:
    line = partition()
    line.feed(added(0), at(0))
    assert line.feed(ordered(90, "SHOE"), at(30)) is WAITING
    assert found(line) == []
    line.advance(at(60))
    assert found(line) == [("cart_abandoned", 1), ("channel_switched", None)]
    assert not line.dirty["ada"].carts


def test_what_comes_in_time_is_followed_though_the_clock_is_behind() -> None:
    line = partition()
    line.feed(added(0), at(-600))
    assert line.feed(ordered(50, "SHOE"), at(-600)) is None
    line.advance(at(5 * DAYS))
    assert ("cart_abandoned", 1) not in found(line)


def test_an_order_in_the_backlog_of_another_source_comes_in_time() -> None:
    line = partition()
    line.feed(added(0), LONG_AGO)
    assert line.feed(event(120, "page.viewed"), LONG_AGO) is WAITING
    line.feed(ordered(40, "SHOE"), LONG_AGO)
    line.advance(at(600))
    assert ("cart_abandoned", 1) not in found(line)
    assert [touch.type for touch in line.dirty["ada"].timeline][-1] == "page.viewed"


def test_waiting_events_are_followed_in_order_of_time_each_before_what_is_due_later() -> None:
    line = partition()
    line.feed(added(0, cart_id="a"), LONG_AGO)
    line.feed(added(5, "HAT", cart_id="b"), LONG_AGO)
    assert line.feed(ordered(63, "HAT"), LONG_AGO) is WAITING
    assert line.feed(looked(62), LONG_AGO) is WAITING
    line.advance(at(100))
    assert found(line) == [("cart_abandoned", 1), ("channel_switched", None)]
    assert list(line.dirty["ada"].carts) == ["a"]


def test_an_event_of_the_very_deadline_waits_for_it_too() -> None:
    line = partition()
    line.feed(added(0), LONG_AGO)
    assert line.feed(ordered(60, "SHOE"), at(59)) is WAITING
    line.advance(at(60))
    assert found(line) == [("cart_abandoned", 1), ("channel_switched", None)]


def test_a_waiting_event_comes_after_what_is_due_at_its_own_time() -> None:
    line = partition()
    line.feed(added(0, cart_id="a"), LONG_AGO)
    line.feed(added(5, "HAT", cart_id="b"), LONG_AGO)
    assert line.feed(ordered(65, "HAT"), LONG_AGO) is WAITING
    line.advance(at(100))
    assert found(line)[:2] == [("cart_abandoned", 1), ("cart_abandoned", 1)]


def test_a_repetition_of_a_waiting_event_is_known() -> None:
    line = partition()
    line.feed(added(0), LONG_AGO)
    assert line.feed(looked(62), LONG_AGO) is WAITING
    assert line.feed(looked(62), LONG_AGO) is DUPLICATE


def test_after_a_stop_only_the_latest_of_several_stages_is_decided() -> None:
    line = partition()
    line.feed(may(-1), at(-1))
    line.feed(event(-1, "account.logged_in", identifiers={"email": "ada@example.com"}), at(-1))
    line.feed(added(0), at(0))
    line.advance(at(25 * HOURS))
    assert found(line) == [("cart_abandoned", 1), ("cart_abandoned", 2)]
    first, second = decisions(line)
    assert set(losers(first).values()) == {"expired"}
    assert (first.action, second.action) == ("", "remind_by_email")
    action = only([each for each in line.outputs if isinstance(each, Action)])
    assert action.time == at(24 * HOURS)


def test_a_stage_is_outrun_from_the_very_deadline_of_the_next() -> None:
    for until, reason in ((24 * HOURS - 1 / 60_000, "no_consent"), (24 * HOURS, "expired")):
        line = partition()
        line.feed(added(0), at(0))
        line.advance(at(until))
        assert set(losers(decisions(line)[0]).values()) == {reason}


def test_where_time_passes_evenly_each_stage_is_decided_at_its_own_time() -> None:
    line = partition(continuous=True)
    line.feed(added(0), at(0))
    line.advance(at(25 * HOURS))
    assert [set(losers(each).values()) for each in decisions(line)] == [{"no_consent"}] * 2


def test_what_is_found_out_after_it_expired_is_told_and_not_done() -> None:
    line = partition()
    line.feed(may(-1), at(-1))
    line.feed(event(-1, "account.logged_in", identifiers={"email": "ada@example.com"}), at(-1))
    line.feed(added(0), at(0))
    line.advance(at(22 * HOURS))
    assert found(line) == [("cart_abandoned", 1)]
    assert set(losers(only(decisions(line))).values()) >= {"expired"}


def test_after_a_stop_the_own_event_of_a_customer_holds_their_later_timers() -> None:
    line = partition()
    line.feed(added(0), at(0))
    line.feed(ordered(100, "SHOE"), at(30 * HOURS))
    assert found(line) == [("cart_abandoned", 1), ("channel_switched", None)]


def test_after_a_stop_a_touch_in_the_backlog_holds_every_timer_after_it() -> None:
    line = partition()
    line.feed(added(0), at(0))
    line.feed(added(30, "HAT"), at(50 * HOURS))
    fired = [each.time for each in line.outputs if isinstance(each, Situation)]
    assert fired == [at(90), at(24 * HOURS + 30)]


def test_a_timer_held_back_for_a_repetition_fires_all_the_same() -> None:
    line = partition()
    line.feed(looked(0), at(0))
    line.feed(added(0), at(0))
    assert line.feed(looked(0), at(70)) is DUPLICATE
    assert found(line) == [("cart_abandoned", 1)]


def test_a_timer_held_back_for_an_outcome_or_a_dead_letter_fires_all_the_same() -> None:
    for other in (event(30, "action.delivered", action_id="a"), event(30, "cart.item_added")):
        line = partition()
        line.feed(added(0), at(0))
        line.feed(other, at(70))
        assert found(line) == [("cart_abandoned", 1)], other.type


def test_a_timer_held_back_over_a_stored_context_fires_once() -> None:
    line = partition()
    line.feed(looked(0), at(0))
    line.feed(added(0), at(0))
    stored = write_context(line.cache.pop("ada"))
    line.load = lambda _: read_context(stored)
    assert line.feed(looked(0), at(70)) is DUPLICATE
    assert found(line) == [("cart_abandoned", 1)]


def test_timers_of_all_customers_fire_in_order_of_time() -> None:
    harness = Harness().feed(added(5), added(0, customer_id="bob"), added(2, customer_id="cy"))
    harness.wait_until(at(70))
    assert [each.customer_id for each in harness.situations] == ["bob", "cy", "ada"]


def test_the_clock_never_goes_back() -> None:
    line = partition()
    line.feed(added(0), at(0))
    line.advance(at(59))
    line.feed(added(1, customer_id="bob"), at(1))
    assert line.clock == at(59)


def test_what_is_due_is_known_from_the_context_alone() -> None:
    of_carts = replace(PLAYBOOK, situations=PLAYBOOK.situations[:2], options={}, asked=())
    harness = Harness(of_carts).feed(added(0))
    assert harness.contexts["ada"].next_due == at(60)
    assert harness.engine.dues == {"ada": at(60)}
    harness.feed(ordered(5, "SHOE"))
    assert harness.contexts["ada"].next_due == at(10 * DAYS)
    assert harness.engine.dues == {"ada": at(10 * DAYS)}
    assert harness.wait_until(at(11 * DAYS)).contexts["ada"].next_due == NEVER
    assert harness.engine.dues == {}


def test_a_restored_partition_fires_what_was_due_while_it_was_down_once() -> None:
    before = partition()
    before.feed(added(0), at(0))
    after = Partition(PLAYBOOK, TODAY, before.dirty.get, continuous=False)
    after.schedule("ada", before.dirty["ada"].next_due)
    after.advance(at(120))
    after.advance(at(180))
    assert found(after) == [("cart_abandoned", 1)]


def test_the_clock_of_a_partition_is_the_slowest_of_its_sources() -> None:
    clock = Watermark(["web/0", "till/0"])
    assert clock.now() == LONG_AGO
    assert clock.advance("web/0", at(120)) == LONG_AGO
    assert clock.advance("till/0", at(5)) == at(5)
    assert clock.advance("till/0", at(180)) == at(120)


def test_a_source_does_not_go_back_and_a_stranger_is_not_heard() -> None:
    clock = Watermark(["web/0"], {"web/0": at(10), "gone/3": at(1)})
    assert clock.advance("web/0", at(5)) == at(10)
    assert clock.advance("gone/3", at(99)) == at(10)
    assert clock.passed == {"web/0": at(10)}
