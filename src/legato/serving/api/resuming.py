"""Tokens on which a customer goes on elsewhere: made here, and spent here, once."""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus

import msgspec
from msgspec import Struct

from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.state import ApiState

TOKEN_BYTES = 16
LIVES_S = 15 * 60
_GONE = "this link was used, has ended, or never was; ask for another"
_encode = msgspec.json.Encoder().encode


class ResumeToken(Struct, frozen=True):
    """What a token opens, as it lies in Redis under its hash; `brand` limits it."""

    customer_id: str
    purpose: str
    key_id: str
    brand: str


_read = msgspec.json.Decoder(ResumeToken).decode


async def make_token(api: ApiState, opens: ResumeToken) -> str:
    """Make a token of 128 random bits: it counts once, for 15 minutes."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await api.customers.ask("SET", _name(api, token), _encode(opens), "EX", LIVES_S)
    return token


async def spend_token(api: ApiState, token: str) -> tuple[ResumeToken, ApiKey]:
    """Open what a token is for, whoever asks: it is spent by that.

    The key is that of its maker, limited as the token is. Raises Problem (404) where it opens
    nothing any more.
    """
    raw = await api.customers.ask("GETDEL", _name(api, token))
    if raw is None:
        raise Problem(HTTPStatus.NOT_FOUND, _GONE)
    opens = _read(raw)
    maker = api.access.by_id(opens.key_id)
    if maker is None or not maker.may("act"):
        raise Problem(HTTPStatus.NOT_FOUND, _GONE)
    return opens, limited_key(maker, opens.brand)


def limited_key(key: ApiKey, brand: str) -> ApiKey:
    """The key, limited to a brand as well; raises Problem (403) where it may not see it."""
    if not brand:
        return key
    if key.brands and brand not in key.brands:
        raise Problem(HTTPStatus.FORBIDDEN, "this key may not see this brand")
    return msgspec.structs.replace(key, brands=(brand,))


def _name(api: ApiState, token: str) -> str:
    """Where a token lies: under its hash, so that who reads Redis cannot use it."""
    return api.customers.keys.resume(hashlib.sha256(token.encode()).hexdigest()[:32])
