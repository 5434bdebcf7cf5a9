"""The first story of all: an associate sees the web cart, takes the customer up, and sells."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.desk_people import LIVE_S, SHOE, STORE, Browsing, Shopper, show_card, took_s
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import DeskWorld


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_who_shows_a_card_is_sold_what_they_left_on_the_web(
    desk: DeskWorld, at: Browsing
) -> None:
    ada = Shopper(desk)
    customer = ada.fills_a_cart()
    page = at.page("maria")
    show_card(page, ada.card)
    expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    expect(page.get_by_text("Runner Air")).to_be_visible()
    expect(page.get_by_text("Size 42")).to_be_visible()
    tap(page, "Mine")
    expect(page.get_by_text("Yours. The others are told.")).to_be_visible()
    tap(page, "Sold")
    tap(page, "Undo")
    expect(page.get_by_text("Undone.")).to_be_visible()
    tap(page, "Sold")
    expect(page.get_by_text("Sold.")).to_be_visible()
    assert wait_for_one(desk, customer) == Told("accepted", "store")
    expect(page.get_by_role("button", name="Sold", exact=True)).to_have_count(0)


def test_list_and_card_are_live(desk: DeskWorld, at: Browsing) -> None:
    bo = Shopper(desk, first_name="Bo")
    bo.fills_a_cart()
    page = at.page("maria")
    page.goto(STORE)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    bo.comes_in()
    row = page.get_by_role("link", name="Bo")
    came = took_s(row.is_visible, "the row of who came in")
    row.click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    bo.tell("cart.item_added", "web", sku="HAT", name="Straw hat", price=20.0, quantity=1)
    hat = page.get_by_text("Straw hat")
    put = took_s(hat.is_visible, "the article that was put into the cart")
    print(f"the list was live after {came:.2f} s, the card after {put:.2f} s")
    assert came < LIVE_S
    assert put < LIVE_S


def test_the_second_associate_is_told_who_has_it(desk: DeskWorld, at: Browsing) -> None:
    cleo = Shopper(desk, first_name="Cleo")
    cleo.fills_a_cart()
    marias, toms = at.page("maria"), at.page("tom")
    for page in (marias, toms):
        show_card(page, cleo.card)
        expect(page.get_by_role("button", name="Mine")).to_be_visible()
    tap(marias, "Mine")
    expect(toms.get_by_text("maria has this", exact=True)).to_be_visible(timeout=LIVE_S * 1_000)
    expect(toms.get_by_role("button", name="Mine")).to_have_count(0)


def test_who_is_not_interested_says_why(desk: DeskWorld, at: Browsing) -> None:
    dan = Shopper(desk, first_name="Dan")
    customer = dan.fills_a_cart()
    page = at.page("maria")
    show_card(page, dan.card)
    page.get_by_text("Not interested").click()
    tap(page, "Too expensive")
    expect(page.get_by_text("Not interested.", exact=True)).to_be_visible()
    assert wait_for_one(desk, customer) == Told("rejected", "store", "too_expensive")


def test_after_a_purchase_there_is_nothing_to_do(desk: DeskWorld, at: Browsing) -> None:
    eve = Shopper(desk, first_name="Eve")
    eve.fills_a_cart()
    page = at.page("maria")
    show_card(page, eve.card)
    expect(page.get_by_role("button", name="Mine")).to_be_visible()
    eve.tell("order.completed", "store", order_id=f"o-{eve.card}", items=[SHOE])
    expect(page.get_by_role("button", name="Mine")).to_have_count(0)
    expect(page.get_by_text("Nothing is open. Say hello.")).to_be_visible()
