"""The application: its routes put together, and what it answers where none of them does."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from legato.serving.api.around import Around
from legato.serving.api.openapi import openapi
from legato.serving.api.problems import Problem
from legato.serving.api.routes import (
    actions,
    customers,
    embed,
    events,
    resume,
    segment,
    sources,
    stream,
    unsubscribe,
)
from legato.serving.api.served import ServedRoute
from legato.serving.api.state import ApiState

ROUTERS = (
    customers.router,
    events.router,
    segment.router,
    sources.router,
    actions.router,
    resume.router,
    embed.router,
    stream.router,
    unsubscribe.router,
)
"""What is asked most stands first: whom a request is for is found one after the other."""
ROUTES = tuple(
    route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)
)


def make_app(state: ApiState, pages: Iterable[BaseRoute] = ()) -> ASGIApp:
    """Put the application together, with pages beside it if there are any."""
    methods: dict[str, set[str]] = {}
    for route in ROUTES:
        methods.setdefault(route.path, set()).update(route.methods or ())
    served = [ServedRoute(route, methods[route.path]) for route in ROUTES]
    routes = [*served, _openapi_route(), *pages]
    return Around(Router(routes, default=_no_such_route), state)


def _openapi_route() -> Route:
    """Serve what the API says of itself, written once: that keeps all others waiting."""
    told = openapi(ROUTERS)

    async def get_openapi(_: Request) -> Response:
        return Response(told, media_type="application/json")

    return Route("/v1/openapi.json", get_openapi)


async def _no_such_route(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "there is no such route; see /v1/openapi.json"
    await Problem(HTTPStatus.NOT_FOUND, detail).response()(scope, receive, send)
