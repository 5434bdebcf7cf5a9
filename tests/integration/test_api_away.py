"""What reads do while the view is behind, Redis is away, or nobody can be told who read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from legato import settings as of
from legato.cli.envelope import wall_clock
from legato.core.values.time import SECOND
from legato.local import EmbeddedKafka, RedisServer, wait_until
from legato.serving.api.customers import STALE_S
from legato.settings import Settings
from tests.integration.api_process import SOURCES, ApiProcess, running_api
from tests.integration.context_topic import a_context
from tests.integration.said import create, create_topics
from tests.integration.written_view import WrittenView

ANNA = "0-" + "a" * 24
EVENT = {
    "type": "page.viewed",
    "channel": "web",
    "time": "2026-03-02T09:00:00Z",
    "identifiers": {"user_id": "7"},
}
BEST_EFFORT = f'{SOURCES}\n[api]\naudit = "best_effort"\n'
STALE = int((STALE_S + 5) * SECOND)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer.start(tmp_path / "redis") as server:
        yield server


def settings_of(bootstrap: str, url: str, prefix: str) -> Settings:
    """Settings with all topics made, and Anna in the view."""
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=bootstrap, prefix=prefix),
        redis=of.RedisSettings(url=url, prefix=prefix),
        worker=of.WorkerSettings(group=prefix),
    )
    create_topics(settings)
    create(settings, f"{prefix}site.calls", f"{prefix}access.log")
    write_anna(settings)
    return settings


def write_anna(settings: Settings, age: int = 0) -> None:
    """Bring Anna into the view, and say that it was up to date so long ago."""
    view = WrittenView(settings.redis.url, settings.redis.prefix)
    view.read(view.log.context(a_context(ANNA, user_id="7")))
    view.client.hset(view.keys.fresh, "customer.contexts/0", str(wall_clock() - age))
    view.client.close()


def read_anna(api: ApiProcess, key: dict[str, str]) -> httpx.Response:
    return api.http.get(f"/v1/customers/{ANNA}", headers=key)


def metric(api: ApiProcess, name: str) -> float:
    (found,) = re.findall(rf"^{name} (\S+)$", httpx.get(api.metrics).text, re.MULTILINE)
    return float(found)


def test_a_view_that_is_behind_is_answered_by_with_a_warning(
    bootstrap: str, topic_prefix: str, server: RedisServer, tmp_path: Path
) -> None:
    settings = settings_of(bootstrap, server.url, topic_prefix)
    with running_api(settings, tmp_path) as api:
        key = api.key("--scope", "read")
        now = read_anna(api, key)
        assert now.status_code == 200
        assert int(now.headers["legato-age"]) < STALE_S
        assert "warning" not in now.headers
        write_anna(settings, age=STALE)
        wait_until(lambda: "warning" in read_anna(api, key).headers, "the warning")
        behind = read_anna(api, key)
        assert behind.headers["warning"].startswith("110 ")
        assert int(behind.headers["legato-age"]) > STALE_S
        assert metric(api, "legato_api_view_age_seconds") > STALE_S


def test_without_redis_reads_are_refused_and_events_go_on(
    bootstrap: str, topic_prefix: str, server: RedisServer, tmp_path: Path
) -> None:
    settings = settings_of(bootstrap, server.url, topic_prefix)
    with running_api(settings, tmp_path) as api:
        key = api.key("--scope", "admin")
        assert read_anna(api, key).status_code == 200
        server.kill()
        body = {"customer_id": ANNA, "purpose": "service"}
        for answer in (
            read_anna(api, key),
            api.http.get("/v1/customers/user_id/7", headers=key),
            api.http.get("/v1/actions?venue=BER-1", headers=key),
            api.http.get("/v1/actions/a1", headers=key),
            api.http.get(f"/v1/stream?customer={ANNA}", headers=key),
            api.http.post("/v1/resume", json=body, headers=key),
            api.http.post("/v1/resume/token"),
        ):
            assert answer.status_code == 503, answer.request.url
            assert int(answer.headers["retry-after"]) > 0
            assert "Redis does not answer" in answer.json()["detail"]
        assert api.http.post("/v1/events", json=EVENT, headers=key).status_code == 202
        server.restart()
        wait_until(lambda: read_anna(api, key).status_code == 404, "an empty Redis")
        write_anna(settings)
        assert read_anna(api, key).status_code == 200


@pytest.mark.long
def test_without_kafka_nobody_is_read_unless_the_log_may_have_gaps(
    redis_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    folders = {name: tmp_path / name for name in ("required", "best_effort")}
    for folder in folders.values():
        folder.mkdir()
    with EmbeddedKafka.start(tmp_path / "kafka") as kafka:
        settings = settings_of(kafka.bootstrap, redis_url, topic_prefix)
        with (
            running_api(settings, folders["required"]) as strict,
            running_api(settings, folders["best_effort"], BEST_EFFORT) as lenient,
        ):
            keys = [api.key("--scope", "read") for api in (strict, lenient)]
            assert read_anna(strict, keys[0]).status_code == 200
            kafka.kill()
            refused, answered = read_anna(strict, keys[0]), read_anna(lenient, keys[1])
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert ANNA not in refused.text
            assert answered.status_code == 200
            assert "is not in the access log" in lenient.running.out.read_text()
            ready = httpx.get(strict.metrics.replace("/metrics", "/readyz"))
            assert (ready.status_code, "kafka" in ready.text) == (503, True)


def test_a_link_is_opened_once_and_not_by_a_key_that_was_revoked(
    bootstrap: str, topic_prefix: str, server: RedisServer, tmp_path: Path
) -> None:
    settings = settings_of(bootstrap, server.url, topic_prefix)
    with running_api(settings, tmp_path) as api:
        key = api.key("--scope", "act", "--scope", "ingest")
        body = {"customer_id": ANNA, "purpose": "service"}
        first, second = (
            api.http.post("/v1/resume", json=body, headers=key).json()["token"]
            for _ in range(2)
        )
        with redis.Redis.from_url(server.url) as client:
            names = [name.decode() for name in client.scan_iter("*resume:*")]
            assert len(names) == 2
            assert not [name for name in names if first in name or second in name]
            assert all(0 < client.ttl(name) <= 15 * 60 for name in names)
        opened = [api.http.post(f"/v1/resume/{first}") for _ in range(2)]
        assert [answer.status_code for answer in opened] == [200, 404]
        assert "identifiers" not in opened[0].json()
        assert api.legato("keys", "revoke", key["Authorization"].split("_")[1]).code == 0
        wait_until(
            lambda: api.http.post("/v1/events", headers=key).status_code == 401,
            "the key to be refused",
            deadline_s=10,
        )
        assert api.http.post(f"/v1/resume/{second}").status_code == 404
