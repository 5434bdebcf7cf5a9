"""How far topics have come to Redis, kept in Redis itself.

So the two cannot disagree: a Redis that was flushed, came back empty or went back to an older
snapshot has lost its progress with what it held, and the view reads again from there. What is
committed to Kafka only tells operators how far the view is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast

import redis

from legato.core.values.time import Instant
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.places import Place
from legato.serving.redis_view.scripts.progress import ADVANCE
from legato.settings import RedisSettings


class RedisProgress:
    """The next offset of each partition; 0 where nothing is known."""

    def __init__(self, client: redis.Redis, keys: Keys, settings: RedisSettings) -> None:
        self._client = client
        self._keys = keys
        self._ttl_s = settings.ttl_s

    def held(self, topics: Iterable[str]) -> dict[Place, int]:
        """Ask Redis how far it is with topics; raises RedisError."""
        names = sorted(set(topics))
        with self._client.pipeline(transaction=False) as calls:
            for topic in names:
                calls.hgetall(self._keys.progress(topic))
            answers = cast("list[dict[bytes, bytes]]", calls.execute())
        return {
            (topic, int(number)): int(offset)
            for topic, found in zip(names, answers, strict=True)
            for number, offset in found.items()
        }

    def advance(self, before: Mapping[Place, int], now: Mapping[Place, int]) -> list[Place]:
        """Move partitions on; return those of which Redis lost what was `before`.

        Raises RedisError.
        """
        places = [*now]
        topics = sorted({topic for topic, _ in places})
        moves = [
            part
            for place in places
            for part in (
                topics.index(place[0]) + 1,
                place[1],
                before.get(place, 0),
                now[place],
            )
        ]
        keys = map(self._keys.progress, topics)
        answer = self._client.eval(ADVANCE, len(topics), *keys, self._ttl_s, *moves)
        return [places[index] for index in cast("list[int]", answer)]

    def note_fresh(self, times: Mapping[Place, Instant]) -> None:
        """Tell readers up to when all of each partition is in Redis; raises RedisError."""
        if not times:
            return
        key = self._keys.fresh
        told = [part for place, time in times.items() for part in (_field(place), str(time))]
        with self._client.pipeline(transaction=False) as calls:
            calls.hset(key, items=told)
            calls.expire(key, self._ttl_s)
            calls.execute()

    def leave_fresh(self, places: Collection[Place]) -> None:
        """Tell readers of no partition that does not exist any more; raises RedisError."""
        known = cast("list[bytes]", self._client.hkeys(self._keys.fresh))
        there = {_field(place).encode() for place in places}
        if gone := [field for field in known if field not in there]:
            self._client.hdel(self._keys.fresh, *gone)


def _field(place: Place) -> str:
    return f"{place[0]}/{place[1]}"
