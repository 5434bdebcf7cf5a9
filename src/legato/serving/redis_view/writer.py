"""Writes a batch to Redis; what is older than what stands there changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha1
from itertools import islice
from typing import Any, TypeAlias

import msgspec
import redis
from msgspec import Struct
from redis.exceptions import NoScriptError

from legato.core.values.time import SECOND
from legato.serving.redis_view.batch import RecordBatch
from legato.serving.redis_view.documents import Document, Erasure
from legato.serving.redis_view.freshness import now
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.said import Entry
from legato.serving.redis_view.scripts.contexts import ERASE, WRITE
from legato.serving.redis_view.scripts.said import CLOSE, DECIDE, OPEN
from legato.settings import RedisSettings

_pack = msgspec.msgpack.Encoder().encode

AT_ONCE = 20
"""Redis does nothing else while a script runs: this many take it about half a millisecond."""
SCRIPTS = (ERASE, WRITE, DECIDE, OPEN, CLOSE)

Told: TypeAlias = Document | Erasure | Entry


class WriteResult(Struct, frozen=True):
    """What became of a batch in Redis."""

    contexts: int
    stale: int
    identifiers: int
    erased: int
    decisions: int
    opened: int
    closed: int


class RedisWriter:
    """Knows how a batch becomes calls of the scripts."""

    def __init__(self, client: redis.Redis, keys: Keys, settings: RedisSettings) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings

    def write(self, batch: RecordBatch) -> WriteResult:
        """Write all of a batch; raises RedisError, and may then be called with it again."""
        try:
            return self._write(batch)
        except NoScriptError:  # a Redis that started anew must learn the scripts first
            for script in SCRIPTS:
                self._client.script_load(script)
            return self._write(batch)

    def _write(self, batch: RecordBatch) -> WriteResult:
        """First who is who, then what was said of them, then what of that is over."""
        erased = self._run(ERASE, batch.contexts.erasures())
        written = self._run(WRITE, batch.contexts.documents(self._keys))
        contexts, stale, identifiers, done = map(sum, zip([0, 0, 0, 0], *written, strict=True))
        decisions = self._run(DECIDE, batch.decisions)
        opened = self._run(OPEN, batch.actions)
        closed = self._run(CLOSE, batch.closings)
        return WriteResult(
            contexts,
            stale,
            identifiers,
            sum(erased),
            sum(decisions),
            sum(opened),
            done + sum(closed),
        )

    def _run(self, script: str, told: Iterable[Told]) -> list[Any]:
        """Send call by call as they are made, then hear: Redis works while the next is made."""
        name = sha1(script.encode(), usedforsecurity=False).hexdigest()
        settings, at, waiting = self._settings, now(), iter(told)
        until, mark = (
            at + ttl_s * SECOND for ttl_s in (settings.ttl_s, settings.tombstone_ttl_s)
        )
        every = ("EVALSHA", name, 0, at, until, mark, self._keys.prefix)
        pool = self._client.connection_pool
        connection: Any = pool.get_connection()
        try:
            sent = 0
            while some := list(islice(waiting, AT_ONCE)):
                connection.send_command(*every, _pack(some))
                sent += 1
            return [connection.read_response() for _ in range(sent)]
        except BaseException:
            connection.disconnect()  # else its next user would hear our answers
            raise
        finally:
            pool.release(connection)
