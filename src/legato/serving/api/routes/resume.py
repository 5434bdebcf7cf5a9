"""Going on elsewhere: a token for one use, as link and QR, opens cart and handoff alone."""

from __future__ import annotations

import hashlib
import secrets
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
from legato.serving.api.routes.customers import JSON, READ
from legato.serving.api.state import ApiState, needs, state_of

router = APIRouter(tags=["actions"])
TOKEN_BYTES = 16
LIVES_S = 15 * 60
_encode = msgspec.json.Encoder().encode
_SHAPE = 'send {"customer_id": …, "purpose": …}, and `brand` if it has one'
_GONE = "this link was used, has ended, or never was; ask for another"


class ResumeOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a token is, and to what end; `brand` limits what it opens."""

    customer_id: str
    purpose: str
    brand: str = ""


class _Kept(Struct, frozen=True):
    """What a token opens, as it lies in Redis under its hash."""

    customer_id: str
    purpose: str
    key_id: str
    brand: str


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
    limited = _limited(key, order.brand)
    found = await api.customers.get(order.customer_id, limited)
    await api.audit.note(request, key, found.customer_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    kept = _encode(_Kept(found.customer_id, order.purpose, key.id, order.brand))
    await api.customers.ask("SET", _name(api, token), kept, "EX", LIVES_S)
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
    raw = await api.customers.ask("GETDEL", _name(api, token))
    if raw is None:
        raise Problem(HTTPStatus.NOT_FOUND, _GONE)
    kept = msgspec.json.decode(raw, type=_Kept)
    maker = api.access.by_id(kept.key_id)
    if maker is None or not maker.may("act"):
        raise Problem(HTTPStatus.NOT_FOUND, _GONE)
    key = _limited(maker, kept.brand)
    found = await api.customers.get(kept.customer_id, key)
    await api.audit.note(request, key, found.customer_id)
    context = msgspec.json.decode(found.context)
    actions = await api.customers.actions_of(found, key)
    handoffs = [each["handoff"] for each in actions if each.get("handoff")]
    told = {
        "purpose": kept.purpose,
        "carts": context.get("carts", {}),
        "handoff": handoffs[0] if handoffs else None,
    }
    return Response(_encode(told), media_type=JSON)


def _limited(key: ApiKey, brand: str) -> ApiKey:
    """The key, limited to a brand as well; raises Problem (403) where it may not see it."""
    if not brand:
        return key
    if key.brands and brand not in key.brands:
        raise Problem(HTTPStatus.FORBIDDEN, "this key may not see this brand")
    return msgspec.structs.replace(key, brands=(brand,))


def _name(api: ApiState, token: str) -> str:
    """Where a token lies: under its hash, so that who reads Redis cannot use it."""
    return api.customers.keys.resume(hashlib.sha256(token.encode()).hexdigest()[:32])


def _qr(link: str) -> str:
    """The link as a QR code, an SVG in a data URI."""
    return str(segno.make(link, micro=False).svg_data_uri(scale=4))
