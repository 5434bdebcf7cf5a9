"""A real server, as good or as bad as a test wants it: it answers bytes as they are told."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from msgspec import Struct

HEAD_END = b"\r\n\r\n"


class HeardRequest(Struct, frozen=True):
    """What came: header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer: TypeAlias = bytes | AsyncIterator[bytes]
"""All at once, or piece by piece for as long as somebody reads."""
Answering: TypeAlias = Callable[[HeardRequest], Answer]


class WebServer:
    """What it heard, over how many connections, and the name (of TLS) it was called by."""

    def __init__(self, answering: Answering) -> None:
        self.heard: list[HeardRequest] = []
        self.connections = 0
        self.called: list[str | None] = []
        self.begun = asyncio.Event()
        self.port = 0
        self.sent = 0
        self._answering = answering
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                heard = await _read(reader)
                self.heard.append(heard)
                self.begun.set()
                if not await self._answer(writer, self._answering(heard)):
                    break
        self._open.discard(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, answer: Answer) -> bool:
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return b"content-length" in answer.lower()
        async for piece in answer:
            writer.write(piece)
            self.sent += len(piece)
            await writer.drain()
        return False

    def hang_up(self) -> None:
        """Close what is open."""
        for each in self._open:
            each.transport.abort()


async def _read(reader: asyncio.StreamReader) -> HeardRequest:
    head = (await reader.readuntil(HEAD_END)).decode()
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HeardRequest(method, path, headers, body)


@asynccontextmanager
async def serving(
    answer: bytes | Answering, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebServer]:
    """Serve on this machine as long as the block runs."""
    web = WebServer((lambda _: answer) if isinstance(answer, bytes) else answer)
    if tls is not None:
        tls.sni_callback = lambda _, name, __: web.called.append(name)
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        web.hang_up()


@contextmanager
def serving_beside(answer: bytes | Answering) -> Iterator[WebServer]:
    """Serve from a thread of its own, for those who have no loop, or one for themselves."""

    async def serve() -> None:
        async with serving(answer) as web:
            ready.append(web)
            up.set()
            await over.wait()

    ready: list[WebServer] = []
    up, over, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert up.wait(10)
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def answering(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """Write an answer as servers do."""
    told = {"Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate of a name: what a server serves with, and what believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    since = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    told = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(told.public_bytes(Encoding.PEM) + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))
