"""Pages of the trial, served on this machine alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Handler = Callable[..., BaseHTTPRequestHandler]


class PageServer:
    """Serves what a handler answers, until it is left."""

    def __init__(self, port: int, handler: Handler) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, name="pages", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class QuietHandler(BaseHTTPRequestHandler):
    """Says nothing of requests, since the terminal is for mails, and has nothing kept."""

    def answer(self, body: bytes, media_type: str) -> None:
        """Answer with a body."""
        self.send_response(200)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """Have nothing kept: the next run has other keys, and other mails."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401 - as it is called
        """Say nothing."""
