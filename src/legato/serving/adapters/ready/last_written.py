"""When a customer last wrote to us on a channel, as the Redis view knows it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import msgspec
import redis.asyncio as redis
from msgspec import Struct
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as RedisRetry

from legato.adapter import Action
from legato.core.values.time import Instant
from legato.serving.redis_view.keys import Keys
from legato.settings import Settings

HOPS_MOST = 8
REDIS_S = 2.0
WROTE = "message.received"


class ViewAway(Exception):
    """Redis does not answer."""


class _Touch(Struct):
    time: Instant
    type: str
    channel: str
    brand: str = ""


class _Customer(Struct):
    forward: str = ""
    timeline: list[_Touch] = []


_read = msgspec.json.Decoder(_Customer).decode


class LastWritten:
    """Asks the view; it connects when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._keys = Keys.of(settings)
        self._redis = redis.Redis.from_url(
            settings.redis.url,
            socket_timeout=REDIS_S,
            socket_connect_timeout=REDIS_S,
            retry=RedisRetry(NoBackoff(), 0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._redis.aclose()

    async def of(self, action: Action) -> Instant | None:
        """When the customer of an action last wrote on its channel, to its brand.

        None if they did not, as far as their last touchpoints tell. Raises ViewAway.
        """
        customer = await self._customer(action.customer_id)
        return max(
            (each.time for each in customer.timeline if _answers(each, action)), default=None
        )

    async def _customer(self, customer_id: str) -> _Customer:
        """Read a customer, along whoever they were merged into."""
        found = _Customer(customer_id)
        for _ in range(HOPS_MOST):
            if not found.forward:
                break
            found = _read(await self._get(found.forward) or b"{}")
        return found

    async def _get(self, customer_id: str) -> bytes | None:
        try:
            told = await self._redis.get(self._keys.customer(customer_id))
        except (RedisError, OSError) as error:
            raise ViewAway from error
        return told.encode() if isinstance(told, str) else told


def _answers(touch: _Touch, action: Action) -> bool:
    """Did they write there, and to nobody else's brand?"""
    if touch.type != WROTE or touch.channel != action.channel:
        return False
    return not (touch.brand and action.brand) or touch.brand == action.brand
