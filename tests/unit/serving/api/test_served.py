"""A route is served as its function is written, and as the OpenAPI tells of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp

from legato.serving.api.access import Access
from legato.serving.api.app import ROUTES
from legato.serving.api.around import Around
from legato.serving.api.keys import KeyRing, new_key, write_keys
from legato.serving.api.problems import Problem
from legato.serving.api.producer import EventProducer
from legato.serving.api.routes.customers import CustomerReader
from legato.serving.api.served import ServedRoute
from legato.serving.api.state import ApiState
from legato.settings import Settings
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.source import Source

TOKEN, READER = new_key(name="reader", scopes=["read"], created=0)
HEADER = {"Authorization": f"Bearer {TOKEN}"}


async def say(
    request: Request, key: CustomerReader, name: str, word: str = "hello"
) -> Response:
    """Say a word to somebody, in the name of whoever asks."""
    return Response(f"{request.method} {key.name}: {word} {name}")


async def refuse(request: Request) -> Response:
    raise Problem(HTTPStatus.CONFLICT, f"`{request.url.path}` is not done")


async def fail(request: Request) -> Response:
    raise ZeroDivisionError(request.url.path)


def described(path: str, call: Callable[..., object]) -> APIRoute:
    router = APIRouter()
    router.add_api_route(path, call, methods=["GET"])
    (route,) = router.routes
    assert isinstance(route, APIRoute)
    return route


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of three routes, with what stands around them."""
    settings = Settings(sources=(Source(name="events", topics=("legato.channel.events",)),))
    write_keys(tmp_path / "keys.json", [READER])
    routes = (
        described("/say/{name}", say),
        described("/refuse", refuse),
        described("/fail", fail),
    )
    with closing(EventProducer(settings)) as producer:
        access = Access(KeyRing(tmp_path / "keys.json"), 100)
        state = ApiState(settings, access, FileRegistry(), producer)
        served: ASGIApp = Router([*map(ServedRoute, routes)])
        there = httpx.ASGITransport(Around(served, state))
        async with httpx.AsyncClient(transport=there, base_url="http://legato") as client:
            yield client


async def test_path_query_and_key_come_as_the_function_names_them(
    http: httpx.AsyncClient,
) -> None:
    told = await http.get("/say/ada", params={"word": "good day", "other": "x"}, headers=HEADER)
    assert told.text == "GET reader: good day ada"
    assert told.headers["cache-control"] == "no-store"
    assert (await http.get("/say/ada", headers=HEADER)).text == "GET reader: hello ada"
    assert (await http.get("/say/ada")).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("method", ["HEAD", "POST", "DELETE"])
async def test_another_method_than_the_routes_is_refused(
    http: httpx.AsyncClient, method: str
) -> None:
    told = await http.request(method, "/say/ada", headers=HEADER)
    assert told.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert told.headers["allow"] == "GET"


async def test_what_a_route_raises_is_answered(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    told = await http.get("/refuse")
    assert (told.status_code, told.json()["detail"]) == (409, "`/refuse` is not done")
    fault = await http.get("/fail")
    assert fault.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert fault.headers["content-type"] == "application/problem+json"
    assert "/fail" not in fault.json()["detail"]
    assert "a request failed" in caplog.text


def test_a_parameter_that_is_no_text_is_refused_as_the_routes_are_put_together() -> None:
    async def count(number: int) -> Response:
        return Response(str(number))

    with pytest.raises(TypeError, match="`number` of `/count` is no text"):
        ServedRoute(described("/count", count))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.path} {route.methods}")
def test_each_route_is_served_as_it_is_described(route: APIRoute) -> None:
    served = ServedRoute(route)
    assert (served.path, served.methods) == (route.path, route.methods)
