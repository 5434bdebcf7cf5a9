"""The README leads a newcomer from the web into the store: what it says to do is done here."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from legato.demo.by_hand.stage import PASSWORD, trial_playbook
from legato.local import wait_until
from tests.browser.chromium import chromium
from tests.browser.clients import ClientsUnavailable

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
MAKEFILE = ROOT / "Makefile"
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


class Demo(NamedTuple):
    """What `make demo` says on a terminal, and which pages it opens, while it runs."""

    said: Path
    opened: Path

    def address(self, what: str) -> str:
        """The address that it says of the shop, of the tablet or of the mails."""
        said = re.compile(rf"{what} +(http\S+)")
        return str(
            wait_until(lambda: said.findall(self.said.read_text()), what, deadline_s=90)[0]
        )


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "said", tmp_path / "opened")
    environ = {
        **os.environ,
        "BROWSER": str(_browser(tmp_path, demo.opened)),
        "LEGATO_KAFKA_BOOTSTRAP": "nowhere:1",
    }
    terminal, theirs = pty.openpty()
    words = [*LEGATO, *recipe()]
    process = subprocess.Popen(words, stdout=theirs, stderr=theirs, cwd=ROOT, env=environ)
    os.close(theirs)
    threading.Thread(target=_write_down, args=(terminal, demo.said), daemon=True).start()
    try:
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        os.close(terminal)


def recipe() -> list[str]:
    """What `make demo` calls `legato` with."""
    found = re.search(r"^demo: .*\n\t@\$\(BIN\)/legato ([^$]+)", MAKEFILE.read_text(), re.M)
    assert found
    return found[1].split()


def _browser(folder: Path, opened: Path) -> Path:
    """A browser that writes down what it is to open."""
    file = folder / "browser"
    file.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    file.chmod(0o755)
    return file


def _write_down(terminal: int, said: Path) -> None:
    with said.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while told := os.read(terminal, 10_000):
            file.write(told)


def steps() -> list[list[str]]:
    """What is bold in each step of the README: the words on what is to be chosen or seen."""
    _, _, rest = (ROOT / "README.md").read_text().partition("## By hand, in five minutes")
    return [BOLD.findall(step) for step in STEP.findall(rest.partition("\n## ")[0])]


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
    browser: Browser, demo: Demo
) -> None:
    sign_in, put, be_maria, show, take_up, order = steps()
    shop, tablet, mails = (browser.new_context().new_page() for _ in range(3))
    at = [demo.address(each) for each in ("the shop", "the tablet", "the mails")]
    for page, address in zip((shop, tablet, mails), at, strict=True):
        page.goto(address)
    assert demo.opened.read_text().split() == at[:2]
    card = come_to_the_shop(shop, sign_in)
    come_to_the_tablet(tablet, be_maria)
    carry(shop, put, lambda: show_card(tablet, card, show), tablet, take_up[0])
    expect(tablet.get_by_text("Runner Air")).to_be_visible(timeout=PATIENCE_MS)
    choose(tablet, take_up[0])
    expect(tablet.get_by_role("button", name="Sold")).to_be_visible(timeout=PATIENCE_MS)
    for label in order[:2]:
        choose(shop, label)
    shop.get_by_role("heading", name="Thank you").wait_for()
    wait_until(lambda: "A mail arrived" in demo.said.read_text(), "the mail", deadline_s=60)
    assert "to  ada@example.org" in demo.said.read_text()
    expect(mails.get_by_text("to ada@example.org")).to_be_visible()
    expect(mails.frame_locator("iframe").locator("body")).to_contain_text("Berlin")
    expect(tablet.get_by_text(order[2])).to_be_visible(timeout=PATIENCE_MS)


def test_the_playbook_of_the_trial_is_that_of_legato_without_the_quiet_hours() -> None:
    told = trial_playbook()
    assert "quiet_hours" not in told
    assert told.count("when: 'false'") == 1
