"""Without script all works but live updates: each tap is a form, and undo is on the card."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from legato.local import wait_until
from tests.browser.desk_people import STORE, Browsing, Shopper
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import PASSWORD, DeskWorld

pytestmark = pytest.mark.long


def test_a_card_is_claimed_sold_and_undone_without_script(
    desk: DeskWorld, at: Browsing
) -> None:
    ada = Shopper(desk)
    customer = ada.fills_a_cart()
    page = at.page(java_script_enabled=False)
    page.goto(STORE)
    page.get_by_label("Name").fill("tom")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Card number or code").fill(ada.card)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(f"**/customers/{customer}")
    mine = page.get_by_role("button", name="Mine")
    wait_until(lambda: page.reload() and mine.is_visible(), "what there is to do")
    mine.click()
    page.get_by_role("button", name="Sold").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    page.get_by_text("Not interested", exact=True).click()
    page.get_by_role("button", name="No time now").click()
    assert wait_for_one(desk, customer) == Told("rejected", "store", "no_time")
    page.get_by_role("button", name="Sign out").click()
    page.goto(STORE)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
