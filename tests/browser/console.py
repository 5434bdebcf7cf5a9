"""A console of a contact centre: pages of an origin of its own, with the desk in a frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from typing import Any

from playwright.sync_api import Frame, Page

from legato.local import free_port
from tests.browser.clients import HERE
from tests.integration.desk_world import DeskWorld

PAGE = Template((HERE / "pages" / "console.html").read_text())


class Console:
    """Under another name and on another port than the desk: of another origin and site."""

    def __init__(self, port: int) -> None:
        self.port, self.origin = port, f"http://127.0.0.1:{port}"
        self.shows = ""
        """What its frame opens."""

    def opens(self, page: Page, path: str, desk: DeskWorld) -> Frame:
        """Open its page with a path of the desk in the frame."""
        self.shows = f"{desk.address}{path}"
        page.goto(self.origin)
        [frame] = page.main_frame.child_frames
        return frame


class _ConsoleHandler(BaseHTTPRequestHandler):
    def __init__(self, console: Console, *told: object) -> None:
        self._console = console
        super().__init__(*told)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.substitute(src=self._console.shows).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_console() -> Iterator[Console]:
    """Serve it."""
    console = Console(free_port())
    handler = partial(_ConsoleHandler, console)
    with ThreadingHTTPServer(("127.0.0.1", console.port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield console
        server.shutdown()


def heard(page: Page) -> list[dict[str, Any]]:
    """What the frame has told the console's page so far."""
    told: list[dict[str, Any]] = page.evaluate("told")
    return told
