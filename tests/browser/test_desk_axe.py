"""Every page in every state is open to everybody: axe finds nothing, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk_people import SERVICE, STORE, Browsing, Shopper, show_card
from tests.browser.desk_pictures import SCHEMES, Picture, Scheme, opened, pictures
from tests.integration.desk_world import DeskWorld

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe finds: rule and element."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("picture", list(pictures()), ids=lambda each: each.name)
def test_axe_finds_nothing_on_a_page_in_any_state(picture: Picture, chrome: Browser) -> None:
    for scheme in SCHEMES:
        with opened(chrome, picture, 820, scheme) as page:
            assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_the_pages_of_a_story(
    scheme: Scheme, desk: DeskWorld, at: Browsing
) -> None:
    for page in story_of(at, desk, scheme):
        assert violations(page) == [], page.url


def story_of(at: Browsing, desk: DeskWorld, scheme: Scheme) -> Iterator[Page]:
    """Go through what people do, and stop wherever there is something new to see."""
    ada = Shopper(desk)
    ada.fills_a_cart()
    page = at.page(color_scheme=scheme)
    page.goto("/pages/sign-in")
    yield page
    page = at.page("maria", color_scheme=scheme)
    show_card(page, ada.card)
    page.get_by_role("button", name="Mine").click()
    page.get_by_role("button", name="Sold").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    yield page
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Not interested").click()
    yield page
    page.goto(STORE)
    yield page
    page.goto(f"{STORE}/customers/0-{'0' * 24}")
    yield page
    page = at.page("ben", color_scheme=scheme)
    page.goto(SERVICE)
    yield page
