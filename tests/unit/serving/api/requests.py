"""Requests as a server hands them on, for what reads them."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import Message, Receive


def receive_from(chunks: Iterable[bytes]) -> Receive:
    """Bring a body in these chunks."""
    parts = list(chunks)
    sent = iter(
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    )

    async def receive() -> Message:
        return next(sent, {"type": "http.disconnect"})

    return receive


def request(*chunks: bytes, **headers: str) -> Request:
    """A POST with this body, in chunks; `content_type="…"` is a header."""
    told = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": told}
    return Request(scope, receive_from(chunks or (b"",)))
