"""How many pieces of an article are at a venue, as the references of kind `stock` say.

Read from their topic by a thread of its own: a page never asks Kafka. Where that does not come
on, what was known last is shown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import Instant
from legato.queries.errors import RequestError
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings
from legato.wire.topics.references import read_reference_record

log = logging.getLogger(__name__)

KIND = "stock"
AGAIN_S = 5.0


class _Stock(Struct):
    """What a version may say: how many are at which venue."""

    venues: dict[str, Any] = {}


_read = msgspec.json.Decoder(_Stock).decode


class StockReader:
    """Follows the topic of references, if the line reads it, for as long as it runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = topics_of(settings).references
        self._table = ReferenceTable()
        self._over = False

    def at(self, venue: str, now: Instant) -> Callable[[str], float | None]:
        """Say how many pieces of an article are at a venue; None where that is not known."""

        def pieces(sku: str) -> float | None:
            version = self._table.valid_at(KIND, sku, now)
            return None if version is None else _pieces(version.value, venue)

        return pieces

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            if self._settings.references:
                await asyncio.to_thread(self._follow)
            else:
                await asyncio.Event().wait()
        finally:
            self._over = True

    def _follow(self) -> None:
        while not self._over:
            try:
                with TopicReader(self._settings) as reader:
                    self._read_on(reader)
            except RequestError as error:
                log.warning("stock is not read on: %s", error)
                time.sleep(AGAIN_S)

    def _read_on(self, reader: TopicReader) -> None:
        for record in reader.follow(self._topic.__eq__, from_start=True):
            if self._over:
                return
            if record is not None:
                self.take(record)

    def take(self, record: TopicRecord) -> None:
        """Keep what a record of the topic says, if it is of stock."""
        if not (record.key or b"").startswith(b"stock/"):
            return
        version = read_reference_record(record.key, record.value, record.time)
        if isinstance(version, ReferenceVersion):
            self._table.take(version)


def _pieces(value: bytes | None, venue: str) -> float | None:
    """Read a number off a version; None where it says none of this venue."""
    try:
        told = _read(value).venues.get(venue) if value else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return told if isinstance(told, int | float) and not isinstance(told, bool) else None
