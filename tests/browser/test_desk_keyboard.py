"""Who uses no mouse: keyboard alone through sign-in, claim and sold, with the focus in view."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk_people import STORE, Browsing, Shopper, show_card
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import PASSWORD, DeskWorld

pytestmark = pytest.mark.long

TABS_MOST = 40
FOCUSED = "(document.activeElement.innerText || document.activeElement.id).trim()"
RING = "getComputedStyle(document.activeElement).outlineStyle"


def tab_to(page: Page, what: str) -> None:
    """Go on by Tab until something has the focus, and see that one sees it."""
    for _ in range(TABS_MOST):
        page.keyboard.press("Tab")
        assert page.evaluate(RING) != "none", page.evaluate(FOCUSED)
        if page.evaluate(FOCUSED) == what:
            return
    raise AssertionError(f"`{what}` is not reached by Tab")


def test_the_keyboard_alone_is_enough_to_sign_in_claim_and_sell(
    desk: DeskWorld, at: Browsing
) -> None:
    ada = Shopper(desk)
    customer = ada.fills_a_cart()
    page = at.page()
    page.goto(STORE)
    tab_to(page, "name")
    page.keyboard.type("maria")
    tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Here and expected")).to_be_visible()
    tab_to(page, "code")
    page.keyboard.type(ada.card)
    tab_to(page, "Open")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mine")).to_be_visible()
    tab_to(page, "Mine")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Sold")).to_be_visible()
    expect(page.get_by_role("button", name="Sold")).to_be_focused()
    page.keyboard.press("Enter")
    assert wait_for_one(desk, customer) == Told("accepted", "store")


def test_what_has_the_focus_keeps_it_when_the_page_moves(desk: DeskWorld, at: Browsing) -> None:
    bo = Shopper(desk, first_name="Bo")
    bo.fills_a_cart()
    page = at.page("maria")
    show_card(page, bo.card)
    page.get_by_text("Not interested").click()
    reason = page.get_by_role("button", name="Size or fit")
    reason.focus()
    bo.tell("cart.item_added", "web", sku="HAT", name="Straw hat", price=20.0, quantity=1)
    expect(page.get_by_text("Straw hat")).to_be_visible()
    expect(reason).to_be_visible()
    expect(reason).to_be_focused()


def test_what_is_half_typed_stays_when_the_page_moves(desk: DeskWorld, at: Browsing) -> None:
    cleo = Shopper(desk, first_name="Cleo")
    cleo.fills_a_cart()
    page = at.page("maria")
    page.goto(STORE)
    page.get_by_label("Card number or code").press_sequentially("47")
    cleo.comes_in()
    expect(page.get_by_role("link", name="Cleo")).to_be_visible()
    page.keyboard.type("11")
    expect(page.get_by_label("Card number or code")).to_have_value("4711")
