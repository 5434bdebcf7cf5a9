"""The small web of a process without one: /metrics for Prometheus, /livez and /readyz."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from legato.settings import SettingsError

Obstacle = Callable[[], str]
"""Says in a sentence what is wrong; empty if nothing is."""

TEXT = "text/plain; charset=utf-8"


class Pages:
    """What there is to ask for; `checks` maps a path such as `/livez` to its obstacle."""

    def __init__(self, registry: CollectorRegistry, checks: dict[str, Obstacle]) -> None:
        self._registry = registry
        self._checks = checks

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Return status, content type and body of a page."""
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if check := self._checks.get(path):
            obstacle = check()
            status = HTTPStatus.SERVICE_UNAVAILABLE if obstacle else HTTPStatus.OK
            return status, TEXT, f"{obstacle or 'ok'}\n".encode()
        known = ", ".join(f"`{page}`" for page in ("/metrics", *self._checks))
        return HTTPStatus.NOT_FOUND, TEXT, f"nothing here; ask for {known}\n".encode()


class Probes:
    """Answers on threads of its own until it is closed. Port 0 answers nowhere."""

    def __init__(self, host: str, port: int, pages: Pages, remedy: str) -> None:
        """Listen; raises SettingsError with the remedy where the port cannot be had."""
        self._server = _Server.listen(host, port, pages, remedy) if port else None
        if self._server is not None:
            serve = self._server.serve_forever
            threading.Thread(target=serve, name="probes", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    pages: Pages

    @classmethod
    def listen(cls, host: str, port: int, pages: Pages, remedy: str) -> Self:
        try:
            server = cls((host, port), _Handler)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on `{host}:{port}`: {error.strerror}; {remedy}"
            ) from None
        server.pages = pages
        return server


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        status, kind, body = self.server.pages.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the log for what matters: probes come every few seconds."""
