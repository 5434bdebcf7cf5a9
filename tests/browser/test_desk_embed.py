"""A console of another origin has the desk in a frame, and hears what it may and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from legato.local import wait_until
from legato.serving.pages.sessions import EMBED_COOKIE
from tests.browser.console import Console, heard, running_console
from tests.browser.desk_people import SOON_MS, Shopper
from tests.integration.desk_world import DeskWorld

ACTION = re.compile(r"/actions/([^/]+)/claim$")
OVER = "This is over. Open it again from your console."
BLOCKED = "chrome-error://chromewebdata/"


@pytest.fixture
def console() -> Iterator[Console]:
    with running_console() as console:
        yield console


@pytest.fixture
def key(desk: DeskWorld, console: Console) -> dict[str, str]:
    """That of the console's server, for its pages."""
    return desk.console_key("--scope", "read", origin=console.origin)


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    """A browser without a past."""
    with chrome.new_context(locale="en-GB") as context:
        context.set_default_timeout(SOON_MS)
        yield context.new_page()


@pytest.fixture
def customer(desk: DeskWorld) -> str:
    """Somebody who calls, with a cart."""
    kim = Shopper(desk, first_name="Kim")
    customer = kim.fills_a_cart()
    kim.calls(agent="somebody else")
    return customer


def take_up(frame: Frame) -> str:
    """Take up what there is to do, and return the action that it is."""
    mine = frame.locator("form").filter(has=frame.get_by_role("button", name="Mine")).first
    found = ACTION.search(mine.get_attribute("action") or "")
    assert found
    mine.get_by_role("button").click()
    expect(frame.get_by_role("button", name="Accepted")).to_be_visible()
    return found[1]


def claims(page: Page) -> list[dict[str, Any]]:
    return [each["data"] for each in heard(page) if each["data"]["type"] == "legato:claimed"]


def test_the_page_of_a_console_hears_the_height_and_what_was_taken_up(
    desk: DeskWorld, console: Console, key: dict[str, str], customer: str, page: Page
) -> None:
    ticket = desk.ticket(key, "dora", customer_id=customer)
    frame = console.opens(page, ticket, desk)
    expect(frame.get_by_role("heading", name="Kim")).to_be_visible()
    action_id = take_up(frame)
    wait_until(lambda: page.title() and claims(page), "the console to hear of it")
    assert claims(page) == [{"type": "legato:claimed", "action_id": action_id}]
    rest = [each["data"] for each in heard(page) if each["data"] not in claims(page)]
    assert rest
    for told in rest:
        assert told == {"type": "legato:height", "height": told["height"]}
    assert {each["origin"] for each in heard(page)} == {desk.address}
    assert rest[-1]["height"] == frame.evaluate("Math.ceil(document.body.offsetHeight)")
    assert frame.evaluate("document.scrollingElement.scrollHeight <= window.innerHeight")
    told = desk.http.get(f"/v1/actions/{action_id}", headers=key).json()
    assert told["claimed"]["by"] == "dora"


def test_its_cookie_is_that_of_this_console_alone(
    desk: DeskWorld, console: Console, key: dict[str, str], page: Page
) -> None:
    frame = console.opens(page, desk.ticket(key, "emil"), desk)
    expect(frame.get_by_role("heading", name="In contact")).to_be_visible()
    [cookie] = page.context.cookies()
    assert cookie["name"] == EMBED_COOKIE
    assert cookie["partitionKey"] == "http://127.0.0.1"
    assert frame.evaluate("document.cookie") == ""
    page.goto(desk.address + "/pages/embed/queues/service")
    expect(
        page.get_by_role("heading", name="This opens in your console alone.")
    ).to_be_visible()


def test_a_ticket_that_is_played_again_opens_nothing(
    desk: DeskWorld,
    console: Console,
    key: dict[str, str],
    customer: str,
    chrome: Browser,
    page: Page,
) -> None:
    ticket = desk.ticket(key, "fay", customer_id=customer)
    frame = console.opens(page, ticket, desk)
    expect(frame.get_by_role("heading", name="Kim")).to_be_visible()
    with chrome.new_context() as another:
        again = another.new_page()
        frame = console.opens(again, ticket, desk)
        expect(frame.get_by_role("heading", name=OVER)).to_be_visible()
        assert another.cookies() == []
        assert {each["data"]["type"] for each in heard(again)} <= {"legato:height"}


def test_a_page_of_another_origin_gets_no_frame_and_hears_nothing(
    desk: DeskWorld, key: dict[str, str], customer: str, page: Page
) -> None:
    with running_console() as other:
        frame = other.opens(page, desk.ticket(key, "gus", customer_id=customer), desk)
        wait_until(lambda: page.title() and frame.url == BLOCKED, "the frame to be refused")
        assert heard(page) == []
        frame = other.opens(page, "/pages/sign-in", desk)
        wait_until(lambda: page.title() and frame.url == BLOCKED, "the frame to be refused")
        assert heard(page) == []
