"""The one way by which requests leave: to providers, webhooks and a CMS, with what is safe.

Only https, and of http what stays on this machine where the settings allow that. Addresses are
checked (`resolving.py`), no redirect is followed, no proxy is taken from the environment, no
cookie is kept, an answer is 1 MB at most, also unpacked, and all of it takes 10 s at most.

aiohttp does the talking: it comes with Faust, takes a resolver and a maker of sockets, and
costs 0.1 ms a request, where httpx costs 3 ms and has neither without reaching into it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import ClientResponse, ClientTimeout, TCPConnector
from yarl import URL

from legato.channels.exchange import HttpAnswer, HttpRequest
from legato.settings import OutboundSettings
from legato.transports.addresses import AddressRules
from legato.transports.body import AnswerBody
from legato.transports.resolving import (
    AddressRefused,
    CheckedResolver,
    Resolve,
    ask_system,
    socket_maker,
)

TOTAL_S = 10.0
CONNECTIONS_MOST = 256
_ON_THIS_MACHINE = frozenset(("localhost", "127.0.0.1", "::1"))
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "bad_certificate"),
    (aiohttp.ClientSSLError, "no_tls"),
    (aiohttp.ClientConnectorDNSError, "no_such_host"),
    (TimeoutError, "timeout"),
    (aiohttp.InvalidURL, "bad_request"),
    (aiohttp.ServerDisconnectedError, "broken_answer"),
    (aiohttp.ClientResponseError, "broken_answer"),
    (aiohttp.ClientPayloadError, "broken_answer"),
    (OSError, "no_connection"),
    (ValueError, "bad_request"),
)
"""The first kind that an error is of says why."""
_HEADERS = {"User-Agent": "legato", "Accept": "*/*", "Accept-Encoding": "gzip"}


class HttpFault(OSError):
    """No answer came. `reason` is a code, and nothing else is told: a URL may be a secret.

    `bad_request` (no URL, or a header that is none), `not_https`, `forbidden_address`,
    `no_such_host`, `no_connection`, `bad_certificate`, `no_tls`, `timeout`, `broken_answer`,
    `no_answer`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HttpClient:
    """Sends requests over connections that are kept; an async context manager.

    `resolve` looks names up, `tls` says whom to believe; `total_s` is for a request, whole.
    """

    def __init__(
        self,
        settings: OutboundSettings,
        *,
        resolve: Resolve = ask_system,
        tls: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._loopback = settings.loopback
        self._rules, self._resolve, self._tls = AddressRules(settings), resolve, tls
        self._total = ClientTimeout(total=total_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = TCPConnector(
            resolver=CheckedResolver(self._rules, self._resolve),
            socket_factory=socket_maker(self._rules),
            use_dns_cache=False,
            limit=CONNECTIONS_MOST,
            ssl=True if self._tls is None else self._tls,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=self._total,
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request and read the answer; raises HttpFault where none came."""
        try:
            return await self._send(request)
        except HttpFault:
            raise
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            raise HttpFault(_reason_of(error)) from None

    async def get(self, url: str, headers: Mapping[str, str]) -> HttpAnswer:
        """Fetch a document; raises HttpFault, also where not all of it came."""
        answer = await self.send(HttpRequest(url, headers=headers, method="GET"))
        if not answer.whole:
            raise HttpFault("broken_answer")
        return answer

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        if self._session is None:
            raise RuntimeError("the client is not open; use it by `async with`")
        url = self._seen(request.url)
        async with self._session.request(
            request.method,
            url,
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
        ) as response:
            body = await _body_of(response)
            headers = {name.lower(): value for name, value in response.headers.items()}
            at = time.time_ns() // 1_000_000
            return HttpAnswer(response.status, headers, bytes(body.read), body.whole, at)

    def _seen(self, text: str) -> URL:
        """See where a request would go; raises HttpFault or ValueError."""
        url = URL(text)
        if not url.host or url.scheme not in ("http", "https"):
            raise HttpFault("bad_request")
        if url.scheme == "http" and not (self._loopback and url.host in _ON_THIS_MACHINE):
            raise HttpFault("not_https")
        return url


async def _body_of(response: ClientResponse) -> AnswerBody:
    """Read the body; one that breaks off leaves what came, and its connection is given up."""
    body = AnswerBody(response.headers.get("Content-Encoding", ""))
    try:
        while piece := await response.content.readany():
            if not body.take(piece):
                break
    except (aiohttp.ClientError, OSError, TimeoutError):
        body.broken = True
    if body.broken:
        response.close()
    return body


def _reason_of(error: Exception) -> str:
    if isinstance(getattr(error, "os_error", None), AddressRefused):
        return "forbidden_address"
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "no_answer")
