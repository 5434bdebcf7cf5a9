"""The stream of a page: that something changed, and how Legato is; never what changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from starlette.responses import Response, StreamingResponse

from legato.serving.api.notices import STREAMS_MOST, Stream, StreamTopic
from legato.serving.api.problems import Problem
from legato.serving.pages.health import NO_REDIS, DeskHealth
from legato.serving.pages.problems import PageProblem
from legato.serving.pages.visit import PageVisit

BEAT_S = 2.0
"""How often it is said how Legato is: a page that has heard nothing for 5 s says so."""
LOOK_S = 1.5
"""How often to see whether it is still theirs to see: who was erased is gone within 2 s."""
LOOK_MOST_S = 1.0
"""A Redis that takes longer must not keep a page from being told so."""
ANEW_S = 120.0
"""So often a page is made anew if nothing is told: some of it holds until an instant alone."""
HEADERS = {"X-Accel-Buffering": "no"}
_CHANGED = b"retry: 1000\nevent: changed\ndata: \n\n"

Look = Callable[[], Awaitable[str | None]]
"""Says where else a page is to go on; None where it may stay, empty where it was opened from.

Raises Problem where what it shows is not theirs to see any more.
"""


def stream(visit: PageVisit, about: StreamTopic, look: Look) -> Response:
    """Open a stream; it ends with `left` once what it is about is not to be seen there.

    Raises PageProblem (503) where too many are open.
    """
    notices = visit.api.notices
    if len(notices.streams) >= STREAMS_MOST:
        raise PageProblem(HTTPStatus.SERVICE_UNAVAILABLE, "That did not work.")
    told = _told(visit, notices.open(about, lasting=True), look)
    return StreamingResponse(told, media_type="text/event-stream", headers=HEADERS)


async def _told(visit: PageVisit, stream: Stream, look: Look) -> AsyncIterator[bytes]:
    """Tell that something changed as it does, and beats between."""
    beats = _Beats(visit.desk.health)
    changed: bool | None = True
    looked = anew = time.monotonic()
    try:
        while changed is not None:
            now = time.monotonic()
            changed = changed or now - anew >= ANEW_S
            if changed or now - looked >= LOOK_S:
                looked = now
                goes_on = await _goes_on(visit, look)
                if goes_on is not None:
                    yield b"event: left\ndata: %s\n\n" % goes_on.encode()
                    return
            if changed:
                anew = now
                yield _CHANGED
            if beat := beats.due(now):
                yield beat
            changed = await _waited(stream)
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


async def _goes_on(visit: PageVisit, look: Look) -> str | None:
    """Say where a page is to go on; None where it stays, also while Redis does not answer."""
    if visit.desk.health.trouble == NO_REDIS:
        return None
    try:
        async with asyncio.timeout(LOOK_MOST_S):
            return await look() if await visit.still_signed_in() else ""
    except TimeoutError:
        return None
    except Problem as problem:
        return None if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else ""


class _Beats:
    """Says how Legato is: every two seconds, and at once where that is another than before."""

    def __init__(self, health: DeskHealth) -> None:
        self._health, self._told, self._at = health, "", 0.0

    def due(self, now: float) -> bytes:
        """Return what is to be told now; empty if nothing is."""
        trouble = self._health.trouble
        if trouble == self._told and now - self._at < BEAT_S:
            return b""
        self._told, self._at = trouble, now
        return b"event: beat\ndata: %s\n\n" % trouble.encode()
