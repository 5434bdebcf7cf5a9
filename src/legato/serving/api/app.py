"""The application: its routes, what it says of itself, and what stands around each request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from legato.serving.api.problems import Problem, answer_problem
from legato.serving.api.routes import (
    actions,
    customers,
    events,
    resume,
    segment,
    sources,
    stream,
    unsubscribe,
)
from legato.serving.api.state import ApiState

log = logging.getLogger(__name__)

ABOUT = """\
Events in, and context out where the customer is.

202 (for Segment's clients and webhooks 200) means that Kafka has acknowledged all of a request.
Anything else promises nothing: send all of it again; the events' ids make it once.
"""
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "a key of `legato keys create`"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "the same key as the user name, as Segment's clients send it",
    },
}
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
ROUTERS = (
    events.router,
    segment.router,
    sources.router,
    customers.router,
    actions.router,
    resume.router,
    stream.router,
    unsubscribe.router,
)


def make_app(state: ApiState) -> FastAPI:
    """Put the application together."""
    app = FastAPI(
        title="Legato",
        version=version("legato"),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.api = state
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_fault)
    app.add_middleware(Around, state=state)
    _declare_security(app)
    return app


class Around:
    """Counts and times each request, lets pages of a key's origins in, and adds headers.

    Written as plain ASGI: a stream must pass through it as it comes.
    """

    def __init__(self, app: ASGIApp, state: ApiState) -> None:
        self._app, self._metrics = app, state.metrics
        self._access = state.access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), [HTTPStatus.INTERNAL_SERVER_ERROR.value]
        origin = _origin_of(scope)
        if origin and scope["method"] == "OPTIONS":
            await self._preflight(origin)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = [*message["headers"], *HEADERS, *self._allowed(origin)]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._metrics.requests.labels(route, str(status[0])).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - began)

    def _allowed(self, origin: str) -> list[tuple[bytes, bytes]]:
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


async def _answer_http(_: Request, error: Exception) -> Response:
    """Answer what the framework refuses: no such route, not this method."""
    refused = cast(HTTPException, error)
    status = HTTPStatus(refused.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "there is no such route; see /v1/openapi.json",
        HTTPStatus.METHOD_NOT_ALLOWED: "the route takes another method; see /v1/openapi.json",
    }.get(status, str(refused.detail))
    return Problem(status, detail, headers=refused.headers).response()


async def _answer_fault(_: Request, error: Exception) -> Response:
    """Answer what should not be; its words stay in the log, without those of the request."""
    log.error("a request failed: %s", type(error).__name__, exc_info=error)
    detail = "Legato failed at this; nothing is promised, and its log says more"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail).response()


def _declare_security(app: FastAPI) -> None:
    """Say in the OpenAPI how a key is sent."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def with_security() -> dict[str, Any]:
        told = plain()
        told.setdefault("components", {})["securitySchemes"] = SECURITY
        told["security"] = [{"key": []}]
        return told

    app.openapi = with_security  # type: ignore[method-assign]
