"""A shop's pages on an origin of their own, and a browser that visits them."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from tests.browser.clients import CHROMIUM, HERE, tool

SAY_S = 60
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class _Pages(SimpleHTTPRequestHandler):
    """Serves the pages, and the clients under `/modules`; keeps what a page says."""

    modules: Path
    said: queue.Queue[bytes]

    def translate_path(self, path: str) -> str:
        if path.startswith("/modules/"):
            return str(self.modules / path.removeprefix("/modules/"))
        return super().translate_path(path)

    def do_POST(self) -> None:
        self.said.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Shop:
    """Pages on a port of their own: another origin than the API, and than other shops."""

    def __init__(self, server: ThreadingHTTPServer, said: queue.Queue[bytes]) -> None:
        self.host = f"127.0.0.1:{server.server_port}"
        self.origin = f"http://{self.host}"
        self._said = said

    def page(self, name: str, **told: str) -> str:
        """The address of a page that is told these things."""
        return f"{self.origin}/{name}.html?{urlencode(told)}"

    def hears(self) -> dict[str, Any]:
        """Wait for what a page says; raises queue.Empty."""
        said: dict[str, Any] = msgspec.json.decode(self._said.get(timeout=SAY_S))
        return said


@contextmanager
def open_shop(modules: Path) -> Iterator[Shop]:
    said: queue.Queue[bytes] = queue.Queue()
    handler = type("Pages", (_Pages,), {"modules": modules, "said": said})
    pages = partial(handler, directory=str(HERE / "pages"))
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Shop(server, said)
        server.shutdown()


@contextmanager
def visit(address: str, folder: Path) -> Iterator[None]:
    """Have a browser without a past look at a page for as long as the block runs."""
    with (folder / "browser.out").open("ab") as out:
        process = subprocess.Popen(
            [tool(*CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'browser'}", address],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
