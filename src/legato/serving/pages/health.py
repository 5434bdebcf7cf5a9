"""How Legato is, as pages say it: looked at once for all of them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState

LOOK_S = 1.0
SLOW_S = 2.0
"""Redis is as good as away that takes longer."""
OLD_S = 15.0
"""A view that is behind by more is said to be."""


class DeskHealth:
    """Looks once a second; `trouble` is `redis`, `kafka`, `old`, or empty if all is well."""

    def __init__(self, api: ApiState) -> None:
        self._api = api
        self.trouble = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            began = time.monotonic()
            self.trouble = await self._look()
            await asyncio.sleep(max(LOOK_S - (time.monotonic() - began), 0))

    async def _look(self) -> str:
        age = None
        with suppress(Problem, TimeoutError):
            async with asyncio.timeout(SLOW_S):
                await self._api.customers.ask("PING")
                age = await self._api.customers.age_s()
                if not self._api.producer.up:
                    return "kafka"
                return "old" if age is not None and age > OLD_S else ""
        return "redis"
