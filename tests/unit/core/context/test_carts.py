"""A cart that nobody touches is abandoned in stages; each touch of its own begins anew."""

from legato.core.context.runs import stages_fired
from legato.core.events.event import Event
from legato.core.values.results import Rejected
from legato.harness import Harness
from legato.wire.state import read_context, write_context
from tests.unit.core.stories import DAYS, HOURS, added, at, event, looked, removed, stages


def items(harness: Harness, cart_id: str = "-") -> dict[str, float]:
    cart = harness.contexts["ada"].carts[cart_id]
    return {sku: line.item.quantity for sku, line in cart.lines.items()}


def snapshot(minute: float, *skus: str, **told: object) -> Event:
    listed = [{"sku": sku, "quantity": skus.count(sku)} for sku in dict.fromkeys(skus)]
    return event(minute, "cart.updated", "web", **told, items=listed)


def test_a_cart_is_abandoned_after_an_hour_a_day_and_three_days() -> None:
    harness = Harness().feed(added(0)).wait_until(at(9 * DAYS))
    assert stages(harness) == [(60, 1), (24 * HOURS, 2), (72 * HOURS, 3)]


def test_a_stage_is_due_exactly_at_its_deadline_and_not_before() -> None:
    harness = Harness().feed(added(0)).wait_until(at(60) - 1)
    assert stages(harness) == []
    assert stages(harness.wait_until(at(60))) == [(60, 1)]


def test_all_stages_of_one_absence_are_one_occurrence_with_a_situation_each() -> None:
    found = Harness().feed(added(0)).wait_until(at(4 * DAYS)).situations
    assert len({each.occurrence_id for each in found}) == 1
    assert len({each.situation_id for each in found}) == 3


def test_each_touch_of_the_cart_starts_a_new_occurrence_at_stage_1() -> None:
    harness = Harness().feed(added(0), added(90, "HAT")).wait_until(at(200))
    assert stages(harness) == [(60, 1), (150, 1)]
    assert len({each.occurrence_id for each in harness.situations}) == 2


def test_any_cart_or_checkout_event_is_a_touch_of_its_cart() -> None:
    for kind in ("cart.viewed", "checkout.started", "checkout.step_completed", "cart.shared"):
        harness = Harness().feed(added(0), event(59, kind)).wait_until(at(140))
        assert stages(harness) == [(119, 1)], kind


def test_looking_around_or_failing_to_pay_is_no_touch_of_the_cart() -> None:
    harness = Harness().feed(added(0), looked(30), event(40, "payment.failed"))
    assert stages(harness.wait_until(at(61))) == [(60, 1)]


def test_a_touch_at_the_very_deadline_comes_after_the_stage() -> None:
    harness = Harness().feed(added(0), added(60, "HAT")).wait_until(at(121))
    assert stages(harness) == [(60, 1), (120, 1)]


def test_a_cart_emptied_piece_by_piece_is_not_abandoned() -> None:
    harness = Harness().feed(added(0, quantity=2))
    harness.feed(removed(5, quantity=1), removed(10, quantity=1))
    assert stages(harness.wait_until(at(9 * DAYS))) == []


def test_removal_takes_the_quantity_off_and_no_more() -> None:
    harness = Harness().feed(added(0, quantity=3), removed(5, quantity=2))
    assert items(harness) == {"SHOE": 1}
    assert stages(harness.wait_until(at(66))) == [(65, 1)]


def test_weights_that_sum_up_to_nothing_leave_an_empty_cart() -> None:
    cheese = [added(0, "CHEESE", quantity=0.1), added(1, "CHEESE", quantity=0.2)]
    harness = Harness().feed(*cheese, removed(2, "CHEESE", quantity=0.3))
    assert items(harness) == {}


def test_putting_an_article_in_again_adds_up_and_keeps_what_is_known_of_it() -> None:
    first = added(0, name="Runner Air", size="42", currency="EUR")
    again = event(5, "cart.item_added", sku="SHOE", quantity=2)
    harness = Harness().feed(first, again)
    item = harness.contexts["ada"].carts["-"].lines["SHOE"].item
    assert (item.quantity, item.price, item.name, item.size) == (3, 60, "Runner Air", "42")


def test_a_snapshot_replaces_the_cart() -> None:
    harness = Harness().feed(added(0), snapshot(5, "HAT", "HAT"))
    assert items(harness) == {"HAT": 2}


def test_an_older_snapshot_lies_below_what_was_put_in_since() -> None:
    harness = Harness().feed(added(4, "CAR"), added(10), snapshot(5, "HAT", received=11))
    assert items(harness) == {"HAT": 1, "SHOE": 1}
    assert stages(harness.wait_until(at(75))) == [(70, 1)]


def test_a_snapshot_of_the_same_instant_is_not_newer() -> None:
    assert items(Harness().feed(added(5), snapshot(5, "HAT"))) == {"SHOE": 1}


def test_a_delta_that_is_older_than_the_snapshot_is_in_it_already() -> None:
    harness = Harness().feed(snapshot(10, "HAT"), added(5, received=11))
    assert items(harness) == {"HAT": 1}


def test_a_delta_of_the_same_instant_as_the_snapshot_comes_on_top() -> None:
    assert items(Harness().feed(snapshot(5, "HAT"), added(5))) == {"HAT": 1, "SHOE": 1}


def test_of_what_is_said_of_an_article_the_newer_word_counts() -> None:
    newer = added(10, price=50.0, name="new", currency="EUR")
    older = added(5, price=40.0, name="old", currency="USD", size="42", received=11)
    item = Harness().feed(newer, older).contexts["ada"].carts["-"].lines["SHOE"].item
    assert (item.price, item.name, item.currency, item.size) == (50.0, "new", "EUR", "42")
    again = added(12, price=60.0, name="newest", currency="CHF")
    item = Harness().feed(newer, again).contexts["ada"].carts["-"].lines["SHOE"].item
    assert (item.price, item.name, item.currency) == (60.0, "newest", "CHF")


def test_what_takes_pieces_off_is_no_word_on_their_price() -> None:
    older, newer = added(1, quantity=2, price=40.0), added(5, price=50.0, received=11)
    harness = Harness().feed(older, removed(10, quantity=1), newer)
    item = harness.contexts["ada"].carts["-"].lines["SHOE"].item
    assert (item.quantity, item.price) == (2, 50.0)
    harness = Harness().feed(added(5, quantity=2, price=50.0), removed(10, quantity=1))
    harness.feed(added(1, price=40.0, received=11))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].item.price == 50.0


def test_an_older_snapshot_says_what_is_told_of_an_article_but_for_newer_words() -> None:
    listed = event(5, "cart.updated", items=[{"sku": "SHOE", "price": 50.0}], received=11)
    for late, price in ((removed(10, "HAT"), 50.0), (added(10, price=70.0), 70.0)):
        harness = Harness().feed(added(1, price=40.0), late, listed)
        assert harness.contexts["ada"].carts["-"].lines["SHOE"].item.price == price


def test_an_older_snapshot_that_lacks_an_article_says_since_when_it_is_there_again() -> None:
    harness = Harness().feed(added(1), added(10), snapshot(5, "HAT", received=11))
    line = harness.contexts["ada"].carts["-"].lines["SHOE"]
    assert (line.item.quantity, line.since) == (1, at(10))


def test_an_older_snapshot_that_has_an_article_leaves_since_when_it_is_there() -> None:
    put_in = [added(1), removed(2), added(3), removed(10), added(11)]
    harness = Harness().feed(*put_in, snapshot(5, "SHOE", received=12))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].since == at(11)
    harness = Harness().feed(*put_in[:3], added(11, "HAT"), snapshot(5, "SHOE", received=12))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].since == at(3)


def test_a_delta_after_a_snapshot_counts_from_it() -> None:
    harness = Harness().feed(snapshot(0, "HAT", "HAT"))
    harness.feed(removed(5, "HAT", quantity=1), added(6))
    assert items(harness) == {"HAT": 1, "SHOE": 1}


def test_a_snapshot_of_nothing_empties_the_cart_but_one_that_lists_none_does_not() -> None:
    harness = Harness().feed(added(0), event(5, "cart.updated", items=[]))
    assert items(harness) == {}
    assert stages(harness.wait_until(at(3 * DAYS))) == []
    nothings: list[dict[str, object]] = [{}, {"items": None}, {"total": 0}]
    for nothing in nothings:
        harness = Harness().feed(added(0))
        assert isinstance(harness.take(event(5, "cart.updated", **nothing)), Rejected)
        assert items(harness) == {"SHOE": 1}


def test_a_snapshot_may_name_an_article_twice() -> None:
    twice = event(0, "cart.updated", items=[{"sku": "SHOE", "size": s} for s in ("41", "42")])
    assert items(Harness().feed(twice)) == {"SHOE": 2}


def test_carts_are_told_apart_by_their_ids() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(30, "HAT", cart_id="b"))
    assert items(harness, "a") == {"SHOE": 1}
    assert stages(harness.wait_until(at(95))) == [(60, 1), (90, 1)]
    assert [each.evidence["cart_id"] for each in harness.situations] == ["a", "b"]


def test_a_cart_without_id_is_a_cart_of_its_own() -> None:
    harness = Harness().feed(added(0), added(30, "HAT", cart_id="b")).wait_until(at(61))
    assert [each.evidence["cart_id"] for each in harness.situations] == ["-"]


def test_a_cart_is_forgotten_10_days_after_its_last_touch() -> None:
    harness = Harness().feed(added(0), event(1, "checkout.started"))
    harness.wait_until(at(10 * DAYS + 1) - 1)
    assert "-" in harness.contexts["ada"].carts
    harness.wait_until(at(10 * DAYS + 1))
    assert not harness.contexts["ada"].carts
    assert not stages_fired(harness.contexts["ada"].runs)


def test_what_comes_after_10_days_starts_a_new_cart_at_stage_1() -> None:
    harness = Harness().feed(added(0), added(11 * DAYS, "HAT"))
    assert items(harness) == {"HAT": 1}
    harness.wait_until(at(11 * DAYS + 60))
    assert stages(harness)[-1] == (11 * DAYS + 60, 1)
    assert harness.situations[-1].occurrence_id != harness.situations[0].occurrence_id


def test_an_empty_cart_is_forgotten_too() -> None:
    harness = Harness().feed(added(0), removed(1)).wait_until(at(10 * DAYS + 1))
    assert not harness.contexts["ada"].carts


def test_a_late_touch_does_not_move_the_last_touch_back() -> None:
    harness = Harness().feed(added(30), added(10, "HAT", received=31)).wait_until(at(91))
    assert stages(harness) == [(90, 1)]
    assert items(harness) == {"SHOE": 1, "HAT": 1}


def test_a_touch_that_comes_late_moves_the_deadline_of_a_stage_that_fired() -> None:
    harness = Harness().feed(added(0), looked(70), added(40, "HAT", received=71))
    assert stages(harness.wait_until(at(101))) == [(60, 1), (100, 1)]


def test_a_late_touch_of_the_same_instant_does_not_fire_its_stage_again() -> None:
    late = added(0, "HAT", received=71)
    harness = Harness().feed(added(0), looked(70), late).wait_until(at(100))
    assert stages(harness) == [(60, 1)]


def test_the_evidence_says_what_was_left_and_where() -> None:
    harness = Harness().feed(added(0, "SHOE", "mobile", quantity=2))
    found = harness.wait_until(at(61)).situations[0]
    assert found.goals == ("cart:-",)
    assert found.evidence == {
        "touched": at(0),
        "waited_ms": 3_600_000,
        "cart_id": "-",
        "items": 1,
        "value": 120.0,
        "origin": "mobile",
    }


def test_an_open_checkout_is_a_goal_beside_its_cart() -> None:
    harness = Harness().feed(added(0), event(1, "checkout.started")).wait_until(at(61))
    assert harness.situations[0].goals == ("cart:-", "checkout:-")


def test_pieces_are_written_alike_before_a_restart_and_after_it() -> None:
    whole = Harness().feed(added(0), added(1))
    context = whole.contexts["ada"]
    again = read_context(write_context(context))
    assert repr(again.carts["-"].lines) == repr(context.carts["-"].lines)
