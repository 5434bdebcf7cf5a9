"""How far a topic has come to Redis, kept in Redis itself.

So the two cannot disagree: a Redis that was flushed, came back empty or went back to an older
snapshot has lost its progress with its contexts, and the view reads again from there. What is
committed to Kafka only tells operators how far the view is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import redis

from legato.serving.redis_view.scripts import ADVANCE
from legato.settings import RedisSettings


class RedisProgress:
    """The next offset of each partition; 0 where nothing is known."""

    def __init__(self, client: redis.Redis, key: str, settings: RedisSettings) -> None:
        self._client = client
        self._key = key
        self._ttl_s = settings.ttl_s

    def held(self) -> dict[int, int]:
        """Ask Redis how far it is; raises RedisError."""
        found = cast("dict[bytes, bytes]", self._client.hgetall(self._key))
        return {int(number): int(offset) for number, offset in found.items()}

    def advance(self, before: Mapping[int, int], now: Mapping[int, int]) -> list[int]:
        """Move partitions on; return those of which Redis lost what was `before`.

        Raises RedisError.
        """
        moves = [part for p, offset in now.items() for part in (p, before.get(p, 0), offset)]
        answer = self._client.eval(ADVANCE, 1, self._key, self._ttl_s, *moves)
        return cast("list[int]", answer)
