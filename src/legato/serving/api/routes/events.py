"""`POST /v1/events`: one event, a list, or CloudEvents."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from legato.serving.api.access import now_ms, see_source
from legato.serving.api.bodies import read_body
from legato.serving.api.examples import EVENTS_BODY, EVENTS_TAKEN, PROBLEMS, REQUEST_KEY
from legato.serving.api.ingest.events import (
    ReadRequest,
    SentEvent,
    UnsoundEvents,
    is_cloudevent,
    split_cloudevents,
    split_events,
)
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState, needs, state_of

router = APIRouter(tags=["events in"])
JSON = "application/json"
REQUEST_KEY_MOST = 200


@router.post(
    "/v1/events",
    status_code=HTTPStatus.ACCEPTED,
    summary="Send events",
    openapi_extra={"requestBody": EVENTS_BODY, "parameters": [REQUEST_KEY]},
    responses={**EVENTS_TAKEN, **PROBLEMS},
)
async def post_events(request: Request, key: Annotated[ApiKey, needs("ingest")]) -> Response:
    """Take events: 202 once Kafka has all of them; anything else promises nothing."""
    api = state_of(request)
    see_source(key, api.sources.own.name)
    body = await read_body(request)
    events = _split(request, body)
    api.access.spend(key, len(events))
    read = _read(api, events)
    await api.producer.send(read.records)
    api.metrics.events.labels(api.sources.own.name).inc(len(read.records))
    told = {"ids": read.ids} | ({"warnings": read.warnings} if read.warnings else {})
    return Response(msgspec.json.encode(told), HTTPStatus.ACCEPTED, media_type=JSON)


def _split(request: Request, body: bytes) -> list[SentEvent]:
    headers = request.headers
    if is_cloudevent(headers):
        return split_cloudevents(body, headers, headers.get("content-type", ""))
    name = headers.get("idempotency-key", "").strip()
    if len(name) > REQUEST_KEY_MOST:
        detail = f"`Idempotency-Key` has more than {REQUEST_KEY_MOST} characters; shorten it"
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    return split_events(body, name)


def _read(api: ApiState, events: list[SentEvent]) -> ReadRequest:
    try:
        return api.sources.intake(api.sources.own).read(events, now_ms())
    except UnsoundEvents as problem:
        for bad in problem.bad:
            api.metrics.refused.labels(api.sources.own.name, bad.reason).inc()
        raise
