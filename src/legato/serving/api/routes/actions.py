"""Open actions of a venue or a queue, and what became of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from legato.queries.shown import Json
from legato.serving.api.access import now_ms
from legato.serving.api.bodies import read_body
from legato.serving.api.examples import LIST, OUTCOME_BODY, OUTCOME_TAKEN, PROBLEMS
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.producer import OutgoingRecord
from legato.serving.api.routes.customers import JSON, freshness
from legato.serving.api.state import needs, state_of
from legato.wire.topics.names import Topics
from legato.wire.topics.outcomes import Outcome, Status, write_outcome

router = APIRouter(tags=["actions"])
_encode = msgspec.json.Encoder().encode


class ReportedOutcome(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an action, as whoever took it tells."""

    status: Status
    reason: str | None = None
    time: int | None = None


@router.get(
    "/v1/actions",
    summary="The open actions of a venue or a queue",
    responses={**LIST, **PROBLEMS},
)
async def get_actions(
    request: Request,
    key: Annotated[ApiKey, needs("read")],
    venue: str = "",
    queue: str = "",
) -> Response:
    """List what is open to be done there, the newest first."""
    api = state_of(request)
    if bool(venue) == bool(queue):
        raise Problem(HTTPStatus.BAD_REQUEST, "name either `venue` or `queue`")
    api.access.spend(key)
    kind, place = ("venue", venue) if venue else ("queue", queue)
    actions = await api.customers.actions_at(kind, place, key)
    await api.audit.note(request, key, *dict.fromkeys(each["customer_id"] for each in actions))
    headers = await freshness(api)
    return Response(_encode({"actions": actions}), headers=headers, media_type=JSON)


@router.post(
    "/v1/actions/{action_id}/outcome",
    status_code=HTTPStatus.ACCEPTED,
    summary="Report what became of an action",
    openapi_extra={"requestBody": OUTCOME_BODY},
    responses={**OUTCOME_TAKEN, **PROBLEMS},
)
async def post_outcome(
    request: Request, action_id: str, key: Annotated[ApiKey, needs("act")]
) -> Response:
    """Take a report as adapters make it: 202 once Kafka has it; the same twice counts once."""
    api = state_of(request)
    api.access.spend(key)
    reported = _reported(await read_body(request))
    action = await api.customers.action(action_id, key)
    outcome = _outcome(action, reported)
    topic = Topics(api.settings.kafka.prefix).action_outcomes
    value = write_outcome(outcome, api.registry)
    await api.producer.send([OutgoingRecord(topic, outcome.customer_id.encode(), value)])
    return Response(_encode({"action_id": action_id}), HTTPStatus.ACCEPTED, media_type=JSON)


def _reported(body: bytes) -> ReportedOutcome:
    try:
        return msgspec.json.decode(body, type=ReportedOutcome)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"this is no outcome: {error}") from None


def _outcome(action: Json, reported: ReportedOutcome) -> Outcome:
    return Outcome(
        action_id=action["action_id"],
        customer_id=action["customer_id"],
        channel=action["channel"],
        status=reported.status,
        time=reported.time or now_ms(),
        reason=reported.reason,
    )
