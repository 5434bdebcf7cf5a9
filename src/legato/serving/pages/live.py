"""The stream of a page: that something changed, and how Legato is; never what changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from starlette.responses import Response, StreamingResponse

from legato.serving.api.notices import STREAMS_MOST, Stream, StreamTopic
from legato.serving.api.problems import Problem
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.visit import PageVisit

BEAT_S = 2.0
"""How often it is said how Legato is: a page that has heard nothing for 5 s says so."""
LOOK_S = 1.5
"""How often to see whether it is still theirs to see: who was erased is gone within 2 s."""
HEADERS = {"X-Accel-Buffering": "no"}
_CHANGED = b"retry: 1000\nevent: changed\ndata: \n\n"
_LEFT = b"event: left\ndata: \n\n"

StillTheirs = Callable[[], Awaitable[bool]]


def stream(visit: PageVisit, about: StreamTopic, still: StillTheirs) -> Response:
    """Open a stream; it ends with `left` once what it is about is not theirs any more.

    Raises PageProblem (503) where too many are open.
    """
    notices = visit.api.notices
    if len(notices.streams) >= STREAMS_MOST:
        raise PageProblem(HTTPStatus.SERVICE_UNAVAILABLE, "That did not work.")
    told = _told(visit, notices.open(about), still)
    return StreamingResponse(told, media_type="text/event-stream", headers=HEADERS)


async def _told(visit: PageVisit, stream: Stream, still: StillTheirs) -> AsyncIterator[bytes]:
    """Tell that something changed as it does, and beats between."""
    looked = beaten = time.monotonic()
    try:
        yield _CHANGED + _beat(visit)
        while True:
            changed = await _waited(stream)
            if changed is None:
                return
            now = time.monotonic()
            if changed or now - looked >= LOOK_S:
                looked = now
                if not await _is_theirs(visit, still):
                    yield _LEFT
                    return
            if changed:
                yield _CHANGED
            if now - beaten >= BEAT_S:
                beaten = now
                yield _beat(visit)
    finally:
        visit.api.notices.close(stream)


async def _waited(stream: Stream) -> bool | None:
    """Wait a little for notices: whether there were any, and None where the stream ends."""
    try:
        async with asyncio.timeout(LOOK_S / 3):
            notice = await stream.queue.get()
    except TimeoutError:
        return False
    while notice is not None and not stream.queue.empty():
        notice = stream.queue.get_nowait()
    return None if notice is None else True


async def _is_theirs(visit: PageVisit, still: StillTheirs) -> bool:
    """Is it still theirs, and are they signed in? While Redis is away nothing is known."""
    try:
        return await visit.still_signed_in() and await still()
    except Problem as problem:
        return problem.status == HTTPStatus.SERVICE_UNAVAILABLE


def _beat(visit: PageVisit) -> bytes:
    return b"event: beat\ndata: %s\n\n" % visit.desk.health.trouble.encode()
