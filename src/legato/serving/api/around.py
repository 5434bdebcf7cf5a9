"""What stands around each request: its count and its time, its origin, its headers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState

log = logging.getLogger(__name__)

Header: TypeAlias = tuple[bytes, bytes]
HEADERS = ((b"x-content-type-options", b"nosniff"),)
NOT_KEPT = (b"cache-control", b"no-store")
"""Said of all that does not say itself how long it may be kept."""
_FAULT = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Legato failed at this; nothing is promised, and its log says more",
)


class Around:
    """Counts and times each request, lets pages of a key's origins in, and adds headers.

    What should not be is answered here. Written as plain ASGI: a stream must pass through it
    as it comes.
    """

    def __init__(self, app: ASGIApp, state: ApiState) -> None:
        self._app, self._state = app, state
        self._metrics, self._access = state.metrics, state.access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0
        origin = _origin_of(scope)
        if origin and scope["method"] == "OPTIONS":
            await self._preflight(origin)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(message["headers"], origin)
            await send(message)

        scope["api"] = self._state
        try:
            await self._app(scope, receive, answer)
        except Exception:
            log.exception("a request failed")
            if status:
                raise
            await _FAULT.response()(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.answered(route, status, time.monotonic() - began)

    def _headers(self, told: Iterable[Header], origin: str) -> list[Header]:
        headers = [*told, *HEADERS, *self._allowed(origin)]
        if not any(name == NOT_KEPT[0] for name, _ in headers):
            headers.append(NOT_KEPT)
        return headers

    def _allowed(self, origin: str) -> list[Header]:
        if not origin or not self._access.knows_origin(origin):
            return []
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-expose-headers", b"Retry-After"),
            (b"vary", b"Origin"),
        ]

    def _preflight(self, origin: str) -> Response:
        """Answer what a browser asks before it sends: whether this page may."""
        if not self._access.knows_origin(origin):
            detail = "no key is for pages of this origin; add it to the key's origins"
            return Problem(HTTPStatus.FORBIDDEN, detail).response()
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST, GET",
            "Access-Control-Allow-Headers": (
                "Authorization, Content-Type, Content-Encoding, Idempotency-Key, X-Retry-Count"
            ),
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        }
        return Response(status_code=HTTPStatus.NO_CONTENT.value, headers=headers)


def _origin_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"origin":
            return bytes(value).decode("latin-1")
    return ""
