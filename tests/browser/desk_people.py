"""People at the desk in a real browser, and the customers who come to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    expect,
)

from legato.local import wait_until
from legato.serving.pages.sessions import COOKIE
from tests.integration.desk_world import QUEUE, VENUE, DeskWorld, SignedIn, a_name

STORE, SERVICE = f"/pages/venues/{VENUE}", f"/pages/queues/{QUEUE}"
PEOPLE = {
    "maria": ("--role", "associate", "--venue", VENUE),
    "tom": ("--role", "associate", "--venue", VENUE),
    "anna": ("--role", "agent", "--queue", QUEUE),
    "ben": ("--role", "agent", "--queue", QUEUE),
}
SOON_MS = 15_000
"""How long a page is given on a busy machine."""
LIVE_S = 5.0
"""Within so long a page shows what happened; on a machine that is idle it is one second."""
SHOE: dict[str, Any] = {
    "sku": "SHOE-42", "name": "Runner Air", "size": "42", "price": 89.0, "currency": "EUR",
    "quantity": 1,
}  # fmt: skip


class Browsing:
    """Opens pages for people, and watches what goes on in them."""

    def __init__(self, browser: Browser, desk: DeskWorld, people: dict[str, SignedIn]) -> None:
        self._browser, self._desk, self._people = browser, desk, people
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def page(self, name: str = "", **how: Any) -> Page:  # noqa: ANN401 - of Playwright
        """Open a browser of somebody who is signed in; without a name, of nobody yet."""
        told = {"viewport": {"width": 820, "height": 1180}, "locale": "en-GB", **how}
        context = self._browser.new_context(base_url=self._desk.address, **told)
        context.set_default_timeout(SOON_MS)
        self._contexts.append(context)
        if name:
            context.add_cookies([self._cookie(name)])  # type: ignore[list-item]
        page = context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", self._asked)
        page.on("request", self._requested)
        return page

    def close(self) -> None:
        """Close all."""
        for context in self._contexts:
            context.close()

    def _cookie(self, name: str) -> dict[str, object]:
        url = self._desk.address.replace("http:", "https:")
        return {"name": COOKIE, "value": self._people[name].cookie, "url": url}

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self._desk.address}/", "data:")):
            self.faults.append(f"request: {request.url}")


@contextmanager
def browsing(
    browser: Browser, desk: DeskWorld, people: dict[str, SignedIn]
) -> Iterator[Browsing]:
    """Let people browse; no page may run, ask or load what is not its own."""
    expect.set_options(timeout=SOON_MS)
    browsing = Browsing(browser, desk, people)
    try:
        yield browsing
    finally:
        browsing.close()
    assert browsing.faults == []


class Shopper:
    """A customer with a card, who fills a cart on the web."""

    def __init__(self, desk: DeskWorld, first_name: str = "Ada") -> None:
        self._desk, self.first_name = desk, first_name
        self.card = a_name("card")
        self.who = {"loyalty_id": self.card}

    def fills_a_cart(self, **more: Any) -> str:  # noqa: ANN401 - of any article
        """Put an article into the cart, and return the customer's id."""
        self.tell("customer.updated", "web", traits={"first_name": self.first_name})
        self.tell("cart.item_added", "web", **(SHOE | more))
        return self._desk.customer("loyalty_id", self.card)

    def comes_in(self) -> None:
        """Come into the shop."""
        self._desk.tell("store.visited", "store", self.who, location={"venue": VENUE})

    def calls(self, agent: str) -> None:
        """Call the service, and be answered."""
        self.tell("contact.started", "call", queue=QUEUE, agent=agent)

    def hangs_up(self) -> None:
        """End the call."""
        self.tell("contact.ended", "call", queue=QUEUE)

    def tell(self, kind: str, channel: str, **data: Any) -> None:  # noqa: ANN401 - of events
        """Do something."""
        ids = {each: data.pop(each) for each in ("order_id", "case_id") if each in data}
        self._desk.tell(kind, channel, self.who, data=data, **ids)


def add_people(desk: DeskWorld) -> None:
    """Add all who work here."""
    for name, words in PEOPLE.items():
        desk.add_user(name, *words, "--brand", "*")


def show_card(page: Page, card: str) -> None:
    """Type the number of a card that somebody shows."""
    page.goto(STORE)
    page.get_by_label("Card number or code").fill(card)
    page.get_by_role("button", name="Open").click()


def took_s(look: Callable[[], object], what: str) -> float:
    """Wait until something shows, and say how long that took, in seconds."""
    began = time.monotonic()
    wait_until(look, what, deadline_s=SOON_MS / 1_000)
    return time.monotonic() - began
