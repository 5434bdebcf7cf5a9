"""Rows in which what stands beside the line goes away: Redis, and the registry of schemas."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from legato.local import Child, RedisServer, free_port, wait_until
from tests.faults.cluster import live
from tests.faults.row import Row, Setting
from tests.faults.slot import LEGATO
from tests.faults.stage import Stage

AWAY_S = 20.0


def redis_away(stage: Stage) -> None:
    """Let Redis be away for a while and come back empty; the view has to fill it again."""
    with RedisServer.start() as server, _view(stage, server.url):
        _shows(stage, server.url)
        with stage.fault():
            server.kill()
            stage.probe().seen_at(AWAY_S)
            time.sleep(AWAY_S)
            server.restart()
        _shows(stage, server.url)


@contextmanager
def _view(stage: Stage, url: str) -> Iterator[None]:
    environ = {**stage.environ, "LEGATO_REDIS_URL": url}
    environ["LEGATO_VIEW_PORT"] = str(free_port())
    command = [sys.executable, *LEGATO, "view", "redis"]
    child = Child(command, stage.folder / "view.log", environ)
    try:
        yield
    finally:
        child.stop()


def _shows(stage: Stage, url: str) -> None:
    """Wait until Redis shows the contexts that were committed a moment ago."""
    probing = stage.probe()
    probing.seen_at(30)
    keys = [f"legato:customer:{name}" for name in probing.owners]
    with redis.Redis.from_url(url) as client:
        what = "redis to show what was committed"
        wait_until(lambda: client.exists(*keys) == len(keys), what, deadline_s=60)


def registry_away(stage: Stage) -> None:
    """Let the registry be ill for a while; a worker that starts meanwhile needs it."""
    registry = stage.ground.registry
    assert registry is not None
    with stage.fault():
        registry.ill = 503
        stage.slots[0].kill()
        time.sleep(AWAY_S)
        registry.ill = None


ROWS = (
    Row("redis-away", "Redis is killed, and comes back empty", redis_away, signals=live),
    Row(
        "registry-away",
        "The registry is ill for 20 s, and a worker is killed",
        registry_away,
        Setting(registry=True),
        within_s=30,
        ends=((-9,),),
    ),
)
