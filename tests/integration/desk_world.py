"""A desk with all behind it: Kafka, Redis, a worker, a view and an API with its pages."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from legato import settings as of
from legato.local import free_port, wait_until
from legato.serving.pages.sessions import COOKIE, EMBED_COOKIE
from legato.settings import Settings
from tests.integration.api_process import SOURCES, make_key
from tests.integration.legato_command import Legato, Running
from tests.integration.said import PARTITIONS, create

START_S = 120.0
"""What all of it may take to start, where other tests run beside."""
AGAIN_S = 3.0
"""The API reads the users anew within ten seconds, and lets nobody try more than five times."""
PASSWORD = "a long password"
VENUE, OTHER_VENUE = "berlin-1", "berlin-2"
QUEUE, OTHER_QUEUE = "service", "sales"
CONSOLE = "https://crm.example"
"""The origin of a console that shows pages in a frame."""
PAGES = """
[pages.venues.berlin-1]
title = "Berlin, Friedrichstraße"

[pages.queues.service]
title = "Service"
"""
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class SignedIn:
    """Somebody at the desk, without a browser: their cookie, and what their pages bear."""

    def __init__(
        self, http: httpx.Client, name: str, cookie: str, cookie_name: str = COOKIE
    ) -> None:
        self._http, self.name, self.cookie = http, name, cookie
        self._cookie_name, self.form = cookie_name, "/pages/kit"

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self._http.get(path, headers={**self._bearing(), **headers})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Send a form as a page of theirs would."""
        told = {"csrf": self.csrf, **fields}
        return self._http.post(path, data=told, headers={**self._bearing(), **headers})

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """Open a stream, and close it again."""
        with self._http.stream("GET", path, headers=self._bearing()) as answer:
            yield answer

    @property
    def csrf(self) -> str:
        """What the forms of their pages bear."""
        found = _CSRF.search(self.get(self.form).text)
        assert found
        return found[1]

    def _bearing(self) -> dict[str, str]:
        return {"Cookie": f"{self._cookie_name}={self.cookie}"}


class DeskWorld:
    """All of it, as a test sees it; `http` follows no redirects."""

    def __init__(self, legato: Legato, http: httpx.Client, api: Running, key: str) -> None:
        self.legato, self.http, self.api = legato, http, api
        self.admin = {"Authorization": f"Bearer {key}"}

    @property
    def address(self) -> str:
        """Where a browser finds it: by the name that makes cookies of `https` work."""
        return f"http://localhost:{self.http.base_url.port}"

    def console_key(self, *words: str, origin: str = CONSOLE) -> dict[str, str]:
        """Make a key of a console's server, wait until it counts, and return its header."""
        key = make_key(self.legato, "--scope", "act", "--embed-origin", origin, *words)
        header = {"Authorization": f"Bearer {key}"}
        wait_until(
            lambda: self.http.post("/v1/embed", headers=header).status_code != 401,
            "the key to count",
            deadline_s=10,
        )
        return header

    def ticket(self, key: Mapping[str, str], user: str = "maria", **more: str) -> str:
        """Get a ticket as a console's server does: the path that its frame opens."""
        told = {"user": user, "name": user.title(), "queue": QUEUE, **more}
        answer = self.http.post("/v1/embed", json=told, headers=key)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["path"])

    def framed(self, key: Mapping[str, str], user: str = "maria", **more: str) -> SignedIn:
        """Open a frame of a console, and stay in its session."""
        opened = self.http.get(self.ticket(key, user, **more))
        who = SignedIn(self.http, user, opened.cookies[EMBED_COOKIE], EMBED_COOKIE)
        who.form = opened.headers["location"].partition("/customers/")[0]
        return who

    def add_user(self, name: str, *words: str) -> str:
        """Add somebody who may sign in, and wait until they may."""
        told = self.legato(
            "users", "add", name, *words, "--password-stdin", typed=f"{PASSWORD}\n"
        )
        assert told.code == 0, told.err
        return name

    def sign_in(self, name: str) -> SignedIn:
        """Sign somebody in, once the API knows them."""
        next_try = 0.0

        def tried() -> str:
            nonlocal next_try
            if time.monotonic() < next_try:
                return ""
            next_try = time.monotonic() + AGAIN_S
            return self._tried(name)

        cookie = wait_until(tried, f"`{name}` to sign in", deadline_s=30)
        return SignedIn(self.http, name, cookie)

    def tell(self, kind: str, channel: str, who: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401
        """Tell an event of now, or of `ago_s` before."""
        time_ms = round((time.time() - more.pop("ago_s", 0)) * 1_000)
        told = {"type": kind, "channel": channel, "time": time_ms, "identifiers": who, **more}
        answer = self.http.post("/v1/events", json=told, headers=self.admin)
        assert answer.status_code == 202, answer.text

    def see_whole(self) -> None:
        """See that what is told comes through: through the worker, the view and the API."""
        somebody = a_name("first")
        self.tell("page.viewed", "web", {"user_id": somebody})
        self.customer("user_id", somebody, START_S)

    def customer(self, kind: str, value: str, deadline_s: float = 30.0) -> str:
        """Wait until somebody is known, and return their id."""
        asked = {"type": kind, "value": value}

        def found() -> str:
            answer = self.http.post("/v1/customers/lookup", json=asked, headers=self.admin)
            return str(answer.json().get("customer_id", ""))

        return wait_until(found, f"the customer of {kind}", deadline_s=deadline_s)

    def _tried(self, name: str) -> str:
        fields = {"name": name, "password": PASSWORD, "to": "/pages/"}
        answer = self.http.post("/pages/sign-in", data=fields)
        return (answer.cookies.get(COOKIE) or "") if answer.status_code == 303 else ""


def a_name(kind: str) -> str:
    """A name that nobody has yet."""
    return f"{kind}-{uuid.uuid4().hex[:8]}"


@contextmanager
def running_desk(
    bootstrap: str, redis_url: str, folder: Path, *more: str
) -> Iterator[DeskWorld]:
    """Run it until the test is over; `more` is added to its settings."""
    prefix = f"desk.{uuid.uuid4().hex[:8]}."
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        worker=of.WorkerSettings(group=prefix),
        redis=of.RedisSettings(url=redis_url, prefix=prefix),
    )
    legato, port = Legato(settings, folder), free_port()
    legato.environ |= {
        "LEGATO_API_PORT": str(port),
        "LEGATO_API_METRICS_PORT": "0",
        "LEGATO_METRICS_PORT": str(free_port()),
        "LEGATO_KAFKA_PARTITIONS": str(PARTITIONS),
        "LEGATO_REDIS_URL": redis_url,
        "LEGATO_REDIS_PREFIX": prefix,
        "LEGATO_VIEW_GROUP": f"{prefix}view",
        "LEGATO_VIEW_PORT": "0",
    }
    told = "\n".join((SOURCES.format(prefix=prefix), PAGES, *more))
    (folder / "legato.toml").write_text(told)
    create(
        settings, *(prefix + name for name in ("channel.events", "site.calls", "access.log"))
    )
    assert legato("topics", "create").code == 0
    key = make_key(legato, "--scope", "admin")
    with ExitStack() as stack:
        for verb in (("worker",), ("view", "redis")):
            stack.enter_context(legato.running(*verb))
        api = stack.enter_context(legato.running("api", "--pages"))
        api.says("answering on", START_S)
        http = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15)
        )
        desk = DeskWorld(legato, http, api, key)
        desk.see_whole()
        yield desk
