"""An order ends the cart that it came from, and takes its articles out of every other."""

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
def test_an_order_on_any_channel_takes_what_it_lists_and_no_reminder_comes(
    channel: str,
) -> None:
    harness = Harness().feed(added(0), ordered(50, "SHOE", channel=channel))
    assert carts(harness) == {}
    assert stages(harness.wait_until(at(9 * DAYS))) == []


def test_an_order_closes_the_cart_that_it_names_whatever_it_lists() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, cart_id="b"))
    harness.feed(ordered(5, "CAR", cart_id="a"))
    assert carts(harness) == {"b": ["SHOE"]}


def test_an_order_that_names_one_cart_takes_its_articles_out_of_the_others() -> None:
    harness = Harness().feed(added(0, cart_id="a"), checkout(1, cart_id="a"), added(2))
    harness.feed(added(3, cart_id="c"), added(4, "HAT", cart_id="c"))
    harness.feed(ordered(5, "SHOE", cart_id="-"))
    assert carts(harness) == {"c": ["HAT"]}
    assert stages(harness.wait_until(at(64))) == [(64, 1)]


@pytest.mark.parametrize("nothing", [{}, {"items": None}, {"items": []}])
def test_an_order_that_lists_nothing_closes_the_only_cart(nothing: dict[str, None]) -> None:
    harness = Harness().feed(added(0, cart_id="a"))
    assert carts(harness.feed(event(5, "order.completed", "call", **nothing))) == {}
    harness = Harness().feed(added(0, cart_id="a"), added(1, "HAT"))
    harness.feed(event(5, "order.completed", "call", **nothing))
    assert carts(harness) == {"a": ["SHOE"], "-": ["HAT"]}


def test_an_order_that_lists_nothing_closes_the_cart_of_its_channel() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, "HAT", "mobile", cart_id="b"))
    assert carts(harness.feed(ordered(5, channel="web"))) == {"b": ["HAT"]}


def test_an_order_without_data_closes_the_only_cart() -> None:
    harness = Harness().feed(added(0))
    bare = event(5, "order.completed", "call")
    bare.data = type(bare.data)(b"null")
    assert carts(harness.feed(bare)) == {}


def test_an_order_closes_the_cart_of_its_channel_that_holds_one_of_its_articles() -> None:
    harness = Harness().feed(added(0, cart_id="a"), added(1, "HAT", cart_id="a"))
    harness.feed(added(2, "LAMP", cart_id="b"), ordered(5, "HAT", "CAR", channel="web"))
    assert carts(harness) == {"b": ["LAMP"]}


def test_an_order_elsewhere_takes_its_articles_and_leaves_the_rest() -> None:
    harness = Harness().feed(added(0, "SOCK"), added(1, "SHOE"), checkout(2))
    harness.feed(ordered(50, "SHOE", channel="store"))
    assert carts(harness) == {"-": ["SOCK"]}
    assert harness.contexts["ada"].carts["-"].checkout == at(2)
    assert stages(harness.wait_until(at(70))) == [(62, 1)]


def test_an_order_takes_no_more_pieces_than_were_ordered() -> None:
    two = event(5, "order.completed", "store", items=[{"sku": "SHOE", "quantity": 2}])
    harness = Harness().feed(added(0, quantity=3), added(1, cart_id="b", quantity=1), two)
    assert carts(harness) == {"-": ["SHOE"]}
    assert harness.contexts["ada"].carts["-"].value == 60


def test_an_order_told_again_takes_nothing_twice_and_what_was_told_last_counts() -> None:
    one = {"items": [{"sku": "SHOE", "quantity": 1}], "order_id": "o"}
    told = [event(minute, "order.completed", "store", **one) for minute in (5, 6, 7)]
    harness = Harness().feed(added(0, quantity=3), *told)
    assert harness.contexts["ada"].carts["-"].value == 120
    hat = event(8, "order.completed", "store", items=[{"sku": "HAT"}], order_id="o")
    assert harness.feed(hat).contexts["ada"].carts["-"].value == 180
    assert [order.time for order in harness.contexts["ada"].orders] == [at(5)]


@pytest.mark.parametrize(
    ("in_cart", "in_order"),
    [
        ({"sku": "S"}, {"sku": "S"}),
        ({"sku": "4711"}, {"sku": "S", "variant_id": 4711}),
        ({"sku": "S", "product_id": "P"}, {"sku": "P"}),
        ({"sku": "V"}, {"variant_id": "V"}),
    ],
)
def test_articles_are_equal_by_what_either_side_has_for_a_sku(
    in_cart: dict[str, str], in_order: dict[str, str]
) -> None:
    harness = Harness().feed(event(0, "cart.item_added", "web", **in_cart), added(1, "HAT"))
    harness.feed(event(5, "order.completed", "store", items=[in_order]))
    assert carts(harness) == {"-": ["HAT"]}


def test_articles_that_only_share_a_product_are_not_equal() -> None:
    harness = Harness().feed(added(0, "RED", product_id="P"))
    harness.feed(ordered(5, channel="store", items=[{"sku": "BLUE", "product_id": "P"}]))
    assert carts(harness) == {"-": ["RED"]}


def test_an_order_closes_the_cart_of_its_channel_whose_checkout_is_open() -> None:
    harness = Harness().feed(added(0), checkout(1), ordered(5, "CAR", channel="web"))
    assert carts(harness) == {}


def test_an_order_closes_a_checkout_without_goods() -> None:
    assert carts(Harness().feed(checkout(0), ordered(5, "CAR", channel="web"))) == {}


def test_an_order_that_closes_nothing_changes_nothing_of_the_cart() -> None:
    harness = Harness().feed(added(0), ordered(30, "CAR", channel="web"))
    assert carts(harness) == {"-": ["SHOE"]}
    assert stages(harness.wait_until(at(24 * HOURS))) == [(60, 1), (24 * HOURS, 2)]


def test_an_order_for_an_unknown_cart_closes_none_but_takes_its_articles() -> None:
    harness = Harness().feed(added(0), added(1, "HAT"), checkout(2))
    assert carts(harness.feed(ordered(5, "SHOE", cart_id="other"))) == {"-": ["HAT"]}


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
    order = ordered(50, "HAT", channel="web", received=62)
    assert carts(harness.feed(order)) == {"-": ["HAT"]}


def test_a_late_order_finds_the_checkout_that_was_open_then_and_leaves_the_next() -> None:
    harness = Harness().feed(added(0), checkout(20), checkout(5, received=21))
    harness.feed(ordered(10, "CAR", channel="web", received=22))
    assert carts(harness) == {}
    assert carts(harness.feed(added(15, "HAT", received=23))) == {"-": ["HAT"]}
    assert harness.contexts["ada"].carts["-"].checkout == at(20)


def test_what_was_put_in_at_the_moment_of_the_order_was_ordered_with_it() -> None:
    for log in ([added(10), ordered(10, "SHOE")], [ordered(10, "SHOE"), added(10)]):
        assert carts(Harness().feed(*log)) == {}


def test_what_came_in_before_a_cart_was_bought_does_not_open_it_again() -> None:
    harness = Harness().feed(added(0, "HAT"), ordered(10, "HAT", channel="web"))
    assert carts(harness.feed(added(5, received=30))) == {}


LATE = [
    ("an article that was bought", added(5, "SHOE", received=30), ordered(10, "SHOE")),
    ("an article, and the order lists none", added(5, received=30), ordered(10)),
    ("an article of the cart that was bought", added(5, cart_id="a", received=30),
     ordered(10, "CAR", cart_id="a")),
    ("a checkout that was open at the order", checkout(5, received=30),
     ordered(10, "CAR", channel="web")),
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
    harness = Harness().feed(added(0, "HAT"), ordered(10, "SHOE", channel="web"))
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


def snapshot(minute: float, *skus: str, **told: object) -> Event:
    return event(minute, "cart.updated", "web", items=[{"sku": sku} for sku in skus], **told)


ECHOES = [
    ("the cart as it was", snapshot(11, "SHOE")),
    ("a part of it", snapshot(11)),
    ("the very last moment", snapshot(40, "SHOE")),
    ("a checkout", checkout(11)),
    ("a step of it", event(11, "checkout.step_completed", "web", step="thanks")),
]


@pytest.mark.parametrize("echo", [each[1] for each in ECHOES], ids=[x[0] for x in ECHOES])
@pytest.mark.parametrize("late", [False, True])
def test_an_echo_of_what_was_ordered_is_no_new_cart(echo: Event, *, late: bool) -> None:
    order = ordered(10, "SHOE", channel="web", received=50)
    harness = Harness().feed(added(0), *([echo, order] if late else [order, echo]))
    assert carts(harness) == {}
    assert carts(harness.feed(added(51, "HAT"))) == {"-": ["HAT"]}
    assert harness.contexts["ada"].carts["-"].checkout is None


NEWS = [
    ("an article more", [snapshot(11, "SHOE", "HAT")], ["SHOE", "HAT"]),
    ("the same, put in again", [added(11), snapshot(12, "SHOE")], ["SHOE"]),
    ("the same, after half an hour", [snapshot(40.1, "SHOE")], ["SHOE"]),
    ("something put in", [added(11, "HAT")], ["HAT"]),
]


@pytest.mark.parametrize(
    ("news", "left"), [each[1:] for each in NEWS], ids=[x[0] for x in NEWS]
)
def test_what_is_new_after_an_order_is_a_cart(news: list[Event], left: list[str]) -> None:
    harness = Harness().feed(added(0), ordered(10, "SHOE", channel="web"), *news)
    assert carts(harness) == {"-": left}


def test_an_echo_of_a_cart_that_nobody_knew_is_told_by_what_was_ordered() -> None:
    order = ordered(10, "LAMP", cart_id="k")
    assert carts(Harness().feed(order, snapshot(11, "LAMP", cart_id="k"))) == {}
    more = Harness().feed(order, snapshot(11, "LAMP", "HAT", cart_id="k"))
    assert carts(more) == {"k": ["LAMP", "HAT"]}


def failed(minute: float, order_id: str = "o-1", **told: object) -> Event:
    return event(minute, "payment.failed", "web", order_id=order_id, **told)


def test_a_payment_that_fails_gives_back_what_the_order_took() -> None:
    order = ordered(10, "SHOE", channel="web", order_id="o-1")
    harness = Harness().feed(added(0, name="Runner"), checkout(5), order, failed(11))
    assert carts(harness) == {"-": ["SHOE"]}
    cart = harness.contexts["ada"].carts["-"]
    assert (cart.lines["SHOE"].item.name, cart.value, cart.touched) == ("Runner", 60, at(11))
    assert cart.checkout == at(5)
    assert stages(harness.wait_until(at(80))) == [(71, 1)]


def test_it_gives_back_what_the_customer_has_since_taken_the_rest_of_out() -> None:
    order = ordered(10, items=[{"sku": "SHOE", "quantity": 2}], order_id="o-1")
    rest = (added(0, name="Runner", quantity=3), order, removed(20, quantity=1))
    more = (added(0, name="Runner", quantity=2), order, added(20), removed(30, quantity=1))
    for told in (rest, more):
        harness = Harness().feed(*told)
        assert carts(harness) == {}
        line = harness.feed(failed(40)).contexts["ada"].carts["-"].lines["SHOE"]
        assert (line.item.name, line.item.quantity) == ("Runner", 2)


@pytest.mark.parametrize("kind", ["order.cancelled", "order.returned"])
def test_calling_off_an_order_that_was_not_paid_takes_nothing_again(kind: str) -> None:
    order = ordered(10, "SHOE", order_id="o-1")
    harness = Harness().feed(added(0), order, failed(11), event(12, kind, order_id="o-1"))
    assert carts(harness) == {"-": ["SHOE"]}


@pytest.mark.parametrize("kind", ["order.completed", "order.ready_for_pickup", "order.paid"])
def test_an_order_that_goes_on_after_all_takes_it_again(kind: str) -> None:
    order = ordered(10, "SHOE", channel="web", order_id="o-1")
    harness = Harness().feed(added(0), order, failed(11), event(12, kind, order_id="o-1"))
    assert carts(harness) == {}
    assert stages(harness.wait_until(at(2 * DAYS))) == []


def test_a_payment_of_another_order_or_of_none_gives_nothing_back() -> None:
    order = ordered(10, "SHOE", order_id="o-1")
    harness = Harness().feed(added(0), order, failed(11, "o-2"), failed(12, ""))
    assert carts(harness) == {}


def test_a_payment_that_failed_before_its_order_was_told_gives_back_all_the_same() -> None:
    order = ordered(10, "SHOE", order_id="o-1", received=12)
    assert carts(Harness().feed(added(0), failed(11), order)) == {"-": ["SHOE"]}
    before = ordered(12, "SHOE", order_id="o-1")
    assert carts(Harness().feed(added(0), failed(11), before)) == {}


def test_a_removal_without_a_quantity_takes_the_whole_line_off() -> None:
    harness = Harness().feed(added(0, quantity=3), added(1, "HAT"), removed(5))
    assert carts(harness) == {"-": ["HAT"]}


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


def test_what_is_put_in_again_is_there_since_then_whatever_else_is_heard_of_late() -> None:
    again = [added(0), ordered(1, "SHOE"), added(60), added(61, "HAT"), ordered(70, "HAT")]
    harness = Harness().feed(*again, removed(65, "HAT", received=81))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].since == at(60)


def test_what_a_snapshot_has_again_is_there_since_then_whatever_else_is_heard_of_late() -> None:
    items = [{"sku": "SHOE", "price": 60.0}, {"sku": "HAT"}]
    again = [ordered(1, "SHOE", channel="web"), event(2, "cart.updated", items=items)]
    harness = Harness().feed(added(0), *again, added(60, "PEN"), ordered(70, "PEN"))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].since == at(2)
    harness.feed(removed(65, "HAT", received=81))
    assert harness.contexts["ada"].carts["-"].lines["SHOE"].since == at(2)


def test_what_was_taken_out_after_an_order_is_there_since_it_was_put_in_again() -> None:
    taken_out = [added(0), ordered(1, "SHOE", order_id="o-1"), removed(2), added(4)]
    harness = Harness().feed(*taken_out, failed(5))
    line = harness.contexts["ada"].carts["-"].lines["SHOE"]
    assert (line.item.quantity, line.since) == (1, at(4))


def test_what_a_late_snapshot_lacks_no_payment_that_fails_gives_back() -> None:
    later = [added(0), ordered(1, "SHOE", order_id="o-1"), added(100, "HAT")]
    emptied = event(90, "cart.updated", items=[], received=101)
    harness = Harness().feed(*later, emptied, failed(110))
    assert [*harness.contexts["ada"].carts["-"].lines] == ["HAT"]
