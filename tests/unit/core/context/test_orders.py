"""An order closes the carts that it bought, on any channel and in any order of arrival."""

import pytest

from legato.core.events.event import Event
from legato.harness import Harness
from tests.unit.core.stories import DAYS, HOURS, added, at, event, ordered, removed, stages


def carts(harness: Harness) -> dict[str, list[str]]:
    """List what is left, by cart; a cart with neither goods nor checkout counts for nothing."""
    left = harness.contexts["ada"].carts
    return {key: list(cart.lines) for key, cart in left.items() if cart.lines or cart.checkout}


def checkout(minute: float, **told: object) -> Event:
    return event(minute, "checkout.started", "web", **told)


@pytest.mark.parametrize("channel", ["web", "store", "call", "kiosk"])
def test_an_order_on_any_channel_closes_the_cart_and_no_reminder_comes(channel: str) -> None:
    harness = Harness().feed(added(0), ordered(50, "SHOE", channel=channel))
    assert carts(harness) == {}
    assert stages(harness.wait_until(at(9 * DAYS))) == []


def test_an_order_closes_the_cart_that_it_names_whatever_it_lists() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, cart_id="b"))
    harness.feed(ordered(5, "CAR", cart_id="a"))
    assert carts(harness) == {"b": ["SHOE"]}


def test_an_order_that_names_one_cart_leaves_the_others_even_with_their_articles() -> None:
    harness = Harness().feed(added(0, cart_id="a"), checkout(1, cart_id="a"), added(2))
    harness.feed(ordered(5, "SHOE", cart_id="-"))
    assert carts(harness) == {"a": ["SHOE"]}


@pytest.mark.parametrize("nothing", [{}, {"items": None}, {"items": []}])
def test_an_order_that_lists_nothing_closes_every_cart(nothing: dict[str, None]) -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, "HAT"))
    harness.feed(event(5, "order.completed", "call", **nothing))
    assert carts(harness) == {}


def test_an_order_without_data_closes_every_cart() -> None:
    harness = Harness().feed(added(0))
    bare = event(5, "order.completed", "call")
    bare.data = type(bare.data)(b"null")
    assert carts(harness.feed(bare)) == {}


def test_an_order_closes_the_carts_that_hold_one_of_its_articles() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, "HAT", cart_id="a"))
    harness.feed(added(2, "LAMP", cart_id="b"), ordered(5, "HAT", "CAR"))
    assert carts(harness) == {"b": ["LAMP"]}


def test_an_order_closes_the_cart_whose_checkout_is_open() -> None:
    harness = Harness().feed(added(0), checkout(1), ordered(5, "CAR"))
    assert carts(harness) == {}


def test_an_order_closes_a_checkout_without_goods() -> None:
    assert carts(Harness().feed(checkout(0), ordered(5, "CAR"))) == {}


def test_an_order_that_closes_nothing_changes_nothing_of_the_cart() -> None:
    harness = Harness().feed(added(0), ordered(30, "CAR", channel="web"))
    assert carts(harness) == {"-": ["SHOE"]}
    assert stages(harness.wait_until(at(24 * HOURS))) == [(60, 1), (24 * HOURS, 2)]


def test_an_order_for_an_unknown_cart_closes_nothing() -> None:
    harness = Harness().feed(added(0), ordered(5, "SHOE", cart_id="other"))
    assert carts(harness) == {"-": ["SHOE"]}


def test_an_order_is_taken_whatever_its_items_look_like() -> None:
    odd = event(5, "order.completed", "store", items=[{"quantity": -1}, {"sku": "SHOE"}])
    assert carts(Harness().feed(added(0), odd)) == {}


def test_an_order_at_the_very_deadline_comes_after_the_stage() -> None:
    harness = Harness().feed(added(0), ordered(60, "SHOE")).wait_until(at(2 * DAYS))
    assert stages(harness) == [(60, 1)]


def test_an_order_ends_the_checkout_so_that_the_next_is_a_new_one() -> None:
    harness = Harness().feed(added(0), checkout(1), ordered(5, "SHOE"), added(6, "HAT"))
    assert harness.contexts["ada"].carts["-"].checkout is None
    assert carts(harness.feed(ordered(7, "CAR"))) == {"-": ["HAT"]}


def test_a_cancelled_or_returned_order_closes_nothing() -> None:
    for kind in ("order.cancelled", "order.returned", "order.ready_for_pickup"):
        harness = Harness().feed(added(0), event(5, kind, "store", items=[{"sku": "SHOE"}]))
        assert carts(harness) == {"-": ["SHOE"]}, kind


def test_a_late_order_closes_what_was_in_the_cart_by_then() -> None:
    harness = Harness().feed(added(0), added(20, "HAT"), ordered(10, "SHOE", received=21))
    assert carts(harness) == {"-": ["HAT"]}


def test_a_late_order_leaves_a_cart_that_was_filled_after_it() -> None:
    harness = Harness().feed(added(0), added(20, "HAT"), ordered(10, "HAT", received=21))
    assert carts(harness) == {"-": ["SHOE", "HAT"]}


def test_a_late_order_leaves_a_checkout_that_was_opened_after_it() -> None:
    harness = Harness().feed(added(0), checkout(20), ordered(10, "CAR", received=21))
    assert carts(harness) == {"-": ["SHOE"]}
    assert harness.contexts["ada"].carts["-"].checkout == at(20)


def test_a_late_order_stops_the_stages_that_have_not_fired() -> None:
    harness = Harness().feed(added(0), event(90, "page.viewed", customer_id="bob"))
    harness.feed(ordered(40, "SHOE", received=90)).wait_until(at(5 * DAYS))
    assert stages(harness) == [(60, 1)]


def test_a_late_order_leaves_what_was_put_in_again_since() -> None:
    again = [added(0), added(60), added(40, received=61)]
    for harness in (Harness().feed(*again), Harness().feed(added(0), removed(60), added(61))):
        assert carts(harness.feed(ordered(50, "SHOE", received=62))) == {"-": ["SHOE"]}


def test_an_article_counts_as_there_since_it_was_first_put_in() -> None:
    harness = Harness().feed(added(20), added(60, "HAT"), added(40, "HAT", received=61))
    assert carts(harness.feed(ordered(50, "HAT", received=62))) == {"-": ["HAT"]}


def test_a_late_order_finds_the_checkout_that_was_open_then_and_leaves_the_next() -> None:
    harness = Harness().feed(added(0), checkout(20), checkout(5, received=21))
    harness.feed(ordered(10, "CAR", received=22))
    assert carts(harness) == {"-": []}
    assert harness.contexts["ada"].carts["-"].checkout == at(20)


def test_what_was_put_in_at_the_moment_of_the_order_comes_after_it() -> None:
    harness = Harness().feed(added(0), ordered(10, "SHOE"), added(10))
    assert carts(harness) == {"-": ["SHOE"]}


def test_what_came_in_before_a_cart_was_bought_does_not_open_it_again() -> None:
    harness = Harness().feed(added(0, "HAT"), ordered(10, "HAT"), added(5, received=30))
    assert carts(harness) == {}


LATE = [
    ("an article that was bought", added(5, "SHOE", received=30), ordered(10, "SHOE")),
    ("an article, and the order lists none", added(5, received=30), ordered(10)),
    ("an article of the cart that was bought", added(5, cart_id="a", received=30),
     ordered(10, "CAR", cart_id="a")),
    ("a checkout that was open at the order", checkout(5, received=30), ordered(10, "CAR")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("late", "order"), [each[1:] for each in LATE], ids=[x[0] for x in LATE]
)
def test_a_late_cart_event_does_not_open_again_what_was_bought(
    late: Event, order: Event
) -> None:
    harness = Harness().feed(order, late).wait_until(at(5 * DAYS))
    assert carts(harness) == {}
    assert stages(harness) == []


def test_a_late_article_closes_the_cart_that_the_order_would_have_closed_with_it() -> None:
    harness = Harness().feed(added(0, "HAT"), ordered(10, "SHOE"))
    assert carts(harness) == {"-": ["HAT"]}
    assert carts(harness.feed(added(5, "SHOE", received=30))) == {}


def test_a_late_removal_of_what_was_bought_is_no_reason_to_close() -> None:
    harness = Harness().feed(added(0, "HAT"), ordered(10, "SHOE"))
    harness.feed(removed(5, "SHOE", received=30))
    assert carts(harness) == {"-": ["HAT"]}


def test_a_late_article_that_was_not_bought_goes_into_the_cart() -> None:
    harness = Harness().feed(ordered(10, "CAR"), added(5, "SHOE", received=30))
    assert carts(harness) == {"-": ["SHOE"]}


def test_what_is_put_in_after_an_order_is_a_new_cart() -> None:
    harness = Harness().feed(added(0), ordered(10, "SHOE"), added(11, "SHOE"))
    assert stages(harness.wait_until(at(72))) == [(71, 1)]


def test_orders_are_remembered_for_10_days() -> None:
    harness = Harness().feed(ordered(0), ordered(1), ordered(10 * DAYS, order_id="o-1"))
    orders = harness.contexts["ada"].orders
    assert [order.time for order in orders] == [at(1), at(10 * DAYS)]
    assert orders[-1].id == "o-1"


def test_at_most_100_orders_are_remembered() -> None:
    harness = Harness().feed(*(ordered(n) for n in range(120)))
    assert [each.time for each in harness.contexts["ada"].orders] == [
        at(n) for n in range(20, 120)
    ]
