"""All routes with all keys, and whatever the OpenAPI allows, against a real API."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from legato.serving.api.app import ROUTERS
from legato.serving.api.keys import SCOPES
from legato.serving.api.state import Needs
from legato.settings import KafkaSettings, RedisSettings, Settings, WorkerSettings
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.said import create, create_topics

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
EXAMPLES = "6"
LENIENT = "ignored_auth,positive_data_acceptance,negative_data_rejection"
"""Checks that do not fit: keys are checked above; events are read as loosely as over Kafka, and
what is no event of Legato's vocabulary is refused though the schema cannot say so.
"""


@pytest.fixture(scope="module")
def api(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    prefix = f"api_rights.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        redis=RedisSettings(url=redis_url, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    with running_api(settings, tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def keys(api: ApiProcess) -> dict[str, dict[str, str]]:
    """A key of each scope, as the header that bears it."""
    return {scope: api.key("--scope", scope) for scope in SCOPES}


def _method(route: APIRoute) -> str:
    return min(route.methods or ())


def _path(route: APIRoute) -> str:
    """The path of a route; of those of a source, that of one that there is."""
    return route.path.replace("sources/{name}", "sources/events")


def _asked(route: APIRoute) -> str:
    (need,) = (d.call for d in route.dependant.dependencies if isinstance(d.call, Needs))
    return need.scope


WITH_SCOPE = [
    route
    for route in ROUTES
    if any(isinstance(d.call, Needs) for d in route.dependant.dependencies)
]


@pytest.mark.parametrize("route", WITH_SCOPE, ids=lambda r: f"{_method(r)} {r.path}")
def test_a_route_opens_to_its_scope_and_to_no_other(
    api: ApiProcess, keys: dict[str, dict[str, str]], route: APIRoute
) -> None:
    asked = _asked(route)
    if asked == "token":
        assert api.http.request(_method(route), route.path).status_code == 404
        return
    told = {
        scope: api.http.request(_method(route), _path(route), content=b"{}", headers=header)
        for scope, header in (*keys.items(), ("none", {}))
    }
    statuses = {scope: answer.status_code for scope, answer in told.items()}
    assert statuses.pop("none") == 401
    open_to = {scope for scope, status in statuses.items() if status not in (401, 403)}
    assert open_to == {asked, "admin"}
    assert {statuses[scope] for scope in statuses.keys() - open_to} == {403}


def test_whatever_the_openapi_allows_is_answered_as_it_says(
    api: ApiProcess, keys: dict[str, dict[str, str]]
) -> None:
    header = keys["admin"]["Authorization"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{api.http.base_url}/v1/openapi.json",
            *("--header", f"Authorization: {header}"),
            *("--max-examples", EXAMPLES, "--seed", "1"),
            *("--exclude-path", "/v1/stream"),
            *("--exclude-checks", LENIENT),
            *("--request-timeout", "15"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=api.legato.folder,
    )
    assert done.returncode == 0, "\n".join(line[:300] for line in done.stdout.splitlines())
