"""What the Redis view knows of customers, found and cut to what a key may see."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Sequence
from http import HTTPStatus
from typing import Any, cast

import msgspec
import redis.asyncio as redis
from msgspec import Raw, Struct
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from legato.queries.identifier_lookup import IdentifierLookup, read_identifier
from legato.queries.shown import Json, is_shown, shown, shown_context
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem, try_again
from legato.serving.redis_view.keys import Keys
from legato.settings import RedisSettings, Settings

log = logging.getLogger(__name__)

HOPS_MOST = 8
"""A customer who was merged leads on; so often at most."""
STALE_S = 30.0
FRESH_S = 1.0
"""How often to ask how old the view is."""
REDIS_S = 2.0
AWAY_AFTER_S = 2.0

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


class FoundCustomer(Struct, frozen=True):
    """A customer as a key may see them; the context as JSON."""

    customer_id: str
    context: bytes


class _Head(Struct):
    """What says where a context is to be found, and whose it is."""

    customer_id: str = ""
    forward: str = ""
    brands: tuple[str, ...] = ()


_head = msgspec.json.Decoder(_Head).decode


class Customers:
    """Reads the view. A miss raises Problem (404), and so does what a key may not see.

    `up` says whether Redis answered when it was last asked.
    """

    def __init__(self, settings: Settings) -> None:
        self.up = True
        self.keys = Keys.of(settings)
        self.redis = connect(settings.redis)
        self._lookup = IdentifierLookup(settings)
        self._fresh: int | None = None
        self._asked_again = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()

    def named(self, kind: str, value: str) -> str:
        """Name the key that leads from an identifier to its customer; raises Problem (400)."""
        kind, value = read_identifier(f"{kind}:{value}")
        written = self._lookup.written({kind: value})
        if kind not in written:
            detail = f"this is no `{kind}` that can belong to a customer"
            raise Problem(HTTPStatus.BAD_REQUEST, detail)
        return self.keys.identifier(kind, written[kind])

    async def find(self, kind: str, value: str, key: ApiKey) -> FoundCustomer:
        """Find the customer of an identifier; raises Problem (400, 404, 503)."""
        customer = await self.ask(self.redis.get(self.named(kind, value)))
        if customer is None:
            raise nobody()
        return await self.get(customer.decode(), key)

    async def get(self, customer_id: str, key: ApiKey) -> FoundCustomer:
        """Read a customer by id, along whoever they were merged into; raises Problem."""
        for _ in range(HOPS_MOST):
            raw = await self.ask(self.redis.get(self.keys.customer(customer_id)))
            head = _head(raw) if raw else _Head()
            if raw and head.customer_id and is_shown(head.brands, key.brands):
                return FoundCustomer(customer_id, _cut(raw, key))
            if not head.forward:
                break
            customer_id = head.forward
        raise nobody()

    async def sees(self, customer_id: str, key: ApiKey) -> bool:
        """May the key see this customer? All may who are not limited to brands."""
        if not key.brands:
            return True
        try:
            await self.get(customer_id, key)
        except Problem as problem:
            if problem.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    async def decisions(self, customer_id: str, key: ApiKey) -> list[Json]:
        """The last decisions, the newest first."""
        name = self.keys.decisions(customer_id)
        found = await self.ask(self.redis.zrevrange(name, 0, -1))
        return shown([_decode(each) for each in found], key.brands)

    async def actions_of(self, customer_id: str, key: ApiKey) -> list[Json]:
        """The open actions of a customer, on the channels that the key may see."""
        return await self._actions(self.keys.actions(customer_id), key)

    async def actions_at(self, kind: str, place: str, key: ApiKey) -> list[Json]:
        """The open actions of a venue or a queue."""
        found = await self._actions(self.keys.place(kind, place), key)
        return [each for each in found if await self.sees(each["customer_id"], key)]

    async def action(self, action_id: str, key: ApiKey) -> Json:
        """An open action; raises Problem (404)."""
        raw = await self.ask(self.redis.get(self.keys.action(action_id)))
        found = _seen_actions([raw], key)
        if not found or not await self.sees(found[0]["customer_id"], key):
            detail = "no open action of this id, or not for this key"
            raise Problem(HTTPStatus.NOT_FOUND, detail)
        return found[0]

    async def age_s(self) -> float | None:
        """How long ago the view was last up to date; None where no view has said so."""
        if time.monotonic() >= self._asked_again:
            self._asked_again = time.monotonic() + FRESH_S
            told = await self.ask(self.redis.hvals(self.keys.fresh))
            self._fresh = min((int(each) for each in told), default=None)
        return None if self._fresh is None else max(time.time() - self._fresh / 1_000, 0.0)

    async def _actions(self, name: str, key: ApiKey) -> list[Json]:
        now = time.time_ns() // 1_000_000
        ids = await self.ask(self.redis.zrevrangebyscore(name, "+inf", now))
        if not ids:
            return []
        found = await self.ask(self.redis.mget([self.keys.action(x.decode()) for x in ids]))
        actions = _seen_actions(found, key)
        return sorted(actions, key=lambda each: each["time"], reverse=True)

    async def ask(self, asked: object) -> Any:  # noqa: ANN401 - Redis answers in any form
        """Wait for what Redis was asked; raises Problem (503) where it does not answer."""
        try:
            found = await cast(Awaitable[Any], asked)
        except (RedisError, OSError) as error:
            if self.up:
                log.warning("redis does not answer: %s", type(error).__name__)
            self.up = False
            raise try_again("Redis does not answer; ask again", AWAY_AFTER_S) from None
        self.up = True
        return found


def connect(settings: RedisSettings) -> redis.Redis:
    """Connect when first needed, and ask once: whoever calls comes again by themselves."""
    return redis.Redis.from_url(
        settings.url,
        socket_timeout=REDIS_S,
        socket_connect_timeout=REDIS_S,
        retry=Retry(NoBackoff(), 0),
    )


def nobody() -> Problem:
    """Say that there is no such customer; also to whom it is none of their business."""
    return Problem(HTTPStatus.NOT_FOUND, "no such customer, or not for this key")


def _cut(raw: bytes, key: ApiKey) -> bytes:
    """A context without what leads to it in Redis, and without what the key may not see."""
    if not key.brands:
        members = _members(raw)
        members.pop("index", None)
        return _encode(members)
    context = _decode(raw)
    context.pop("index", None)
    return _encode(shown_context(context, key.brands))


def _seen_actions(found: Sequence[bytes | None], key: ApiKey) -> list[Json]:
    """Read actions, without those that are closed or not on a channel of the key."""
    read = [_decode(each) for each in found if each]
    seen = [
        each
        for each in read
        if "action_id" in each and (not key.channels or each["channel"] in key.channels)
    ]
    return shown(seen, key.brands)
