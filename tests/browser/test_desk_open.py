"""A card that is open closes by itself, and says why, once it is nobody's to see."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.desk_people import SERVICE, STORE, Browsing, Shopper, show_card
from tests.integration.desk_world import DeskWorld

GONE = "Whom you had open is not to be seen here any more."


def test_who_asks_to_be_forgotten_is_gone_from_card_and_packet(
    desk: DeskWorld, at: Browsing
) -> None:
    ida = Shopper(desk, first_name="Ida")
    customer = ida.fills_a_cart()
    ida.calls(agent="nobody")
    card, packet = at.page("maria"), at.page("ben")
    show_card(card, ida.card)
    packet.goto(f"{SERVICE}/customers/{customer}")
    for page in (card, packet):
        expect(page.get_by_role("heading", name="Ida")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    ida.tell("privacy.erasure_requested", "web")
    for page, place in ((card, STORE), (packet, SERVICE)):
        expect(page.get_by_text(GONE)).to_be_visible()
        expect(page.get_by_role("link", name="Ida")).to_have_count(0)
        assert page.url.endswith(f"{place}?left=gone")
