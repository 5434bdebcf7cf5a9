"""`python -m benchmarks.desk`: people at the desk, and its open streams, on one machine."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
import msgspec
import redis
import uvloop
from rich.console import Console

from benchmarks.http_api import RunningApi, fill, running_api
from benchmarks.view_contexts import context_of
from legato.local import RealKafka, RedisServer
from legato.queries.rights import Role
from legato.serving.pages.frame import static_files
from legato.serving.pages.passwords import Passwords
from legato.serving.pages.sessions import COOKIE
from legato.serving.pages.users import LocalUser, changing_users
from legato.serving.redis_view.keys import Keys
from legato.settings import Settings

EVERY_S = 3.0
PASSWORD = "a long password"
ROLES: tuple[Role, ...] = ("associate",)


class DeskRow(msgspec.Struct, frozen=True):
    """What one API process did; the first view is in bytes, without pictures."""

    users: int
    streams: int
    customers: int
    guests: int
    pages: int
    page_p50_ms: float
    page_p95_ms: float
    page_cpu_ms: float
    beats_per_s: float
    cores: float
    first_view_bytes: int
    failed: int


@click.command()
@click.option("--users", default=50, show_default=True, help="People who click each 3 s.")
@click.option("--streams", default=500, show_default=True, help="Open streams.")
@click.option("--venues", default=10, show_default=True, help="Venues that they are at.")
@click.option("--guests", default=20, show_default=True, help="Customers at each venue.")
@click.option("--customers", default=100_000, show_default=True, help="Customers in Redis.")
@click.option("--seconds", default=30, show_default=True, help="How long to click.")
def main(**told: int) -> None:
    """Click through the pages of a venue, each person at their own pace, with streams open.

    Prints one JSON object. Clicks leave at their time, answered or not those before.
    """
    console = Console(stderr=True)
    with (
        TemporaryDirectory() as folder,
        RealKafka.start() as kafka,
        RedisServer.start() as server,
    ):
        file = Path(folder) / "users.json"
        _add_users(file, told["venues"])
        fill(server.url, told["customers"], console)
        _let_in(server.url, told["venues"], told["guests"])
        with running_api(kafka.bootstrap, server.url, file) as api:
            row = uvloop.run(_measured(api, told))
    print(msgspec.json.encode(row).decode())
    sys.exit(bool(row.failed))


def _add_users(file: Path, venues: int) -> None:
    """One user for each venue: as many may be signed in as one."""
    hashed = Passwords().hash(PASSWORD)
    with changing_users(file) as users:
        for number in range(venues):
            name = f"u{number}"
            users[name] = LocalUser(
                name=name,
                password=hashed,
                password_since=1,
                roles=ROLES,
                brands=("*",),
                venues=(f"v{number}",),
            )


def _let_in(url: str, venues: int, guests: int) -> None:
    """Let so many customers be at each venue."""
    keys, client = Keys.of(Settings()), redis.Redis.from_url(url)
    until = round(time.time() * 1_000) + 3_600_000
    for venue in range(venues):
        who = (context_of(venue * guests + each).customer_id for each in range(guests))
        client.zadd(keys.guests(f"v{venue}"), {each: until for each in who})


async def _measured(api: RunningApi, told: dict[str, int]) -> DeskRow:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    base = f"http://127.0.0.1:{api.port}"
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as http:
        cookies = [await _signed_in(http, f"u{number}") for number in range(told["venues"])]
        beats: list[float] = []
        streams = [
            asyncio.create_task(_listen(http, number % told["venues"], cookies, beats))
            for number in range(told["streams"])
        ]
        await asyncio.sleep(5)
        beats.clear()
        cpu, began = api.cpu_s(), time.perf_counter()
        clicks = await asyncio.gather(
            *(_click(http, number, cookies, told) for number in range(told["users"]))
        )
        wall, used = time.perf_counter() - began, api.cpu_s() - cpu
        heard = len(beats)
        for stream in streams:
            stream.cancel()
        page = await http.get("/pages/venues/v0", headers=cookies[0])
    took = sorted(seconds for each in clicks for seconds in each)
    failed = sum(seconds < 0 for seconds in took)
    return DeskRow(
        users=told["users"],
        streams=told["streams"],
        customers=told["customers"],
        guests=told["guests"],
        pages=len(took),
        page_p50_ms=round(took[len(took) // 2] * 1e3, 1),
        page_p95_ms=round(took[int(len(took) * 0.95)] * 1e3, 1),
        page_cpu_ms=round(used / len(took) * 1e3, 2),
        beats_per_s=round(heard / wall, 1),
        cores=round(used / wall, 2),
        first_view_bytes=len(page.content) + sum(len(x.body) for x in static_files().values()),
        failed=failed,
    )


async def _signed_in(http: httpx.AsyncClient, name: str) -> dict[str, str]:
    fields = {"name": name, "password": PASSWORD, "to": "/pages/"}
    answer = await http.post("/pages/sign-in", data=fields)
    cookie = answer.cookies.get(COOKIE)
    http.cookies.clear()
    return {"Cookie": f"{COOKIE}={cookie}"}


async def _listen(
    http: httpx.AsyncClient, venue: int, cookies: list[dict[str, str]], beats: list[float]
) -> None:
    path = f"/pages/venues/v{venue}/live"
    async with http.stream("GET", path, headers=cookies[venue], timeout=None) as answer:
        async for line in answer.aiter_lines():
            if line == "event: beat":
                beats.append(time.perf_counter())


async def _click(
    http: httpx.AsyncClient, number: int, cookies: list[dict[str, str]], told: dict[str, int]
) -> list[float]:
    """Open the list and a card in turn, each three seconds; what failed took less than 0."""
    venue = number % told["venues"]
    guest = context_of(venue * told["guests"] + number % told["guests"]).customer_id
    paths = f"/pages/venues/v{venue}", f"/pages/venues/v{venue}/customers/{guest}"
    began = time.perf_counter() + EVERY_S * number / told["users"]
    took, running = [], []

    async def open_page(path: str, due: float) -> None:
        answer = await http.get(path, headers=cookies[venue])
        seconds = time.perf_counter() - due
        took.append(seconds if answer.status_code == 200 else -1.0)

    for turn in range(int(told["seconds"] / EVERY_S)):
        due = began + turn * EVERY_S
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        running.append(asyncio.create_task(open_page(paths[turn % 2], due)))
    await asyncio.gather(*running)
    return took


if __name__ == "__main__":
    main()
