"""Writes contexts to Redis; what is older than what stands there changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha1
from itertools import islice
from typing import Any

import msgspec
import redis
from msgspec import Struct
from redis.exceptions import NoScriptError

from legato.serving.redis_view.documents import Document, DocumentBatch, Erasure
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.scripts import ERASE, WRITE
from legato.settings import RedisSettings

_pack = msgspec.msgpack.Encoder().encode

CONTEXTS_PER_CALL = 20
"""Redis does nothing else while a script runs: this many take it about half a millisecond."""


class WriteResult(Struct, frozen=True):
    """What became of a batch in Redis."""

    contexts: int
    stale: int
    identifiers: int
    erased: int


class RedisWriter:
    """Knows how a batch becomes calls of the two scripts."""

    def __init__(self, client: redis.Redis, keys: Keys, settings: RedisSettings) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings

    def write(self, batch: DocumentBatch) -> WriteResult:
        """Write all of a batch; raises RedisError, and may then be called with it again."""
        try:
            return self._write(batch)
        except NoScriptError:  # a Redis that started anew must learn the scripts first
            for script in (WRITE, ERASE):
                self._client.script_load(script)
            return self._write(batch)

    def _write(self, batch: DocumentBatch) -> WriteResult:
        settings = self._settings
        erased = self._run(ERASE, settings.tombstone_ttl_s, iter(batch.erasures()))
        written = self._run(WRITE, settings.ttl_s, batch.documents(self._keys))
        contexts, stale, identifiers = map(sum, zip([0, 0, 0], *written, strict=True))
        return WriteResult(contexts, stale, identifiers, sum(erased))

    def _run(self, script: str, ttl_s: int, told: Iterator[Document | Erasure]) -> list[Any]:
        """Send call by call as they are made, then hear: Redis works while the next is made."""
        name = sha1(script.encode(), usedforsecurity=False).hexdigest()
        every = ("EVALSHA", name, 0, ttl_s, self._keys.index, self._keys.customers)
        pool = self._client.connection_pool
        connection: Any = pool.get_connection()
        try:
            sent = 0
            while some := list(islice(told, CONTEXTS_PER_CALL)):
                connection.send_command(*every, _pack(some))
                sent += 1
            return [connection.read_response() for _ in range(sent)]
        except BaseException:
            connection.disconnect()  # else its next user would hear our answers
            raise
        finally:
            pool.release(connection)
