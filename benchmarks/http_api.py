"""`python -m benchmarks.http_api`: events in by HTTP, and customers read, on one machine."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
import msgspec
import psutil
import redis
import uvloop
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.progress import track

from benchmarks.http_connections import HttpConnections
from benchmarks.view_contexts import context_of
from legato.local import Child, RealKafka, RedisServer, free_port, wait_until
from legato.serving.api.keys import new_key, write_keys
from legato.serving.redis_view.keys import Keys
from legato.settings import Settings
from legato.wire.context_view import context_view

API = """
import sys
from legato.serving.api.process import run
from legato.settings import load
if "pages" in sys.argv:
    from legato.serving.pages.app import serve_pages
raise SystemExit(run(load(), beside=serve_pages if "pages" in sys.argv else None))
"""
RATE = 10_000_000
STATUS_BYTES = 15
EVENT = {
    "type": "cart.item_added",
    "channel": "web",
    "time": 1_772_438_400_000,
    "data": {"sku": "SHOE-42", "quantity": 1, "price": 89.0, "currency": "EUR"},
}


class HttpRow(msgspec.Struct, frozen=True):
    """What one API process did; the CPU is its own, the client's stands beside it."""

    events: int
    batch: int
    events_per_s: int
    cpu_us_per_event: float
    events_per_cpu_s: int
    acknowledge_p50_ms: float
    acknowledge_p99_ms: float
    reads: int
    reads_per_s: int
    customers: int
    read_p50_ms: float
    read_p99_ms: float
    read_cpu_ms: float
    client_cpu_ms: float
    failed: int


@click.command()
@click.option("--events", default=200_000, show_default=True, help="Events to send.")
@click.option("--batch", default=100, show_default=True, help="Events a request.")
@click.option("--clients", default=8, show_default=True, help="Requests at once.")
@click.option("--customers", default=100_000, show_default=True, help="Customers in Redis.")
@click.option("--reads", default=500, show_default=True, help="Reads a second, open loop.")
@click.option("--seconds", default=20, show_default=True, help="How long to read.")
def main(events: int, batch: int, clients: int, customers: int, **told: int) -> None:
    """Send events to an API on a real Kafka, then read customers from a real Redis.

    Prints one JSON object. Reads leave at their time whether or not those before are answered,
    so that one that is slow is not hidden by those that wait for it.
    """
    console = Console(stderr=True)
    with RealKafka.start() as kafka, RedisServer.start() as server:
        fill(server.url, customers, console)
        with running_api(kafka.bootstrap, server.url) as api:
            sent = uvloop.run(send(api, (events, batch, clients)))
            read = uvloop.run(look(api, (customers, told["reads"], told["seconds"])))
    failed = sent["failed"] + read["failed"]
    row = msgspec.convert({**sent, **read, "customers": customers, "failed": failed}, HttpRow)
    print(msgspec.json.encode(row).decode())
    sys.exit(bool(row.failed))


class RunningApi(msgspec.Struct, frozen=True):
    """An API process, and how to call it; the token may do all."""

    port: int
    token: str
    process: psutil.Process

    def request(self, line: str, body: bytes = b"") -> bytes:
        """Write a request, such as `GET /v1/actions`, as it goes over the wire."""
        head = (
            f"{line} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.token}",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*head, "", "")).encode() + body

    def cpu_s(self) -> float:
        """How much CPU it has used."""
        return _cpu_s(self.process)


def fill(url: str, customers: int, console: Console) -> None:
    """Write contexts to Redis as the view does, and what leads to them."""
    keys, client = Keys.of(Settings()), redis.Redis.from_url(url)
    for start in track(range(0, customers, 1_000), "contexts", console=console):
        with client.pipeline(transaction=False) as pipe:
            for number in range(start, min(start + 1_000, customers)):
                context = context_of(number)
                told = msgspec.json.encode(context_view(context, []))
                pipe.set(keys.customer(context.customer_id), told)
                pipe.set(keys.identifier("user_id", f"user-{number}"), context.customer_id)
            pipe.execute()
    client.hset(keys.fresh, "legato.customer.contexts/0", str(time.time_ns() // 1_000_000))


@contextmanager
def running_api(
    bootstrap: str, redis_url: str, users: Path | None = None
) -> Iterator[RunningApi]:
    """Run the API until the measurement is over; with users, its pages too."""
    port = free_port()
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = ("legato.channel.events", "legato.access.log")
    for made in admin.create_topics([NewTopic(topic, 4, 1) for topic in topics]).values():
        made.result(30)
    with TemporaryDirectory() as folder:
        told = {"name": "bench", "scopes": ("admin",), "created": 0, "rate": RATE}
        token, key = new_key(**told)
        write_keys(Path(folder) / "keys.json", [key])
        environ = {
            "LEGATO_KAFKA_BOOTSTRAP": bootstrap,
            "LEGATO_REDIS_URL": redis_url,
            "LEGATO_API_PORT": str(port),
            "LEGATO_API_METRICS_PORT": "0",
            "LEGATO_API_KEYS_FILE": str(Path(folder) / "keys.json"),
        }
        if users is not None:
            environ["LEGATO_PAGES_USERS_FILE"] = str(users)
        words = [sys.executable, "-c", API, *(["pages"] if users else [])]
        child = Child(words, Path(folder) / "api.log", environ)
        try:
            wait_until(lambda: _answers(port), "the API to answer", cancelled=child.exited)
            yield RunningApi(port, token, psutil.Process(child.pid))
        finally:
            child.stop()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/openapi.json").status_code == 200
    except httpx.HTTPError:
        return False


async def send(api: RunningApi, load: tuple[int, int, int]) -> dict[str, float]:
    """Send all events, so many requests at once."""
    events, batch, clients = load
    requests = iter([_request(api, start, batch) for start in range(0, events, batch)])
    http, took, failed = HttpConnections("127.0.0.1", api.port), [], 0

    async def client() -> None:
        nonlocal failed
        for request in requests:
            began = time.perf_counter()
            answer = await http.ask(request)
            took.append(time.perf_counter() - began)
            failed += b" 202 " not in answer[:STATUS_BYTES]

    await http.ask(_request(api, -batch, batch))
    cpu, began = api.cpu_s(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    wall, used = time.perf_counter() - began, api.cpu_s() - cpu
    http.close()
    return {
        "events": events,
        "batch": batch,
        "events_per_s": round(events / wall),
        "cpu_us_per_event": round(used / events * 1e6, 1),
        "events_per_cpu_s": round(events / used),
        "acknowledge_p50_ms": _quantile(took, 0.5),
        "acknowledge_p99_ms": _quantile(took, 0.99),
        "failed": failed,
    }


async def look(api: RunningApi, load: tuple[int, int, int]) -> dict[str, float]:
    """Read customers at an even pace, each at its time."""
    customers, rate, seconds = load
    http, took, failed = HttpConnections("127.0.0.1", api.port), [], 0

    async def read(number: int, due: float) -> None:
        nonlocal failed
        answer = await http.ask(api.request(f"GET /v1/customers/user_id/user-{number}"))
        took.append(time.perf_counter() - due)
        failed += b" 200 " not in answer[:STATUS_BYTES]

    await asyncio.gather(*(read(n, time.perf_counter()) for n in range(50)))
    took.clear()
    own, cpu, began, running = _cpu_s(psutil.Process()), api.cpu_s(), time.perf_counter(), []
    for number in range(rate * seconds):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        running.append(asyncio.create_task(read(number * 7_919 % customers, due)))
    await asyncio.gather(*running)
    wall, used = time.perf_counter() - began, api.cpu_s() - cpu
    http.close()
    return {
        "reads": len(took),
        "reads_per_s": round(len(took) / wall),
        "read_p50_ms": _quantile(took, 0.5),
        "read_p99_ms": _quantile(took, 0.99),
        "read_cpu_ms": round(used / len(took) * 1e3, 2),
        "client_cpu_ms": round((_cpu_s(psutil.Process()) - own) / len(took) * 1e3, 2),
        "failed": failed,
    }


def _request(api: RunningApi, start: int, batch: int) -> bytes:
    """Write a request of so many events."""
    events = [
        {**EVENT, "id": f"e{number}", "identifiers": {"user_id": f"user-{number % 20_000}"}}
        for number in range(start, start + batch)
    ]
    return api.request("POST /v1/events", msgspec.json.encode(events))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _quantile(took: list[float], part: float) -> float:
    return round(sorted(took)[min(int(len(took) * part), len(took) - 1)] * 1e3, 2)


if __name__ == "__main__":
    main()
