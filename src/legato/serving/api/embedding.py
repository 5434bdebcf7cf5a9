"""Tickets on which a page of the desk opens in a console's frame: spent there, once."""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus

import msgspec
from msgspec import Struct

from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState

TICKET_BYTES = 32
LIVES_S = 60
TICKET_MOST = 100
"""No ticket is longer: what is, is not looked up."""
_encode = msgspec.json.Encoder().encode


class EmbedTicket(Struct, frozen=True):
    """What a ticket opens, as it lies in Redis under its hash: for whom, and where.

    `user` is what the console calls somebody, `name` what pages call them.
    """

    user: str
    name: str
    queue: str
    customer_id: str
    key_id: str


_read = msgspec.json.Decoder(EmbedTicket).decode


async def make_ticket(api: ApiState, opens: EmbedTicket) -> str:
    """Make a ticket of 256 random bits: it counts once, for a minute."""
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    await api.customers.ask("SET", _name(api, ticket), _encode(opens), "EX", LIVES_S)
    return ticket


async def spend_ticket(api: ApiState, ticket: str) -> tuple[EmbedTicket, ApiKey] | None:
    """Open what a ticket is for, and with which key: it is spent by that.

    None where it opens nothing, or nothing any more. Raises Problem (503).
    """
    if not 0 < len(ticket) <= TICKET_MOST:
        return None
    raw = await api.customers.ask("GETDEL", _name(api, ticket))
    if raw is None:
        return None
    opens = _read(raw)
    key = embedding_key(api.access.by_id(opens.key_id))
    return None if key is None else (opens, key)


def embedding_key(key: ApiKey | None) -> ApiKey | None:
    """The same key, if pages may be opened with it in a frame."""
    return key if key is not None and key.may("act") and key.embed_origins else None


def see_embedding(key: ApiKey) -> None:
    """See that pages may be opened with a key in a frame; raises Problem (403)."""
    if embedding_key(key) is None:
        detail = (
            "this key names no console that may show pages; make one that does with `legato "
            "keys create NAME --scope act --embed-origin https://crm.example`"
        )
        raise Problem(HTTPStatus.FORBIDDEN, detail)


def _name(api: ApiState, ticket: str) -> str:
    """Where a ticket lies: under its hash, so that who reads Redis cannot use it."""
    return api.customers.keys.embed(hashlib.sha256(ticket.encode()).hexdigest())
