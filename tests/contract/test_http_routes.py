"""Each route of the API names what it asks of whoever calls, and stands in docs/http.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.routing import APIRoute

from legato.serving.api.app import ROUTERS
from legato.serving.api.keys import SCOPES
from legato.serving.api.openapi import openapi
from legato.serving.api.state import Needs

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
PUBLIC = {"/v1/projects/{write_key}/settings", "/v1/m"}
"""What tells nothing of anybody: a browser's library asks the one before it has anything to
send, and tells the other what it counts of itself, which is let go.
"""
PAGE = (Path(__file__).parents[2] / "docs/http.md").read_text()


def scopes(route: APIRoute) -> list[str]:
    """The scopes that a route asks for."""
    asked = [each.call for each in route.dependant.dependencies]
    return [each.scope for each in asked if isinstance(each, Needs)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.path} {route.methods}")
def test_a_route_names_one_scope(route: APIRoute) -> None:
    if route.path in PUBLIC:
        assert scopes(route) == []
        return
    (scope,) = scopes(route)
    assert scope in (*SCOPES, "token")


def test_no_address_is_part_of_a_path() -> None:
    names = {name for route in ROUTES for name in ("email", "phone") if name in route.path}
    assert names == set()


@pytest.mark.parametrize(
    "path", sorted({route.path for route in ROUTES if route.include_in_schema})
)
def test_a_route_stands_on_the_page(path: str) -> None:
    last = path.rpartition("/")[2]
    parts = (path, f"`/{last}`", f"`{last}`")
    assert any(part in PAGE for part in parts)


DESCRIBED: dict[str, Any] = msgspec.json.decode(openapi(ROUTERS))["paths"]
OPERATIONS = [
    pytest.param(told, id=f"{method.upper()} {path}")
    for path, methods in DESCRIBED.items()
    for method, told in methods.items()
]


@pytest.mark.parametrize("told", OPERATIONS)
def test_a_body_and_an_answer_are_shown_by_an_example(told: dict[str, Any]) -> None:
    answers = [told["responses"][status] for status in told["responses"] if status[0] == "2"]
    shown = [each.get("content", {}) for each in (told.get("requestBody", {}), *answers)]
    for kind, media in (item for content in shown for item in content.items()):
        assert kind == "text/html" or media.keys() & {"example", "examples"}, kind


@pytest.mark.parametrize("told", OPERATIONS)
def test_an_operation_says_when_to_come_again(told: dict[str, Any]) -> None:
    for status in told["responses"].keys() & {"429", "503"}:
        assert "Retry-After" in told["responses"][status]["headers"]


def test_who_reads_customers_may_say_what_for_and_is_told_how_old_it_is() -> None:
    reads = [
        told["get"]
        for path, told in DESCRIBED.items()
        if "get" in told and path.startswith(("/v1/customers", "/v1/actions"))
    ]
    assert len(reads) == 9
    for told in reads:
        asked = {each["name"] for each in told["parameters"] if each["in"] == "header"}
        assert asked == {"Legato-User", "Legato-Purpose"}
        assert {*told["responses"]["200"]["headers"]} == {"Legato-Age", "Warning"}
