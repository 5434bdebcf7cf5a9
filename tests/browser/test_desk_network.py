"""In a dead network a page says so and heals, and a tap waits in it, and is sent once."""

from __future__ import annotations

import signal

import pytest
from playwright.sync_api import Page, Route, expect

from legato.local import wait_until
from tests.browser.desk_people import STORE, Browsing, Shopper, show_card
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import DeskWorld

pytestmark = pytest.mark.long

WAITS = "Not sent yet: what you tapped waits here, and is sent as soon as it can be."
SILENT = "Not live just now; what you see may be old. Trying again …"
TOLD_MS = 7_000
"""Five seconds, and two for a machine that does something else beside."""


def claimed(at: Browsing, shopper: Shopper) -> Page:
    """The card of a shopper whom Maria has taken up."""
    page = at.page("maria")
    show_card(page, shopper.card)
    page.get_by_role("button", name="Mine").click()
    expect(page.get_by_role("button", name="Sold")).to_be_visible()
    return page


def test_a_tap_in_a_dead_network_waits_and_is_sent_once(desk: DeskWorld, at: Browsing) -> None:
    ada = Shopper(desk)
    customer = ada.fills_a_cart()
    page = claimed(at, ada)
    page.context.set_offline(True)
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_text(WAITS)).to_be_visible()
    page.get_by_role("button", name="Sold").click()
    page.context.set_offline(False)
    expect(page.get_by_text(WAITS)).to_be_hidden()
    assert wait_for_one(desk, customer) == Told("accepted", "store")


def test_a_tap_that_waits_is_sent_by_the_next_page(desk: DeskWorld, at: Browsing) -> None:
    bo = Shopper(desk, first_name="Bo")
    customer = bo.fills_a_cart()
    page = claimed(at, bo)
    page.route("**/accepted", lambda route: route.abort())
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_text(WAITS)).to_be_visible()
    page.goto("/pages/kit")
    expect(page.get_by_text(WAITS)).to_be_visible()
    page.unroute("**/accepted")
    expect(page.get_by_text(WAITS)).to_be_hidden()
    assert wait_for_one(desk, customer) == Told("accepted", "store")


def test_an_answer_that_was_lost_does_not_do_it_twice(desk: DeskWorld, at: Browsing) -> None:
    cleo = Shopper(desk, first_name="Cleo")
    customer = cleo.fills_a_cart()
    page = claimed(at, cleo)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort() if len(lost) < 3 else route.fulfill(status=502)

    page.route("**/accepted", lose)
    page.get_by_role("button", name="Sold").click()
    wait_until(lambda: page.title() and len(lost) >= 3, "the tap to be sent three times")
    page.unroute("**/accepted")
    assert wait_for_one(desk, customer) == Told("accepted", "store")
    assert set(lost) == {200}


def test_two_taps_in_a_row_are_one(desk: DeskWorld, at: Browsing) -> None:
    dan = Shopper(desk, first_name="Dan")
    customer = dan.fills_a_cart()
    page = claimed(at, dan)
    page.get_by_role("button", name="Sold").dblclick()
    expect(page.get_by_text("Sold.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sold").click()
    assert wait_for_one(desk, customer) == Told("accepted", "store")


@pytest.mark.parametrize("fault", [429, 503, "away"])
def test_a_list_that_could_not_be_fetched_says_so_and_is_fetched_again(
    desk: DeskWorld, at: Browsing, fault: int | str
) -> None:
    """The stream goes on meanwhile, and says nothing more."""
    fay = Shopper(desk, first_name=f"Fay-{fault}")
    fay.fills_a_cart()
    page = at.page("maria")
    page.goto(STORE)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    def fail(route: Route) -> None:
        route.abort() if isinstance(fault, str) else route.fulfill(status=fault)

    page.route("**/list", fail)
    fay.comes_in()
    expect(page.get_by_text("Not live", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=fay.first_name)).to_be_hidden()
    page.unroute("**/list")
    expect(page.get_by_role("link", name=fay.first_name)).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_a_stream_that_falls_silent_is_told_and_heals(desk: DeskWorld, at: Browsing) -> None:
    eve = Shopper(desk, first_name="Eve")
    eve.fills_a_cart()
    page = claimed(at, eve)
    desk.api.process.send_signal(signal.SIGSTOP)
    try:
        expect(page.get_by_text(SILENT)).to_be_visible(timeout=TOLD_MS)
        expect(page.get_by_text("Not live", exact=True)).to_be_visible()
    finally:
        desk.api.process.send_signal(signal.SIGCONT)
    expect(page.get_by_text(SILENT)).to_be_hidden()
    eve.tell("cart.item_added", "web", sku="HAT", name="Straw hat", price=20.0, quantity=1)
    expect(page.get_by_text("Straw hat")).to_be_visible()


def test_a_stream_that_never_began_is_told_and_heals(desk: DeskWorld, at: Browsing) -> None:
    page = at.page("maria")
    page.route("**/live", lambda route: route.fulfill(status=503))
    page.goto(STORE)
    expect(page.get_by_text(SILENT)).to_be_visible(timeout=TOLD_MS)
    page.unroute("**/live")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text(SILENT)).to_be_hidden()
