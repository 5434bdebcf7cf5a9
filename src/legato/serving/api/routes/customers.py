"""What is known of a customer, by those who may ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter
from msgspec import Raw, Struct
from starlette.requests import Request
from starlette.responses import Response

from legato.queries.packet import packet_of
from legato.queries.shown import Json
from legato.queries.visibility import waits_in
from legato.serving.api.access import now_ms
from legato.serving.api.bodies import read_shape
from legato.serving.api.customers import STALE_S, FoundCustomer
from legato.serving.api.examples import PROBLEMS
from legato.serving.api.examples_out import (
    ACTIONS,
    AUDITED,
    CUSTOMER,
    DECISIONS,
    HANDOFFS,
    LOOKUP_BODY,
    PACKET,
    TIMELINE,
)
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState, needs, state_of

router = APIRouter(tags=["customers out"])
JSON = "application/json"
READ = {"parameters": AUDITED}
"""What each read of a person takes."""
ADDRESSES = frozenset(("email", "phone", "whatsapp_id", "viber_id", "social_handle", "device"))
"""Identifiers by which somebody can be reached: they are never part of a URL."""
CALLS = frozenset(("whatsapp", "viber", "social")) | ADDRESSES

_SHAPE = 'send {"type": …, "value": …} or {"customer_id": …}, and nothing else'
_encode = msgspec.json.Encoder().encode

CustomerReader = Annotated[ApiKey, needs("read")]


class _TimelinePart(Struct):
    timeline: list[Raw] = []


class CustomerLookup(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom somebody asks for: an identifier, or a customer id."""

    type: str = ""
    value: str = ""
    customer_id: str = ""


@router.post(
    "/v1/customers/lookup",
    summary="The same by an identifier in the body",
    openapi_extra={"requestBody": LOOKUP_BODY, **READ},
    responses={**CUSTOMER, **PROBLEMS},
)
async def look_up(request: Request, key: CustomerReader) -> Response:
    """Read a customer by any identifier, or by the customer id."""
    return await _context(request, await _asked(request, key), key)


@router.get(
    "/v1/customers/{customer_id}",
    summary="The context of a customer",
    openapi_extra=READ,
    responses={**CUSTOMER, **PROBLEMS},
)
async def get_by_id(request: Request, customer_id: str, key: CustomerReader) -> Response:
    """Read a customer by the id that Legato gave them."""
    return await _context(request, await _found(request, customer_id, key), key)


@router.get(
    "/v1/customers/{customer_id}/timeline",
    summary="What the customer did, the newest last",
    openapi_extra=READ,
    responses={**TIMELINE, **PROBLEMS},
)
async def get_timeline(request: Request, customer_id: str, key: CustomerReader) -> Response:
    """Read the timeline alone."""
    found = await _noted(request, customer_id, key)
    return await _answer(request, msgspec.json.decode(found.context, type=_TimelinePart))


@router.get(
    "/v1/customers/{customer_id}/handoff",
    summary="What the customer was trying to do, and what was already done",
    openapi_extra=READ,
    responses={**HANDOFFS, **PROBLEMS},
)
async def get_handoff(request: Request, customer_id: str, key: CustomerReader) -> Response:
    """Read the handoffs of the open actions, the newest first."""
    found = await _noted(request, customer_id, key)
    actions = await state_of(request).customers.actions_of(found, key)
    told = [
        {name: each.get(name) for name in ("action_id", "channel", "situation", "handoff")}
        for each in actions
        if each.get("handoff")
    ]
    return await _answer(request, {"handoffs": told})


@router.get(
    "/v1/customers/{customer_id}/actions",
    summary="What is open to be done for the customer",
    openapi_extra=READ,
    responses={**ACTIONS, **PROBLEMS},
)
async def get_actions(request: Request, customer_id: str, key: CustomerReader) -> Response:
    """Read the open actions, the newest first."""
    found = await _noted(request, customer_id, key)
    api = state_of(request)
    actions = await api.customers.actions_of(found, key)
    return await _answer(request, {"actions": await api.claims.marked(actions, key)})


@router.get(
    "/v1/customers/{customer_id}/decisions",
    summary="What was decided, and why each other candidate lost",
    openapi_extra=READ,
    responses={**DECISIONS, **PROBLEMS},
)
async def get_decisions(request: Request, customer_id: str, key: CustomerReader) -> Response:
    """Read the last 20 decisions, the newest first."""
    found = await _noted(request, customer_id, key)
    decisions = await state_of(request).customers.decisions(found.customer_id, key)
    return await _answer(request, {"decisions": decisions})


@router.get(
    "/v1/customers/{customer_id}/packet",
    summary="What an agent of a queue is shown of the customer, as the page shows it",
    openapi_extra=READ,
    responses={**PACKET, **PROBLEMS},
)
async def get_packet(
    request: Request, customer_id: str, key: CustomerReader, queue: str = ""
) -> Response:
    """Read the packet: what is open, what was tried, and what waits in the queue."""
    if not queue:
        raise Problem(HTTPStatus.BAD_REQUEST, "name the `queue` whose contact it is")
    found = await _noted(request, customer_id, key)
    api = state_of(request)
    contact = api.presence.contact_of(found, queue)
    actions = await api.customers.actions_of(found, key)
    there = [each for each in actions if waits_in(each, queue, contact)]
    marked = [_named(each) for each in await api.claims.marked(there, key)]
    context = msgspec.json.decode(found.context)
    return await _answer(request, packet_of(context, marked, contact, now_ms()))


@router.get(
    "/v1/customers/{kind}/{value}",
    summary="The context of the customer of an identifier",
    openapi_extra=READ,
    responses={**CUSTOMER, **PROBLEMS},
)
async def get_customer(
    request: Request, kind: str, value: str, key: CustomerReader
) -> Response:
    """Read a customer by an identifier that is no address, such as `loyalty_id`."""
    if kind in CALLS:
        detail = f"`{kind}` is never part of a URL; ask by POST /v1/customers/lookup"
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    api = state_of(request)
    api.access.spend(key)
    return await _context(request, await api.customers.find(kind, value, key), key)


async def _asked(request: Request, key: ApiKey) -> FoundCustomer:
    api = state_of(request)
    asked = await read_shape(request, CustomerLookup, _SHAPE)
    if asked.customer_id:
        return await _found(request, asked.customer_id, key)
    if not (asked.type and asked.value):
        raise Problem(HTTPStatus.BAD_REQUEST, "name a `type` and its `value`")
    api.access.spend(key)
    return await api.customers.find(asked.type, asked.value, key)


async def _found(request: Request, customer_id: str, key: ApiKey) -> FoundCustomer:
    api = state_of(request)
    api.access.spend(key)
    return await api.customers.get(customer_id, key)


async def _noted(request: Request, customer_id: str, key: ApiKey) -> FoundCustomer:
    found = await _found(request, customer_id, key)
    await state_of(request).audit.note(request, key, found.customer_id)
    return found


def _named(action: Json) -> Json:
    """Say of a claim who has it, to the key that made it; others learn since when alone."""
    if "claimed" not in action:
        return action
    claim = action["claimed"]
    return {**action, "claimed": {**claim, "name": claim.get("by", "")}}


async def _context(request: Request, found: FoundCustomer, key: ApiKey) -> Response:
    await state_of(request).audit.note(request, key, found.customer_id)
    return await _answer(request, Raw(found.context))


async def _answer(request: Request, told: object) -> Response:
    headers = await freshness(state_of(request))
    return Response(_encode(told), headers=headers, media_type=JSON)


async def freshness(api: ApiState) -> dict[str, str]:
    """Say how old the answer may be, and warn where that is too old."""
    age = await api.customers.age_s()
    if age is None:
        return {}
    api.metrics.age.set(age)
    headers = {"Legato-Age": f"{age:.0f}"}
    if age > STALE_S:
        headers["Warning"] = '110 - "the view is behind"'
    return headers
