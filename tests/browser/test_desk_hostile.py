"""What customers and shops write is shown, and never runs, loads or breaks a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from legato.queries.card import NAME_MOST
from tests.browser.desk_people import SERVICE, STORE, Browsing, Shopper, show_card
from tests.browser.desk_pictures import WIDTHS
from tests.integration.desk_world import DeskWorld

pytestmark = pytest.mark.long

TEXTS = {
    "tags": "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "quotes": "\"' autofocus onfocus=alert(1) x='\"><svg onload=alert(2)>",
    "template": "{{7*7}} {% raw %} ${7*7} %(name)s",
    "german": "Jürgen Größenwahn-Äöüß",
    "right-to-left": "\u202eمريم عبد الله מרים",
    "long": "W" * 300,
}
IMAGES = (
    "javascript:alert(1)",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "http://127.0.0.1:9/a.png",
    "https://evil.example/a.png",
    "https://evil.example@img.example/a.png",
    'https://img.example" onerror="alert(1)/a.png',
)
OVER = """
[...document.querySelectorAll('body *')]
  .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
  .filter(() => document.scrollingElement.scrollWidth > window.innerWidth)
  .map((each) => each.outerHTML.slice(0, 100))
"""


def sticking_out(page: Page) -> list[str]:
    """What makes the page wider than what one sees of it, on a phone or on a desk."""
    found: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found += page.evaluate(OVER)
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_told_is_shown_as_it_is_and_does_nothing(
    text: str, desk: DeskWorld, at: Browsing
) -> None:
    mallory = Shopper(desk, first_name=text)
    mallory.fills_a_cart(name=text, size=text, sku=text[:60])
    for number, image in enumerate(IMAGES):
        mallory.tell("cart.item_added", "web", sku=f"s{number}", name=text, image=image)
    asked = {"reason": text[:60], "text": text, "case_id": text[:60], "queue": "service"}
    mallory.tell("contact.started", "call", **asked)
    page = at.page("maria")
    show_card(page, mallory.card)
    called = text.strip() if len(text) <= NAME_MOST else f"{text[: NAME_MOST - 1]}…"
    expect(page.get_by_role("heading", level=1)).to_have_text(called)
    expect(page.locator("img")).to_have_count(0)
    assert sticking_out(page) == []
    page.goto(STORE)
    assert sticking_out(page) == []
    page = at.page("ben")
    page.goto(SERVICE)
    assert sticking_out(page) == []
    page.locator(".person").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert sticking_out(page) == []
