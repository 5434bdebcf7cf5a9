"""What bears a brand, and which brands a customer has touched."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.context.as_of import context_as_of
from legato.core.context.context import Context
from legato.core.context.retention import MOST_BRANDS
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.harness import Harness, default_playbook
from legato.wire.context_view import context_view
from tests.unit.core.stories import added, at, event, may, ordered


def known(*events: Event) -> Context:
    return Harness().feed(*events).contexts["ada"]


def test_what_is_opened_bears_the_brand_of_the_event_that_opened_it() -> None:
    context = known(
        added(0, brand="north", cart_id="c"),
        added(1, "HAT", brand="south", cart_id="c"),
        event(2, "message.received", "chat", case_id="k", brand="south"),
        event(3, "contact.started", "call", case_id="k", brand="north"),
        event(4, "product.viewed", sku="HAT", brand="west"),
        ordered(5, "COAT", order_id="o", cart_id="other", brand="west"),
        event(6, "page.viewed"),
    )
    assert context.carts["c"].brand == "north"
    assert context.cases["k"].brand == "south"
    assert [order.brand for order in context.orders] == ["west"]
    assert context.looked_at["HAT"].brand == "west"
    told = [touch.brand for touch in context.timeline]
    assert told == ["north", "south", "south", "north", "west", "west", ""]
    assert context.brands == ("north", "south", "west")


def test_an_event_that_comes_late_opened_it_all_the_same() -> None:
    context = known(
        added(10, brand="north", received=10),
        event(11, "message.received", "chat", case_id="k", brand="north", received=11),
        added(2, "HAT", brand="south", received=12),
        event(3, "message.received", "chat", case_id="k", brand="south", received=13),
    )
    assert (context.carts["-"].brand, context.cases["k"].brand) == ("south", "south")
    assert [touch.brand for touch in context.timeline] == ["south", "south", "north", "north"]


def test_a_cart_that_an_order_closed_bears_the_brand_of_whoever_opens_it_anew() -> None:
    context = known(
        added(0, brand="north"),
        ordered(1, "SHOE", channel="web", brand="north"),
        added(90, "HAT", brand="south"),
    )
    assert context.carts["-"].brand == "south"


@pytest.mark.parametrize(("first", "brand"), [(1, "north"), (9, "south")])
def test_at_a_merge_what_was_opened_earlier_keeps_its_brand(first: int, brand: str) -> None:
    ada = known(
        added(first, brand="north"),
        event(first, "message.received", "chat", case_id="k", brand="north"),
    )
    bob = known(
        added(5, "HAT", brand="south"),
        event(5, "message.received", "web", case_id="k", brand="south"),
    )
    for one, other in ((ada, bob), (bob, ada)):
        united, _ = merge(default_playbook(), one, other)
        assert (united.carts["-"].brand, united.cases["k"].brand) == (brand, brand)
        assert united.brands == ("north", "south")


def test_a_payment_of_an_order_that_nobody_told_of_bears_its_brand() -> None:
    context = known(event(0, "payment.failed", order_id="o", brand="north"))
    assert [order.brand for order in context.orders] == ["north"]


def test_more_brands_than_are_kept_are_those_that_come_first_by_name() -> None:
    told = [event(n, "page.viewed", brand=f"b{n:02}") for n in reversed(range(40))]
    assert known(*told).brands == tuple(f"b{n:02}" for n in range(MOST_BRANDS))


def test_what_the_log_no_longer_tells_keeps_its_brand() -> None:
    context = known(added(0, brand="north"), event(5, "page.viewed", brand="south"))
    past = context_as_of(context, at(3))
    assert (past.carts["-"].brand, past.brands) == ("north", ("north", "south"))
    assert [touch.brand for touch in past.timeline] == ["north"]


def test_a_brand_is_shown_where_there_is_one() -> None:
    view = context_view(known(added(0, brand="north"), added(1, "HAT", cart_id="b")))
    assert view.brands == ("north",)
    assert [each.brand for each in view.timeline] == ["north", ""]
    assert [view.carts[name].brand for name in ("-", "b")] == ["north", ""]


@pytest.mark.parametrize(
    ("visit", "brand"),
    [
        pytest.param(None, "north", id="time alone shows it: that of the cart"),
        pytest.param("south", "south", id="an event shows it: that of the event"),
    ],
)
def test_what_is_decided_bears_the_brand_in_whose_name_it_is(
    visit: str | None, brand: str
) -> None:
    harness = Harness().feed(
        may(-5, identifiers={"email": "a@example.org"}), added(0, brand="north")
    )
    if visit:
        harness.feed(event(5, "store.visited", "store", brand=visit, venue="BER-1"))
    harness.wait_until(at(70))
    act, taken = harness.actions[0], harness.contexts["ada"].actions[0]
    assert (act.brand, taken.brand, harness.decisions[0].brand) == (brand, brand, brand)


def test_without_brands_nothing_that_is_said_names_one() -> None:
    harness = Harness().feed(may(-5, identifiers={"email": "a@example.org"}), added(0))
    harness.wait_until(at(70))
    said = msgspec.json.encode([*harness.actions, *harness.decisions])
    assert harness.actions and b"brand" not in said
