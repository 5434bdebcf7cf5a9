"""The way to Redis: one connection, on which all requests ask at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from typing import Any, TypeAlias

from msgspec import Struct
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from legato.settings import RedisSettings

Word: TypeAlias = str | bytes | int

REDIS_S = 2.0
"""How long Redis may take to be connected, and to answer."""


class RedisScript(Struct, frozen=True):
    """What Redis runs as one step, and the SHA-1 by which it knows it once it has run it."""

    text: str
    sha1: str

    @classmethod
    def of(cls, text: str) -> RedisScript:
        """Name a script as Redis does."""
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class RedisConnection:
    """Asks Redis, and connects when first needed, and again after a connection was lost.

    A pool would lend each question a connection of its own and see first whether it lives, and
    that costs more than the question. Whoever waits on one that is lost is told so at once.
    """

    def __init__(self, settings: RedisSettings) -> None:
        self._pool = ConnectionPool.from_url(
            settings.url,
            socket_connect_timeout=REDIS_S,
            socket_timeout=None,  # of one answer; here each question has its own
            retry=Retry(NoBackoff(), 0),
        )
        self._connecting = asyncio.Lock()
        self._open: _Conversation | None = None

    async def ask(self, *words: Word) -> Any:  # noqa: ANN401 - Redis answers in any form
        """Send a command, and wait for its answer; raises RedisError, OSError."""
        try:
            async with asyncio.timeout(REDIS_S):
                open_ = self._open
                if open_ is None or open_.is_lost:
                    open_ = await self._connect()
                return await open_.ask(words)
        except TimeoutError:
            await self.close()
            raise NoAnswer(f"redis did not answer within {REDIS_S:g} s") from None

    async def run(self, script: RedisScript, *arguments: Word) -> Any:  # noqa: ANN401
        """Run a script that names its keys itself; raises RedisError, OSError."""
        try:
            return await self.ask("EVALSHA", script.sha1, 0, *arguments)
        except NoScriptError:
            return await self.ask("EVAL", script.text, 0, *arguments)

    async def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._open is not None:
            before, self._open = self._open, None
            await before.close()

    async def _connect(self) -> _Conversation:
        async with self._connecting:
            if self._open is None or self._open.is_lost:
                connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
                await connection.connect()
                self._open = _Conversation(connection)
            return self._open


class _Conversation:
    """A connection on which answers come in the order of the questions."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._hearing = asyncio.create_task(self._hear())

    @property
    def is_lost(self) -> bool:
        """Will no more answers come?"""
        return self._hearing.done()

    async def ask(self, words: tuple[Word, ...]) -> Any:  # noqa: ANN401
        """Ask behind all who asked before; raises RedisError, OSError."""
        answer = asyncio.get_running_loop().create_future()
        packed = self._connection.pack_command(*words)
        self._waiting.append(answer)
        try:
            # It is written before anything is waited for, so all stand in one order.
            await self._connection.send_packed_command(packed, check_health=False)
        except BaseException:
            answer.cancel()
            raise
        return await answer

    async def close(self) -> None:
        """Let it go; whoever waits is told so."""
        self._hearing.cancel()
        self._lose(NotConnected("the connection to redis was closed"))
        await self._connection.disconnect(nowait=True)

    async def _hear(self) -> None:
        """Give each answer to whoever asked for it, until the connection is lost."""
        try:
            while True:
                told = await self._next_answer()
                answer = self._waiting.popleft()
                if answer.done():
                    continue
                if isinstance(told, ResponseError):
                    answer.set_exception(told)
                else:
                    answer.set_result(told)
        except (RedisError, OSError) as error:
            self._lose(error)

    async def _next_answer(self) -> object:
        try:
            return await self._connection.read_response()
        except ResponseError as refused:  # which is an answer, to one question alone
            return refused

    def _lose(self, why: Exception) -> None:
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(why)
        self._waiting.clear()
