"""Segment's HTTP Tracking API: its clients work by being told this host."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from legato.serving.api.access import now_ms, see_source, token_of
from legato.serving.api.bodies import read_body, read_sent
from legato.serving.api.examples import PROBLEMS, SEGMENT_BODY, SEGMENT_TAKEN
from legato.serving.api.ingest.segment import CALLS, read_call, split_calls, write_key_of
from legato.serving.api.state import needs, state_of

router = APIRouter(tags=["Segment"])
_DONE = msgspec.json.encode({"success": True})


async def _call(request: Request) -> Response:
    """Take a call, or a batch of them: 200 once Kafka has acknowledged all of it."""
    api = state_of(request)
    call = read_call(await read_body(request))
    token = token_of(request) or write_key_of(call)
    key = api.access.admit_token(token, request, "ingest")
    source = api.sources.segment
    see_source(key, source.name)
    kind = CALLS[request.url.path.rpartition("/")[2]]
    received = now_ms()
    calls = split_calls(call, kind, received)
    api.access.spend(key, len(calls))
    records = api.sources.intake(source).forward(calls, received)
    await api.producer.send(records)
    api.metrics.events.labels(source.name).inc(len(records))
    return Response(_DONE, HTTPStatus.OK, media_type="application/json")


async def _library_settings(write_key: str, request: Request) -> Response:
    """What analytics.js asks for as it starts: that it sends its calls here.

    Without `metrics` it would send what it counts of itself to Segment.
    """
    host = f"{request.url.netloc}/v1"
    told = {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": host,
                "protocol": request.url.scheme,
            }
        },
        "metrics": {"host": host, "sampleRate": 0},
    }
    return Response(msgspec.json.encode(told), media_type="application/json")


async def _library_metrics(request: Request) -> Response:
    """What analytics.js counts of itself: nobody asks for it here, so it is let go."""
    await read_sent(request)
    return Response(status_code=HTTPStatus.NO_CONTENT)


for _name in CALLS:
    router.add_api_route(
        f"/v1/{_name}",
        _call,
        methods=["POST"],
        dependencies=[needs("ingest", elsewhere=True)],
        name=f"segment_{_name}",
        summary=f"Segment's `{CALLS[_name] or 'batch'}`",
        include_in_schema=len(_name) > 1,
        openapi_extra={"requestBody": SEGMENT_BODY, "security": [{"basic": []}]},
        responses={**SEGMENT_TAKEN, **PROBLEMS},
    )
router.add_api_route(
    "/v1/projects/{write_key}/settings",
    _library_settings,
    methods=["GET"],
    summary="What analytics.js asks for as it starts",
    include_in_schema=False,
)
router.add_api_route(
    "/v1/m",
    _library_metrics,
    methods=["POST"],
    summary="What analytics.js counts of itself",
    include_in_schema=False,
)
