"""A view made by hand: records sorted and written into Redis as its process does."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import redis
from confluent_kafka import Message

from legato import settings as of
from legato.serving.redis_view.batch import RecordSorter
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.writer import RedisWriter, WriteResult
from legato.settings import Settings
from tests.integration.view_records import NOW, LoggedRecords


class WrittenView:
    """Sorts and writes as a view does, and looks at what is there."""

    def __init__(self, url: str, prefix: str) -> None:
        self.settings = Settings(redis=of.RedisSettings(url=url, prefix=prefix))
        self.keys = Keys.of(self.settings)
        self.client = redis.Redis.from_url(url)
        self.log = LoggedRecords(self.settings.kafka.prefix)
        self._sorter = RecordSorter(self.settings)
        self._writer = RedisWriter(self.client, self.keys, self.settings.redis)

    def read(self, *messages: Message) -> WriteResult:
        """Read records as one batch."""
        return self._writer.write(self._sorter.sort(messages, NOW))

    def decisions(self, customer_id: str) -> list[str]:
        """Name a customer's decisions, the oldest first."""
        found = self.client.zrange(self.keys.decisions(customer_id), 0, -1)
        return [msgspec.json.decode(each)["decision_id"] for each in cast("list[bytes]", found)]

    def action(self, action_id: str) -> dict[str, Any] | None:
        value = self.client.get(self.keys.action(action_id))
        return msgspec.json.decode(value) if isinstance(value, bytes) else None

    def ids(self, key: str) -> list[str]:
        return [*map(bytes.decode, cast("list[bytes]", self.client.zrange(key, 0, -1)))]

    def standing(self) -> dict[str, object]:
        """All that stands in Redis, but for when it leaves."""
        found: dict[str, object] = {}
        for key in self.client.scan_iter(f"{self.settings.redis.prefix}*", 1_000):
            kind = self.client.type(key)
            found[key.decode()] = (
                self.client.get(key)
                if kind == b"string"
                else self.client.zrange(key, 0, -1, withscores=True)
            )
        return found

    def clear(self) -> None:
        for key in self.client.scan_iter(f"{self.settings.redis.prefix}*", 1_000):
            self.client.delete(key)
