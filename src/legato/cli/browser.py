"""Opens pages in the browser of whoever sits before this machine."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Iterable
from pathlib import Path

IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
"""Browsers without a window: they would take the terminal from whoever asked."""


def open_pages(addresses: Iterable[str]) -> None:
    """Open them, if there is a browser with a window, and wait for nothing."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if Path(browser.name).name in IN_THE_TERMINAL:
        return
    opened = threading.Thread(target=_open, args=(browser, [*addresses]), daemon=True)
    opened.start()


def _open(browser: webbrowser.BaseBrowser, addresses: Iterable[str]) -> None:
    for address in addresses:
        browser.open(address)
