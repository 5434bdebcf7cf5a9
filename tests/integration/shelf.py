"""What stands in Redis, as its readers see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec
import redis

from legato.cli.envelope import wall_clock
from legato.local import wait_until
from legato.serving.redis_view.keys import Keys
from legato.settings import Settings


class Shelf:
    """Looks things up as the HTTP API would."""

    def __init__(self, settings: Settings, client: redis.Redis) -> None:
        self.keys = Keys.of(settings)
        self._prefix = settings.redis.prefix
        self._client = client

    def context(self, customer_id: str) -> dict[str, Any] | None:
        text = self._client.get(self.keys.customer(customer_id))
        return msgspec.json.decode(text) if isinstance(text, bytes) else None

    def revision(self, customer_id: str) -> int | None:
        context = self.context(customer_id)
        return context["revision"] if context else None

    def customer(self, kind: str, value: str) -> str | None:
        found = self._client.get(self.keys.identifier(kind, value))
        return found.decode() if isinstance(found, bytes) else None

    def names(self) -> list[str]:
        return [key.decode() for key in self._client.scan_iter(f"{self._prefix}*", 1_000)]

    def wait_for(self, customer_id: str, revision: int) -> None:
        what = f"`{customer_id}` at revision {revision}"
        wait_until(lambda: self.revision(customer_id) == revision, what)

    def decisions(self, customer_id: str) -> list[dict[str, Any]]:
        """List a customer's decisions, the newest first."""
        found = self._client.zrange(self.keys.decisions(customer_id), 0, -1, desc=True)
        return [msgspec.json.decode(each) for each in cast("list[bytes]", found)]

    def action(self, action_id: str) -> dict[str, Any] | None:
        text = self._client.get(self.keys.action(action_id))
        return msgspec.json.decode(text) if isinstance(text, bytes) else None

    def left_ms(self, key: str) -> int:
        """How long a key still lives."""
        return self._client.pttl(key)

    def open(self, key: str) -> list[str]:
        """Name what is open in a set: not over, and not closed."""
        found = self._client.zrange(key, wall_clock(), "+inf", byscore=True)
        return [
            name
            for name in map(bytes.decode, cast("list[bytes]", found))
            if (action := self.action(name)) is not None and "closed" not in action
        ]

    def fresh(self) -> dict[str, int]:
        """Up to when all of each partition is here."""
        found = cast("dict[bytes, bytes]", self._client.hgetall(self.keys.fresh))
        return {place.decode(): int(time) for place, time in found.items()}


class Listener:
    """Hears the notices of a view from then on."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._channel: Any = client.pubsub()  # type: ignore[no-untyped-call]
        self._channel.subscribe(keys.notices)
        assert self._channel.get_message(timeout=5)["type"] == "subscribe"

    def heard(self, patience_s: float = 0.2) -> Iterator[list[dict[str, Any]]]:
        """Yield what is published at once, until nothing more comes."""
        while (message := self._channel.get_message(timeout=patience_s)) is not None:
            yield msgspec.json.decode(message["data"])
