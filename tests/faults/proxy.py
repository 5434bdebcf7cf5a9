"""A TCP proxy whose network can be made worse while connections go through it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self

Mode = Literal["pass", "drop", "delay", "reset", "deaf", "mute"]
"""`drop` closes and refuses, `reset` does so rudely; `deaf` loses what clients say and `mute`
what the server answers, both without a word."""

CHUNK = 1 << 16
NOW = struct.pack("ii", 1, 0)
"""Linger for no time: closing then sends a reset."""


class Proxy:
    """Listens on an address and passes all on to another; use it in a `with`."""

    def __init__(self, listens: str, leads_to: str) -> None:
        self.mode: Mode = "pass"
        self.delay_s = 0.0
        self.listens, self._leads_to = listens, leads_to
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="proxy", daemon=True
        )

    def become(self, mode: Mode, delay_s: float = 0.0) -> None:
        """Change how the network is, for connections old and new."""
        self._do(self._become(mode, delay_s))

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _become(self, mode: Mode, delay_s: float) -> None:
        self.mode, self.delay_s = mode, delay_s
        if mode in ("drop", "reset"):
            await self._refuse(rudely=mode == "reset")
        elif self._server is None:
            await self._listen()

    async def _close(self) -> None:
        await self._become("drop", 0)
        served = asyncio.all_tasks() - {asyncio.current_task()}
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    async def _listen(self) -> None:
        host, port = _place(self.listens)
        self._server = await asyncio.start_server(self._serve, host, port)

    async def _refuse(self, *, rudely: bool) -> None:
        """Close what is open; a rude network still listens, and resets who comes."""
        if self._server is not None and not rudely:
            self._server.close()
            self._server = None
        elif self._server is None and rudely:
            await self._listen()
        for writer in list(self._writers):
            _close(writer, rudely=rudely)

    async def _serve(self, said: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            answers, on = await asyncio.open_connection(*_place(self._leads_to))
        except OSError:
            _close(back, rudely=False)
            return
        if self.mode in ("drop", "reset"):
            _close(back, rudely=self.mode == "reset")
            _close(on, rudely=False)
            return
        self._writers |= {back, on}
        try:
            await asyncio.gather(
                self._pass(said, on, "deaf"), self._pass(answers, back, "mute")
            )
        finally:
            self._writers -= {back, on}
            for writer in (back, on):
                _close(writer, rudely=False)

    async def _pass(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, lost_if: Mode
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self.mode == "delay":
                    await asyncio.sleep(self.delay_s)
                if self.mode != lost_if:
                    to.write(data)
                    await to.drain()
        _close(to, rudely=False)


def _close(writer: asyncio.StreamWriter, *, rudely: bool) -> None:
    connection = writer.get_extra_info("socket")
    if rudely and connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
        writer.transport.abort()
    else:
        writer.close()


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port)
