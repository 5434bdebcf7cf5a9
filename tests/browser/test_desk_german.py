"""Whose browser speaks German reads no English, but for what customers and shops wrote."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from legato.serving.pages import labels
from legato.serving.pages.words import catalogue
from tests.browser.desk_people import SERVICE, STORE, Browsing, Shopper
from tests.integration.desk_world import QUEUE, DeskWorld

pytestmark = pytest.mark.long

SHOWN = """
[...document.querySelectorAll('body *')].flatMap((each) => [
  ...[...each.childNodes].map((node) => node.nodeType === Node.TEXT_NODE && node.data),
  ...['aria-label', 'alt', 'title', 'placeholder'].map((name) => each.getAttribute(name)),
  ...Object.values(each.dataset),
]).filter(Boolean).concat(document.title)
"""
GERMAN = catalogue("de")
ENGLISH = {text for text, said in GERMAN.items() if text != said and "%" not in text}
CODES = {labels.plain(each) for each in (*labels.ACTIONS, *labels.EVENTS, *labels.OFFERS)}


def remnants(page: Page) -> list[str]:
    """What stands on a page as it is in English, as a text or as a part between dots."""
    assert page.evaluate("document.documentElement.lang") == "de"
    told = [" ".join(text.split()) for text in page.evaluate(SHOWN)]
    parts = {part.strip(" ,.:·") for text in told for part in (text, *text.split(" · "))}
    return sorted(parts & (ENGLISH | CODES))


def test_card_and_packet_are_in_german(desk: DeskWorld, at: Browsing) -> None:
    ute = Shopper(desk, first_name="Ute")
    ute.fills_a_cart()
    ute.tell("article.viewed", "web", title="Wie wasche ich ihn?")
    ute.tell("checkout.started", "web")
    ute.tell("order.completed", "web", order_id=f"o-{ute.card}", items=[])
    ute.tell("message.received", "email", reason="rueckgabe", text="Passt nicht.", queue=QUEUE)
    ute.tell("contact.started", "call", reason="rueckgabe", queue=QUEUE, agent="niemand")
    customer = ute.fills_a_cart(sku="HUT", name="Strohhut")
    store, service = (at.page(name, locale="de-DE") for name in ("maria", "ben"))
    show_card_in_german(store, ute.card)
    expect(store.get_by_role("button", name="Meins")).to_be_visible()
    service.goto(f"{SERVICE}/customers/{customer}")
    expect(service.get_by_role("button", name="Meins").first).to_be_visible()
    for page in (store, service):
        expect(page.get_by_role("heading", name="Ute")).to_be_visible()
        assert remnants(page) == []
        page.get_by_role("button", name="Meins").first.click()
        expect(page.get_by_text("Ihres. Die anderen wissen es.")).to_be_visible()
        assert remnants(page) == []
    for page, place in ((store, STORE), (service, SERVICE)):
        for left in ("gone", "apart"):
            page.goto(f"{place}?left={left}")
            assert remnants(page) == []


def show_card_in_german(page: Page, card: str) -> None:
    page.goto(STORE)
    assert remnants(page) == []
    page.get_by_label("Kartennummer oder Code").fill(card)
    page.get_by_role("button", name="Öffnen").click()


def test_what_is_english_would_be_found(desk: DeskWorld, at: Browsing) -> None:
    page = at.page("maria", locale="de-DE")
    page.goto(STORE)
    page.evaluate("document.querySelector('h1').textContent = 'Nobody is here yet'")
    assert remnants(page) == ["Nobody is here yet"]
