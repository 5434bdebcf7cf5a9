"""How Legato is, as pages say it: looked at once for all of them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState

LOOK_S = 1.0
SLOW_S = 2.0
"""Redis and Kafka are as good as away that take longer: a page says so within 5 s."""
OLD_S = 15.0
"""A view that is behind by more is said to be."""
NO_REDIS, NO_KAFKA, OLD = "redis", "kafka", "old"


class DeskHealth:
    """Looks once a second; `trouble` is one of these words, or empty if all is well."""

    def __init__(self, api: ApiState) -> None:
        self._api = api
        self.trouble = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            began = time.monotonic()
            redis, kafka = await asyncio.gather(self._redis(), self._kafka())
            self.trouble = NO_REDIS if redis == NO_REDIS else kafka or redis
            await asyncio.sleep(max(LOOK_S - (time.monotonic() - began), 0))

    async def _redis(self) -> str:
        """Ask Redis, and it how old its view is."""
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(SLOW_S):
                await self._api.customers.ask("PING")
                age = await self._api.customers.age_s()
                return OLD if age is not None and age > OLD_S else ""
        return NO_REDIS

    async def _kafka(self) -> str:
        """Ask Kafka: one that hangs takes what it is given, and says nothing for long."""
        producer = self._api.producer
        answers = await asyncio.to_thread(producer.answers, SLOW_S)
        return "" if answers and producer.up else NO_KAFKA
