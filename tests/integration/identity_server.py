"""Sign-in services: one of PyPI as a process, and one that says what a test wants."""

from __future__ import annotations

import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from legato.local import Child, free_port, wait_until


class ProviderMock:
    """oidc-provider-mock, and people who sign in there."""

    def __init__(self, url: str) -> None:
        self.url = url

    def knows(self, subject: str, **claims: object) -> None:
        """Have somebody there, of whom these claims are true."""
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def sign_in(self, url: str, subject: str) -> dict[str, str]:
        """Sign somebody in where their browser was sent; the parameters it comes back with."""
        answer = httpx.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return query_of(answer.headers["Location"])

    def deny(self, url: str) -> dict[str, str]:
        return query_of(httpx.post(url, data={"action": "deny"}).headers["Location"])


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@contextmanager
def provider_mock(folder: Path) -> Iterator[ProviderMock]:
    """Run it until the test is over."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
    ]
    child = Child(command, folder / "oidc-provider.log")
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), "the sign-in service", deadline_s=30)
        yield ProviderMock(url)
    finally:
        child.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/.well-known/openid-configuration").is_success
    except httpx.TransportError:
        return False


class IdentityServer(ThreadingHTTPServer):
    """A service that gives out whatever token a test has it sign.

    `token` are claims that differ from good ones; `key` signs, and `published` are the keys
    that it tells of. `ill` makes it answer with that status; `asked` are the paths of requests.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.published: list[RSAKey] = [self.key]
        self.nonce = ""
        self.token: dict[str, object] = {}
        self.raw: dict[str, object] | None = None
        self.discovery: dict[str, object] = {}
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.ill: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        self.asked.append(path)
        if self.ill:
            return self.ill, {"error": "server_error"}
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._configuration()
            case "/jwks":
                return 200, KeySet([*self.published]).as_dict(private=False)
            case "/token":
                self.forms.append(form)
                return self._token()
            case _:
                return 404, {}

    def _configuration(self) -> dict[str, object]:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
        }
        return {**told, **self.discovery}

    def _token(self) -> tuple[int, Any]:
        if self.raw is not None:
            return (400 if "error" in self.raw else 200), self.raw
        now = int(time.time())
        good = {"iss": self.url, "aud": "legato", "sub": "7f3a", "exp": now + 300, "iat": now}
        claims = {**good, "nonce": self.nonce, "roles": ["floor"], **self.token}
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


class _Handler(BaseHTTPRequestHandler):
    server: IdentityServer

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = query_of(f"?{body}")
        kind, _, told = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            form["basic"] = unquote(b64decode(told).decode())
        self._answer(form)

    def _answer(self, form: dict[str, str]) -> None:
        status, told = self.server.answer(urlsplit(self.path).path, form)
        body = msgspec.json.encode(told)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def identity_server() -> Iterator[IdentityServer]:
    """Run it until the test is over."""
    with IdentityServer() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
