"""Who calls is on the agent's screen as the contact starts, and a guess never is."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.desk_people import LIVE_S, SERVICE, Browsing, Shopper, took_s
from tests.browser.outcomes import Told, wait_for_one
from tests.integration.desk_world import QUEUE, DeskWorld, a_name


def test_who_calls_pops_up_and_is_helped(desk: DeskWorld, at: Browsing) -> None:
    kim = Shopper(desk, first_name="Kim")
    customer = kim.fills_a_cart()
    page = at.page("anna")
    page.goto(SERVICE)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    kim.calls(agent="anna")
    popped = took_s(
        lambda: page.title() and page.url.endswith(customer), "the packet of who calls"
    )
    print(f"the packet was in view after {popped:.2f} s")
    assert popped < LIVE_S
    expect(page.get_by_role("heading", name="Kim")).to_be_visible()
    expect(page.get_by_text("Runner Air").first).to_be_visible()
    page.get_by_role("button", name="Mine").first.click()
    page.get_by_role("button", name="Accepted").first.click()
    expect(page.get_by_text("Accepted.", exact=True)).to_be_visible()
    assert wait_for_one(desk, customer) == Told("accepted", "call")
    kim.hangs_up()
    page.goto(SERVICE)
    expect(page.get_by_role("link", name=re.compile("Kim"))).to_have_count(0)


def test_who_declines_says_why(desk: DeskWorld, at: Browsing) -> None:
    lee = Shopper(desk, first_name="Lee")
    customer = lee.fills_a_cart()
    lee.calls(agent="somebody else")
    page = at.page("ben")
    page.goto(SERVICE)
    page.get_by_role("link", name=re.compile("Lee")).click()
    page.get_by_text("Declined", exact=True).first.click()
    page.get_by_role("button", name="No time now").first.click()
    expect(page.get_by_text("Not interested.", exact=True)).to_be_visible()
    assert wait_for_one(desk, customer) == Told("rejected", "call", "no_time")


def test_a_caller_whom_nobody_knows_is_searched_for_and_never_guessed(
    desk: DeskWorld, at: Browsing
) -> None:
    mo = Shopper(desk, first_name="Mo")
    customer = mo.fills_a_cart()
    told = {"queue": QUEUE, "agent": "nobody"}
    desk.tell("contact.started", "call", {"user_id": a_name("caller")}, data=told)
    page = at.page("ben")
    page.goto(SERVICE)
    expect(page.get_by_text("Somebody new to us").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Mo"))).to_have_count(0)
    page.get_by_label("What they tell you").fill(f"{mo.card}0")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("We know nobody by this.")).to_be_visible()
    page.get_by_label("What they tell you").fill(mo.card)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="Mo")).to_be_visible()
    assert page.url.endswith(customer)
    assert mo.card not in page.url
