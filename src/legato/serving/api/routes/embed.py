"""A page of the desk for a console's frame: its server gets a ticket that opens it, once."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from legato.serving.api.bodies import read_shape
from legato.serving.api.embedding import LIVES_S, EmbedTicket, make_ticket, see_embedding
from legato.serving.api.examples import PROBLEMS
from legato.serving.api.examples_out import EMBED_BODY, EMBED_MADE
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.routes.customers import JSON, READ
from legato.serving.api.state import needs, state_of

router = APIRouter(tags=["actions"])
CALLED_MOST = 100
"""Characters of what somebody, or a queue, is called."""
_QUEUE = re.compile(r"\w[^/\\?#%\x00-\x1f]*")
_SHAPE = (
    'send {"user": …, "name": …, "queue": …}, and `customer_id` for a packet; each in '
    f"{CALLED_MOST} characters at most"
)
_encode = msgspec.json.Encoder().encode


class EmbedOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """Who looks, as the console calls them and as pages do, and at what."""

    user: str
    name: str
    queue: str
    customer_id: str = ""

    def can_be(self) -> bool:
        """Can these be a person and a queue?"""
        told = self.user, self.name, self.queue
        called = all(each.strip() and each.isprintable() for each in told)
        return called and max(map(len, told)) <= CALLED_MOST and self._is_queue()

    def _is_queue(self) -> bool:
        return _QUEUE.fullmatch(self.queue) is not None


@router.post(
    "/v1/embed",
    status_code=HTTPStatus.CREATED,
    summary="Make a ticket that opens a page of the desk in a console's frame",
    openapi_extra={"requestBody": EMBED_BODY, **READ},
    responses={**EMBED_MADE, **PROBLEMS},
)
async def post_embed(request: Request, key: Annotated[ApiKey, needs("act")]) -> Response:
    """Make a ticket of 256 random bits: it counts once, for a minute."""
    api = state_of(request)
    api.access.spend(key)
    order = await read_shape(request, EmbedOrder, _SHAPE)
    if not order.can_be():
        raise Problem(HTTPStatus.BAD_REQUEST, _SHAPE)
    see_embedding(key)
    customer_id = ""
    if order.customer_id:
        customer_id = (await api.customers.get(order.customer_id, key)).customer_id
        await api.audit.note(request, key, customer_id, by=order.user)
    opens = EmbedTicket(order.user, order.name, order.queue, customer_id, key.id)
    ticket = await make_ticket(api, opens)
    path = f"/pages/embed?ticket={quote(ticket)}"
    told = {"ticket": ticket, "expires_in": LIVES_S, "path": path}
    return Response(_encode(told), HTTPStatus.CREATED, media_type=JSON)
