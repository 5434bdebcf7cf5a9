"""Writes contexts to Redis; what is older than what stands there changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha1
from itertools import islice
from typing import Any

import redis
from hiredis import pack_command
from msgspec import Struct
from redis.exceptions import NoScriptError

from legato.serving.redis_documents import Batch, Document, Erasure
from legato.serving.redis_keys import Keys
from legato.serving.redis_scripts import ERASE, WRITE
from legato.settings import Redis

CONTEXTS_PER_CALL = 100
"""Redis does nothing else while a script runs: this many take it about two milliseconds."""


class Written(Struct, frozen=True):
    """What became of a batch in Redis."""

    contexts: int
    stale: int
    identifiers: int
    erased: int


class Call(Struct, frozen=True):
    """One run of a script: the keys that it touches, and what it is told."""

    keys: list[str]
    arguments: list[str | int | bytes]


class RedisWriter:
    """Knows how a batch becomes calls of the two scripts."""

    def __init__(self, client: redis.Redis, keys: Keys, settings: Redis) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings

    def write(self, batch: Batch) -> Written:
        """Write all of a batch; raises RedisError, and may then be called with it again."""
        try:
            return self._write(batch)
        except NoScriptError:  # a Redis that started anew must learn the scripts first
            for script in (WRITE, ERASE):
                self._client.script_load(script)
            return self._write(batch)

    def _write(self, batch: Batch) -> Written:
        erased = self._run(ERASE, self._erasures(iter(batch.erasures())))
        written = self._run(WRITE, self._writes(batch.documents(self._keys)))
        contexts, stale, identifiers = map(sum, zip([0, 0, 0], *written, strict=True))
        return Written(contexts, stale, identifiers, sum(erased))

    def _writes(self, documents: Iterator[Document]) -> Iterator[Call]:
        while some := list(islice(documents, CONTEXTS_PER_CALL)):
            yield _write_call(self._keys, some, self._settings.ttl_s)

    def _erasures(self, erasures: Iterator[Erasure]) -> Iterator[Call]:
        while some := list(islice(erasures, CONTEXTS_PER_CALL)):
            yield _erase_call(self._keys, some, self._settings.tombstone_ttl_s)

    def _run(self, script: str, calls: Iterable[Call]) -> list[Any]:
        """Send the calls as they are made, then hear: Redis works while the next is made."""
        name = sha1(script.encode(), usedforsecurity=False).hexdigest()
        pool = self._client.connection_pool
        connection: Any = pool.get_connection()
        try:
            sent = 0
            for call in calls:
                command: Any = ("EVALSHA", name, len(call.keys), *call.keys, *call.arguments)
                # redis-py would first look at each argument, and there are a thousand.
                connection.send_packed_command([pack_command(command)])
                sent += 1
            return [connection.read_response() for _ in range(sent)]
        except BaseException:
            connection.disconnect()  # else its next user would hear our answers
            raise
        finally:
            pool.release(connection)


def _write_call(names: Keys, documents: Iterable[Document], ttl_s: int) -> Call:
    keys: list[str] = []
    arguments: list[str | int | bytes] = [ttl_s, names.index]
    for document in documents:
        keys.append(names.customer(document.customer_id))
        keys += [names.index + entry for entry in document.index]
        arguments += (
            document.customer_id,
            document.revision,
            document.offset,
            len(document.index),
            document.index_bytes,
            document.json,
        )
    return Call(keys, arguments)


def _erase_call(names: Keys, erasures: Iterable[Erasure], ttl_s: int) -> Call:
    keys: list[str] = []
    arguments: list[str | int | bytes] = [ttl_s, names.index]
    for erasure in erasures:
        keys.append(names.customer(erasure.customer_id))
        arguments += (erasure.customer_id, erasure.offset)
    return Call(keys, arguments)
