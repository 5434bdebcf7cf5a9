"""`legato api` as a process of its own, called as its clients do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from legato.local import free_port, wait_until
from legato.settings import Settings
from tests.integration.legato_command import Legato, Running

SOURCES = """
[[sources]]
name = "events"
topics = ["{prefix}channel.events"]

[[sources]]
name = "site"
topics = ["{prefix}site.calls"]
map = "segment"
"""


class ApiProcess:
    """A running API, and a client of it; `metrics` is where its metrics are."""

    def __init__(
        self, legato: Legato, running: Running, client: httpx.Client, metrics: str
    ) -> None:
        self.legato, self.running, self.http = legato, running, client
        self.metrics = metrics

    def key(self, *words: str) -> dict[str, str]:
        """Make a key, wait until it counts, and return it as the header that bears it."""
        header = {"Authorization": f"Bearer {make_key(self.legato, *words)}"}
        wait_until(
            lambda: self.http.post("/v1/events", headers=header).status_code != 401,
            "the key to count",
            deadline_s=10,
        )
        return header


def make_key(legato: Legato, *words: str) -> str:
    """Make a key; `ingest` alone unless words say more."""
    told = legato("keys", "create", "test", *(words or ("--scope", "ingest")))
    assert told.code == 0, told.err
    return told.out.strip()


@contextmanager
def running_api(
    settings: Settings, folder: Path, sources: str = SOURCES
) -> Iterator[ApiProcess]:
    """Run it with these sources until the test is over."""
    legato, port, metrics_port = Legato(settings, folder), free_port(), free_port()
    legato.environ |= {
        "LEGATO_API_PORT": str(port),
        "LEGATO_API_METRICS_PORT": str(metrics_port),
        "LEGATO_REDIS_URL": settings.redis.url,
        "LEGATO_REDIS_PREFIX": settings.redis.prefix,
    }
    (folder / "legato.toml").write_text(sources.format(prefix=settings.kafka.prefix))
    make_key(legato)
    with (
        legato.running("api") as running,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=15) as client,
    ):
        running.says("answering on")
        metrics = f"http://127.0.0.1:{metrics_port}/metrics"
        yield ApiProcess(legato, running, client, metrics)
