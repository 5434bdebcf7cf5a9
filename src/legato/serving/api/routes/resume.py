"""Going on elsewhere: a token for one use, as link and QR, opens cart and handoff alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
import segno
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from legato.serving.api.bodies import read_shape
from legato.serving.api.examples import PROBLEMS
from legato.serving.api.examples_out import RESUME_BODY, RESUME_MADE, RESUMED
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.resuming import (
    LIVES_S,
    ResumeToken,
    limited_key,
    make_token,
    spend_token,
)
from legato.serving.api.routes.customers import JSON, READ
from legato.serving.api.state import needs, state_of

router = APIRouter(tags=["actions"])
_encode = msgspec.json.Encoder().encode
_SHAPE = 'send {"customer_id": …, "purpose": …}, and `brand` if it has one'


class ResumeOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a token is, and to what end; `brand` limits what it opens."""

    customer_id: str
    purpose: str
    brand: str = ""


@router.post(
    "/v1/resume",
    status_code=HTTPStatus.CREATED,
    summary="Make a link on which the customer goes on elsewhere",
    openapi_extra={"requestBody": RESUME_BODY, **READ},
    responses={**RESUME_MADE, **PROBLEMS},
)
async def post_resume(request: Request, key: Annotated[ApiKey, needs("act")]) -> Response:
    """Make a token of 128 random bits: it counts once, for 15 minutes."""
    api = state_of(request)
    api.access.spend(key)
    order = await read_shape(request, ResumeOrder, _SHAPE)
    if not (order.customer_id and order.purpose):
        raise Problem(HTTPStatus.BAD_REQUEST, "name a customer and a purpose")
    limited = limited_key(key, order.brand)
    found = await api.customers.get(order.customer_id, limited)
    await api.audit.note(request, key, found.customer_id)
    opens = ResumeToken(found.customer_id, order.purpose, key.id, order.brand)
    token = await make_token(api, opens)
    link = api.settings.api.resume_url.replace("{token}", token)
    told = {"token": token, "expires_in": LIVES_S, "link": link, "qr": _qr(link)}
    return Response(_encode(told), HTTPStatus.CREATED, media_type=JSON)


@router.post(
    "/v1/resume/{token}",
    summary="Go on: cart and handoff, once",
    openapi_extra={"security": []},
    responses={**RESUMED, **PROBLEMS},
    dependencies=[needs("token")],
)
async def resume(request: Request, token: str) -> Response:
    """Open what a token is for; it is spent by that, whoever asks.

    It is a POST, since what only looks at a link (a preview, a scanner) must not spend it.
    """
    api = state_of(request)
    opens, key = await spend_token(api, token)
    found = await api.customers.get(opens.customer_id, key)
    await api.audit.note(request, key, found.customer_id)
    context = msgspec.json.decode(found.context)
    actions = await api.customers.actions_of(found, key)
    handoffs = [each["handoff"] for each in actions if each.get("handoff")]
    told = {
        "purpose": opens.purpose,
        "carts": context.get("carts", {}),
        "handoff": handoffs[0] if handoffs else None,
    }
    return Response(_encode(told), media_type=JSON)


def _qr(link: str) -> str:
    """The link as a QR code, an SVG in a data URI."""
    return str(segno.make(link, micro=False).svg_data_uri(scale=4))
