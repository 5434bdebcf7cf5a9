"""A real API, a shop's pages beside it, and Segment's clients."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from legato.settings import KafkaSettings, Settings, WorkerSettings
from tests.browser.chromium import chromium
from tests.browser.clients import CHROMIUM, ClientsUnavailable, client_modules, tool
from tests.browser.desk_people import PEOPLE, Browsing, add_people, browsing
from tests.browser.shop import Shop, open_shop
from tests.integration.api_process import ApiProcess, running_api
from tests.integration.conftest import bootstrap, kafka, redis_url, run_folder
from tests.integration.desk_world import DeskWorld, SignedIn, running_desk
from tests.integration.said import create, create_topics

__all__ = ["bootstrap", "kafka", "redis_url", "run_folder"]


@pytest.fixture(scope="session")
def modules() -> Path:
    """Segment's clients as npm lays them out; in CI they must be there if npm is."""
    try:
        return client_modules()
    except ClientsUnavailable as obstacle:
        pytest.skip(f"needs Node and npm: {obstacle}")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        told = f"npm cannot fetch Segment's clients: {error}: {error.stderr!r}"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)


@pytest.fixture(scope="session")
def browser() -> str:
    """The browser that is on this machine."""
    try:
        return tool(*CHROMIUM)
    except ClientsUnavailable as obstacle:
        pytest.skip(f"needs a browser: {obstacle}")


@pytest.fixture(scope="module")
def api(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    prefix = f"clients.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    with running_api(settings, tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="module")
def shop(modules: Path, browser: str) -> Iterator[Shop]:
    with open_shop(modules) as shop:
        yield shop


@pytest.fixture(scope="module")
def public_key(api: ApiProcess, shop: Shop) -> str:
    """A key for the pages of the shop."""
    return bearer(api, "--scope", "ingest", "--origin", shop.origin)


def bearer(api: ApiProcess, *words: str) -> str:
    """Make a key, and return it as a client is told it."""
    return api.key(*words)["Authorization"].removeprefix("Bearer ")


def address_of(api: ApiProcess) -> str:
    """The API's own address, which is all that a client is told beside the key."""
    return str(api.http.base_url).rstrip("/")


@pytest.fixture(scope="session")
def desk(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    """A desk with two associates and two agents."""
    with running_desk(bootstrap, redis_url, tmp_path_factory.mktemp("desk")) as desk:
        add_people(desk)
        yield desk


@pytest.fixture(scope="session")
def people(desk: DeskWorld) -> dict[str, SignedIn]:
    """They, signed in."""
    return {name: desk.sign_in(name) for name in PEOPLE}


@pytest.fixture(scope="module")
def chrome(browser: str) -> Iterator[Browser]:
    """A browser to drive; closed after each module, since its loop would be in others' way."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def at(chrome: Browser, desk: DeskWorld, people: dict[str, SignedIn]) -> Iterator[Browsing]:
    """Opens pages for the people of the desk."""
    with browsing(chrome, desk, people) as opened:
        yield opened
