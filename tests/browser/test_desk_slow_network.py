"""On a phone's network a page is there within two seconds, and small."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from legato.local import wait_until
from tests.browser.desk_people import STORE, Browsing, Shopper, show_card
from tests.integration.desk_world import PASSWORD, DeskWorld

pytestmark = pytest.mark.long

SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""What Lighthouse calls slow 4G, and formerly fast 3G: ms for each request, bytes a second."""
VIEW_S = 2.0
BYTES_MOST = 150_000
PICTURES = ("Image", "Media")
PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0"


class SlowVisit:
    """A browser without a past on that network, which counts what it is sent."""

    def __init__(self, page: Page) -> None:
        self.page, self.bytes = page, 0
        self._kinds: dict[str, str] = {}
        network: CDPSession = page.context.new_cdp_session(page)
        network.on("Network.responseReceived", self._began)
        network.on("Network.loadingFinished", self._ended)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW_4G)

    def took_s(self, go: Callable[[], object], heading: str) -> float:
        """Go somewhere, and say after how many seconds its words are drawn."""
        began = time.monotonic()
        go()
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()
        wait_until(lambda: self.page.evaluate(PAINTED), "its words to be drawn")
        return time.monotonic() - began

    def _began(self, told: dict[str, Any]) -> None:
        self._kinds[told["requestId"]] = told["type"]

    def _ended(self, told: dict[str, Any]) -> None:
        if self._kinds.get(told["requestId"]) not in PICTURES:
            self.bytes += round(told["encodedDataLength"])


def see(what: str, took_s: float, visit: SlowVisit) -> None:
    """See that it was soon enough, and little enough."""
    visit.page.wait_for_load_state("load")
    print(f"{what}: {took_s:.2f} s, {visit.bytes / 1_000:.1f} KB")
    assert took_s <= VIEW_S
    assert 1_000 < visit.bytes <= BYTES_MOST


def test_from_the_sign_in_to_the_list(at: Browsing) -> None:
    visit = SlowVisit(at.page())
    see("sign in", visit.took_s(lambda: visit.page.goto(STORE), "Sign in"), visit)
    visit.page.get_by_label("Name").fill("maria")
    visit.page.get_by_label("Password").fill(PASSWORD)
    button = visit.page.get_by_role("button", name="Sign in", exact=True)
    see("to the list", visit.took_s(button.click, "Here and expected"), visit)


def test_the_list_and_the_card_at_the_first_view(desk: DeskWorld, at: Browsing) -> None:
    ada = Shopper(desk)
    ada.fills_a_cart()
    show_card(page := at.page("maria"), ada.card)
    expect(page.get_by_text("Runner Air").first).to_be_visible()
    first_view(at, "the list", STORE, "Here and expected")
    first_view(at, "the card", page.url, "Ada")


def first_view(at: Browsing, what: str, path: str, heading: str) -> None:
    """Open a page with nothing kept, as whoever is signed in."""
    visit = SlowVisit(at.page("maria"))
    see(what, visit.took_s(lambda: visit.page.goto(path), heading), visit)
