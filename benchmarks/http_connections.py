"""A client that costs next to nothing: requests are bytes, and connections stay open."""

from __future__ import annotations

import asyncio
from typing import cast

_LENGTH = b"content-length: "
_HEAD_ENDS = b"\r\n\r\n"


class HttpConnections:
    """Connections to one host, as many as are needed at once, each busy or free."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: list[_Connection] = []

    async def ask(self, request: bytes) -> bytes:
        """Send a request; returns its answer, status line and all; raises OSError."""
        connection = await self._any()
        answer = await connection.ask(request)
        self._free.append(connection)
        return answer

    def close(self) -> None:
        """Close them."""
        for each in self._free:
            each.close()

    async def _any(self) -> _Connection:
        while self._free:
            if (found := self._free.pop()).is_open:
                return found
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, self._host, self._port))[1]


class _Connection(asyncio.Protocol):
    """One request at a time, and its answer, whose length stands in its head."""

    def __init__(self) -> None:
        self.is_open = True
        self._told = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._told or not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the API closed a connection"))

    def data_received(self, data: bytes) -> None:
        self._told = told = self._told + data if self._told else data
        head = told.find(_HEAD_ENDS)
        if head < 0 or len(told) < head + len(_HEAD_ENDS) + _length(told[:head]):
            return
        self._told = b""
        self._answer.set_result(told)

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; its whole answer comes later."""
        self._answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Close it."""
        self._transport.close()


def _length(head: bytes) -> int:
    """Read how long the body is; 0 where the head does not say."""
    told = head.partition(_LENGTH)[2].partition(b"\r")[0]
    return int(told or 0)
