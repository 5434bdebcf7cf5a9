"""A body within its limits: as sent, unpacked, and in time."""

from __future__ import annotations

import asyncio
import zlib
from http import HTTPStatus
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from legato.serving.api.problems import Problem

SENT_MOST = 500_000
UNPACKED_MOST = 1_000_000
EVENT_MOST = 32 * 1024
"""Bytes of one event."""
EVENTS_MOST = 1_000
BODY_S = 10.0

Shape = TypeVar("Shape")
_ANY_ZLIB = zlib.MAX_WBITS | 32
"""gzip (RFC 1952) or zlib (RFC 1950), as its first bytes say."""
_ENCODINGS = ("gzip", "x-gzip", "deflate")
_CLOSE = {"Connection": "close"}


async def read_body(request: Request) -> bytes:
    """Read all of a body and unpack it; raises Problem (408, 413, 415, 400)."""
    packing = packing_of(request)
    return opened(await read_sent(request), packing)


async def read_shape(request: Request, shape: type[Shape], detail: str) -> Shape:
    """Read a body as JSON of a shape; raises Problem, 400 with this sentence if it has another.

    What msgspec says of it is not passed on: it might hold what was sent.
    """
    body = await read_body(request)
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from None


def packing_of(request: Request) -> str:
    """Read how a body is packed; raises Problem (415)."""
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("", "identity", *_ENCODINGS):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"the content encoding `{packing[:40]}` is not read; send gzip, deflate or none",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return packing


def opened(sent: bytes, packing: str) -> bytes:
    """Unpack a body if it is packed; raises Problem (400, 413)."""
    return unpacked(sent) if packing in _ENCODINGS else sent


async def read_sent(request: Request) -> bytes:
    """Read all of a body as it was sent; raises Problem (408, 413)."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > SENT_MOST:
        raise _too_large(f"a body may have {SENT_MOST:,} bytes as it is sent")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > SENT_MOST:
                    raise _too_large(f"a body may have {SENT_MOST:,} bytes as it is sent")
    except TimeoutError:
        detail = f"the body did not come within {BODY_S:g} s; send it again"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail, headers=_CLOSE) from None
    except ClientDisconnect:
        detail = "the client went before all of its body was here"
        raise Problem(HTTPStatus.BAD_REQUEST, detail, headers=_CLOSE) from None
    return bytes(body)


def unpacked(sent: bytes) -> bytes:
    """Unpack gzip or zlib, never beyond the limit; raises Problem (400, 413)."""
    machine = zlib.decompressobj(_ANY_ZLIB)
    try:
        found = machine.decompress(sent, UNPACKED_MOST + 1)
    except zlib.error:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "the body is neither gzip nor deflate; send it anew"
        ) from None
    if len(found) > UNPACKED_MOST:
        raise _too_large(f"a body may have {UNPACKED_MOST:,} bytes once it is unpacked")
    if not machine.eof:
        raise Problem(HTTPStatus.BAD_REQUEST, "the packed body ends too early; send it anew")
    return found


def _too_large(what: str) -> Problem:
    detail = f"{what}; send it in smaller parts"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers=_CLOSE)
