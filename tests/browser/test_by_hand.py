"""The README leads a newcomer from the web into the store: what it says to do is done here."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.demo.by_hand.stage import PASSWORD, trial_playbook
from legato.local import wait_until
from tests.browser.chromium import chromium
from tests.browser.clients import ClientsUnavailable

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
STEP = re.compile(r"^\d+\. (.*)$", re.MULTILINE)
BOLD = re.compile(r"\*\*(.+?)\*\*")
LEGATO = [sys.executable, "-c", "from legato.cli import main; main()"]
PATIENCE_MS, ATTEMPTS = 30_000, 3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as browser:
            yield browser
    except ClientsUnavailable as obstacle:
        pytest.skip(f"needs a browser: {obstacle}")


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Path]:
    """What `make shop` says, while it runs."""
    out = tmp_path / "out"
    with out.open("wb") as file:
        words = ["local", "--shop", str(ROOT / "examples" / "shop")]
        process = subprocess.Popen([*LEGATO, *words], stdout=file, stderr=subprocess.STDOUT)
    try:
        yield out
    finally:
        process.terminate()
        process.wait(30)


def steps() -> list[list[str]]:
    """What is bold in each step of the README: the words on what is to be chosen or seen."""
    _, _, rest = (ROOT / "README.md").read_text().partition("## By hand, in five minutes")
    return [BOLD.findall(step) for step in STEP.findall(rest.partition("\n## ")[0])]


def address(told: Path, what: str) -> str:
    """The address that it says of the shop, or of the tablet."""
    said = re.compile(rf"{what} +(http\S+)")
    return str(wait_until(lambda: said.findall(told.read_text()), what, deadline_s=90)[0])


def choose(page: Page, label: str) -> None:
    """Choose what bears this label: a button, or a link."""
    button, link = (page.get_by_role(role, name=label) for role in ("button", "link"))
    button.or_(link).first.click()


def come_to_the_shop(page: Page, chosen: list[str]) -> str:
    """Sign in, and return the number of the card."""
    page.get_by_role("link", name=chosen[0]).click()
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_role("button", name=chosen[1]).click()
    return page.locator("#card:not(:empty)").inner_text()


def come_to_the_tablet(page: Page, chosen: list[str]) -> None:
    """Sign in as the associate."""
    page.get_by_label("Name").fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    choose(page, chosen[0])


def show_card(page: Page, card: str, chosen: list[str]) -> None:
    """Show the card, and wait until whose it is stands there."""
    page.get_by_label("Card number or code").fill(card)
    choose(page, chosen[0])
    page.get_by_text("Ada").first.wait_for()
    if "customers" not in page.url:
        page.get_by_role("link", name="Ada").click()


def carry(
    shop: Page, put: list[str], show: Callable[[], None], tablet: Page, wanted: str
) -> None:
    """Fill the cart and show the card, until there is something to take up.

    Who walks from one to the other takes longer than a test: where the worker hears of the
    card first, which lies in another topic, nobody has come along with a cart.
    """
    for attempt in range(ATTEMPTS):
        choose(shop, put[0])
        with shop.expect_response("**/v1/track"):
            choose(shop, put[1])
        tablet.get_by_role("link", name="Legato").click()
        show()
        try:
            expect(tablet.get_by_role("button", name=wanted)).to_be_visible(timeout=PATIENCE_MS)
            return
        except AssertionError:
            if attempt == ATTEMPTS - 1:
                raise


def test_a_newcomer_carries_a_cart_from_the_web_into_the_store(
    browser: Browser, told: Path
) -> None:
    sign_in, put, be_maria, show, take_up, order = steps()
    shop, tablet = (browser.new_context().new_page() for _ in range(2))
    shop.goto(address(told, "the shop"))
    card = come_to_the_shop(shop, sign_in)
    tablet.goto(address(told, "the tablet"))
    come_to_the_tablet(tablet, be_maria)
    carry(shop, put, lambda: show_card(tablet, card, show), tablet, take_up[0])
    expect(tablet.get_by_text("Runner Air")).to_be_visible(timeout=PATIENCE_MS)
    choose(tablet, take_up[0])
    expect(tablet.get_by_role("button", name="Sold")).to_be_visible(timeout=PATIENCE_MS)
    for label in order[:2]:
        choose(shop, label)
    shop.get_by_role("heading", name="Thank you").wait_for()
    wait_until(lambda: "A mail arrived" in told.read_text(), "the mail", deadline_s=60)
    assert "ada@example.org" in told.read_text()
    expect(tablet.get_by_text(order[2])).to_be_visible(timeout=PATIENCE_MS)


def test_the_playbook_of_the_trial_is_that_of_legato_without_the_quiet_hours() -> None:
    told = trial_playbook()
    assert "quiet_hours" not in told
    assert told.count("when: 'false'") == 1
