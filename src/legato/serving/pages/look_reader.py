"""The access log as a page reads it: in threads of its own, and within a time."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from legato.core.values.time import Instant
from legato.queries.errors import RequestError
from legato.queries.looks import FoundLooks, read_looks
from legato.serving.api.problems import try_again
from legato.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 2
"""So many read at once, whoever else asks waits: each is a client of Kafka."""
WAIT_S = 15.0
AGAIN_S = 5.0


class LookReader:
    """Reads who looked at a customer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(AT_ONCE, "looks")

    async def read(self, customers: tuple[str, ...], now: Instant) -> FoundLooks:
        """Read the newest looks; raises Problem (503) where Kafka does not answer in time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WAIT_S):
                return await loop.run_in_executor(
                    self._threads, read_looks, self._settings, customers, now
                )
        except (RequestError, TimeoutError) as error:
            log.warning("the access log cannot be read: %s", str(error) or "it took too long")
            raise try_again("Kafka does not answer; ask again", AGAIN_S) from None
