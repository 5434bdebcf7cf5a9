"""Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.browser.clients import CHROMIUM, tool

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run it; raises ClientsUnavailable where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool(*CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()
