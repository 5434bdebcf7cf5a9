"""`GET /v1/stream`: server-sent events that say that something changed, never what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from legato.serving.api.examples import PROBLEMS
from legato.serving.api.examples_out import STREAM
from legato.serving.api.keys import ApiKey
from legato.serving.api.notices import STREAMS_MOST, Notice, Stream, StreamTopic
from legato.serving.api.problems import Problem, try_again
from legato.serving.api.routes.customers import READ
from legato.serving.api.state import ApiState, needs, state_of

router = APIRouter(tags=["customers out"])
HEARTBEAT_S = 15.0
RIGHTS_S = 60.0
"""How often to see whether the key still counts."""
HEADERS = {"X-Accel-Buffering": "no"}
_encode = msgspec.json.Encoder().encode


@router.get(
    "/v1/stream",
    summary="Notices of what changed, as server-sent events",
    openapi_extra=READ,
    response_class=StreamingResponse,
    responses={**STREAM, **PROBLEMS},
)
async def get_stream(
    request: Request,
    key: Annotated[ApiKey, needs("read")],
    customer: str = "",
    venue: str = "",
    queue: str = "",
) -> Response:
    """Follow one customer, one venue, or one queue; who gets a notice fetches what it names."""
    api = state_of(request)
    api.access.spend(key)
    if sum(map(bool, (customer, venue, queue))) != 1:
        detail = "name one of `customer`, `venue` and `queue`"
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    if len(api.notices.streams) >= STREAMS_MOST:
        raise try_again("this replica has as many streams as it may", HEARTBEAT_S)
    if customer:
        customer = (await api.customers.get(customer, key)).customer_id
        await api.audit.note(request, key, customer)
    about = StreamTopic(customer, venue, queue, key.channels)
    stream = api.notices.open(about)
    return StreamingResponse(
        _told(api, key, stream), media_type="text/event-stream", headers=HEADERS
    )


async def _told(api: ApiState, key: ApiKey, stream: Stream) -> AsyncIterator[bytes]:
    """Write notices as they come, a comment where none does, as long as the key counts."""
    checked = time.monotonic()
    try:
        yield b"retry: 2000\n: open\n\n"
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    notice = await stream.queue.get()
            except TimeoutError:
                yield b": still here\n\n"
            else:
                if notice is None:
                    return
                if await api.customers.sees(notice.customer, key):
                    yield _event(notice)
            if time.monotonic() - checked >= RIGHTS_S:
                checked = time.monotonic()
                if not api.access.counts(key):
                    return
    finally:
        api.notices.close(stream)


def _event(notice: Notice) -> bytes:
    told = {"id": notice.id, "kind": notice.kind, "revision": notice.revision}
    return b"event: %s\ndata: %s\n\n" % (notice.kind.encode(), _encode(told))
