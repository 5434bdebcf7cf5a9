"""A registry with Confluent's API, small enough to be started by a test."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec


class RegistryServer(ThreadingHTTPServer):
    """Keeps schemas by id and by subject; `ill` makes it answer with that status."""

    def __init__(self, login: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.by_id: dict[int, dict[str, Any]] = {}
        self.by_subject: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.ill: int | None = None
        self.login = f"Basic {b64encode(login.encode()).decode()}" if login else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"

    def add(self, number: int, definition: object, **more: object) -> None:
        text = msgspec.json.encode(definition).decode()
        self.by_id[number] = {"schema": text, **more}

    def answer(self, method: str, path: str, login: str | None, body: bytes) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.ill:
            return self.ill, {"error_code": 50001}
        if login != self.login:
            return 401, {"error_code": 401}
        match method, path.removeprefix("/api").strip("/").split("/"):
            case "GET", ["schemas", "ids", number] if int(number) in self.by_id:
                return 200, self.by_id[int(number)]
            case "GET", ["subjects", subject, "versions", _] if subject in self.by_subject:
                return 200, self.by_subject[subject]
            case "POST", ["subjects", subject, "versions"]:
                self.by_subject[subject] = msgspec.json.decode(body)
                return 200, {"id": 100 + len(self.by_subject)}
            case _:
                return 404, {"error_code": 40403}


class _Handler(BaseHTTPRequestHandler):
    server: RegistryServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        login = self.headers["Authorization"]
        status, answer = self.server.answer(self.command, self.path, login, body)
        raw = msgspec.json.encode(answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def running(login: str = "") -> Iterator[RegistryServer]:
    """Run a registry as long as the block does."""
    with RegistryServer(login) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
