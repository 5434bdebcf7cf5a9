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
from legato.serving.api.bodies import read_shape
from legato.serving.api.claims import ActionClaim, shown_claim, taken
from legato.serving.api.examples import PROBLEMS
from legato.serving.api.examples_out import (
    ACTION,
    ACTIONS,
    CLAIM_BODY,
    CLAIMED,
    OUTCOME_BODY,
    OUTCOME_TAKEN,
    TAKEN,
)
from legato.serving.api.keys import ApiKey
from legato.serving.api.outcomes import send_outcome
from legato.serving.api.problems import Problem
from legato.serving.api.routes.customers import JSON, READ, freshness
from legato.serving.api.state import needs, state_of
from legato.wire.topics.outcomes import STATUSES, Outcome, Status

router = APIRouter(tags=["actions"])
BY_MOST = 100
"""Characters of what a claimer is called."""
_CLAIM = f'send {{"by": …}}: who takes it up, in {BY_MOST} characters at most'
_REPORT = (
    'send {"status": …}, and `reason`, `time` and `by` where there is one; a status is one of '
    f"`{'`, `'.join(STATUSES)}`"
)
_encode = msgspec.json.Encoder().encode


class ReportedOutcome(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an action, as whoever took it tells: `by` is who claimed it."""

    status: Status
    reason: str | None = None
    time: int | None = None
    by: str = ""


class ClaimOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes an action up, as the caller calls them."""

    by: str


@router.get(
    "/v1/actions",
    summary="The open actions of a venue or a queue",
    openapi_extra=READ,
    responses={**ACTIONS, **PROBLEMS},
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
    told = {"actions": await api.claims.marked(actions, key)}
    return Response(_encode(told), headers=headers, media_type=JSON)


@router.get(
    "/v1/actions/{action_id}",
    summary="One open action, such as a notice names it",
    openapi_extra=READ,
    responses={**ACTION, **PROBLEMS},
)
async def get_action(
    request: Request, action_id: str, key: Annotated[ApiKey, needs("read")]
) -> Response:
    """Read an open action."""
    api = state_of(request)
    api.access.spend(key)
    action = await api.customers.action(action_id, key)
    await api.audit.note(request, key, action["customer_id"])
    [told] = await api.claims.marked([action], key)
    return Response(_encode(told), headers=await freshness(api), media_type=JSON)


@router.post(
    "/v1/actions/{action_id}/claim",
    summary="Take an open action up: of several who try, one wins",
    openapi_extra={"requestBody": CLAIM_BODY, **READ},
    responses={**CLAIMED, **TAKEN, **PROBLEMS},
)
async def post_claim(
    request: Request, action_id: str, key: Annotated[ApiKey, needs("act")]
) -> Response:
    """Claim an action that is shown, until it expires; the same claimer may ask again."""
    api = state_of(request)
    api.access.spend(key)
    by = await _claimer(request)
    action = await api.customers.action(action_id, key)
    customer = await api.customers.who_goes_on(action["customer_id"])
    await api.audit.note(request, key, customer, by=by)
    claim = await api.claims.take(action, customer, ActionClaim(by, key.id, now_ms()))
    if not claim.is_of(key, by):
        raise taken(claim, "somebody else has taken it; look at what else is open")
    told = {"action_id": action_id, "claimed": shown_claim(claim, key)}
    return Response(_encode(told), media_type=JSON)


@router.delete(
    "/v1/actions/{action_id}/claim",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Give an action back, for others to take up",
    responses={**TAKEN, **PROBLEMS},
)
async def delete_claim(
    request: Request, action_id: str, key: Annotated[ApiKey, needs("act")], by: str = ""
) -> Response:
    """Let go of one's own claim; a key with `admin` lets go of anybody's."""
    api = state_of(request)
    api.access.spend(key)
    action = await api.customers.action(action_id, key)
    claim = await api.claims.of(action)
    if claim is not None:
        if not (claim.is_of(key, by) or "admin" in key.scopes):
            raise taken(claim, "somebody else has it; only they, or `admin`, give it back")
        customer = await api.customers.who_goes_on(action["customer_id"])
        await api.audit.note(request, key, customer, by=by)
        await api.claims.give_back(action, customer, claim)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/v1/actions/{action_id}/outcome",
    status_code=HTTPStatus.ACCEPTED,
    summary="Report what became of an action",
    openapi_extra={"requestBody": OUTCOME_BODY},
    responses={**OUTCOME_TAKEN, **TAKEN, **PROBLEMS},
)
async def post_outcome(
    request: Request, action_id: str, key: Annotated[ApiKey, needs("act")]
) -> Response:
    """Take a report as adapters make it: 202 once Kafka has it; the same twice counts once.

    Of an action that is claimed, whoever claimed it reports, and nobody else.
    """
    api = state_of(request)
    api.access.spend(key)
    reported = await read_shape(request, ReportedOutcome, _REPORT)
    action = await api.customers.action(action_id, key)
    claim = await api.claims.of(action)
    if claim is not None and not claim.is_of(key, reported.by):
        raise taken(claim, "somebody has taken it, and reports; say `by` whom, if it was you")
    await send_outcome(api, _outcome(action, reported))
    return Response(_encode({"action_id": action_id}), HTTPStatus.ACCEPTED, media_type=JSON)


async def _claimer(request: Request) -> str:
    """Read who claims; raises Problem (400)."""
    by = (await read_shape(request, ClaimOrder, _CLAIM)).by
    if not (by.strip() and by.isprintable() and len(by) <= BY_MOST):
        raise Problem(HTTPStatus.BAD_REQUEST, _CLAIM)
    return by


def _outcome(action: Json, reported: ReportedOutcome) -> Outcome:
    return Outcome(
        action_id=action["action_id"],
        customer_id=action["customer_id"],
        channel=action["channel"],
        status=reported.status,
        time=reported.time or now_ms(),
        reason=reported.reason,
    )
