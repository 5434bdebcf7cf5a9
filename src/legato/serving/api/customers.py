"""What the Redis view knows of customers, found and cut to what a key may see."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from redis.exceptions import RedisError

from legato.queries.identifier_lookup import SHORT, IdentifierLookup
from legato.queries.shown import Json, is_shown, shown, shown_actions, shown_context
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem, try_again
from legato.serving.api.redis_connection import RedisConnection, RedisScript, Word
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.scripts.customer import FIND
from legato.settings import Settings

log = logging.getLogger(__name__)

STALE_S = 30.0
FRESH_S = 1.0
"""How often to ask how old the view is."""
AWAY_AFTER_S = 2.0
HOPS_MOST = 8
"""A customer who was merged leads on; so often at most."""
FIND_SCRIPT = RedisScript.of(FIND)

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_LEADS_HERE = re.compile(
    rb'(\{"revision":\d+,)"index":\[(?:"(?:[^"\\]|\\.)*",?)*\],(?="customer_id":)'
)
"""What a context begins with in Redis: there it also tells what leads to it."""


class FoundCustomer(Struct, frozen=True):
    """A customer as a key may see them; the context as JSON.

    `touched` are all brands that they have touched, if the key is limited to some.
    """

    customer_id: str
    context: bytes
    touched: tuple[str, ...] = ()


class _Head(Struct):
    """What says as whom one goes on who was merged."""

    forward: str = ""


_head = msgspec.json.Decoder(_Head).decode


class Customers:
    """Reads the view. A miss raises Problem (404), and so does what a key may not see.

    `up` says whether Redis answered when it was last asked.
    """

    def __init__(self, settings: Settings) -> None:
        self.up = True
        self.keys = Keys.of(settings)
        self._redis = RedisConnection(settings.redis)
        self._lookup = IdentifierLookup(settings)
        self._fresh: int | None = None
        self._asked_again = 0.0

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.close()

    async def find(self, kind: str, value: str, key: ApiKey) -> FoundCustomer:
        """Find the customer of an identifier; raises Problem (400, 404, 503)."""
        kind = SHORT.get(kind, kind)
        written = self._lookup.written({kind: value})
        if kind not in written:
            detail = f"this is no `{kind}` that can belong to a customer"
            raise Problem(HTTPStatus.BAD_REQUEST, detail)
        return await self._found(key, self.keys.entry(kind, written[kind]), "")

    async def get(self, customer_id: str, key: ApiKey) -> FoundCustomer:
        """Read a customer by id, along whoever they were merged into; raises Problem."""
        return await self._found(key, "", customer_id)

    async def find_all(
        self, customer_ids: Sequence[str], key: ApiKey
    ) -> dict[str, FoundCustomer]:
        """Read customers by id, along whoever they were merged into, each under the id asked.

        Left out is who is nobody any more, and whom the key may not see.
        """
        asked = {each: each for each in customer_ids}
        found: dict[str, FoundCustomer] = {}
        for _ in range(HOPS_MOST):
            if not asked:
                break
            names = map(self.keys.customer, asked.values())
            raw = dict(zip(asked, await self.ask("MGET", *names), strict=True))
            ahead = {each: _head(told).forward for each, told in raw.items() if told}
            for each, forward in ahead.items():
                if not forward:
                    with suppress(Problem):
                        found[each] = cut_customer(asked[each].encode(), raw[each], key)
            asked = {each: forward for each, forward in ahead.items() if forward}
        return found

    async def sees(self, customer_id: str, key: ApiKey) -> bool:
        """May the key see this customer? All may who are not limited to brands."""
        return await self._touched(customer_id, key) is not None

    async def _touched(self, customer_id: str, key: ApiKey) -> tuple[str, ...] | None:
        """Which brands a customer has touched, if the key is limited to some; None unseen."""
        if not key.brands:
            return ()
        try:
            return (await self.get(customer_id, key)).touched
        except Problem as problem:
            if problem.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _found(self, key: ApiKey, entry: str, customer_id: str) -> FoundCustomer:
        found = await self.run(FIND_SCRIPT, self.keys.prefix, entry, customer_id)
        if found is None:
            raise nobody()
        customer, stands = found
        return cut_customer(customer, stands, key)

    async def who_goes_on(self, customer_id: str) -> str:
        """Name the customer as whom one goes on who was merged; else the same."""
        for _ in range(HOPS_MOST):
            raw = await self.ask("GET", self.keys.customer(customer_id))
            forward = _head(raw).forward if raw else ""
            if not forward:
                break
            customer_id = forward
        return customer_id

    async def decisions(self, customer_id: str, key: ApiKey) -> list[Json]:
        """The last decisions, the newest first."""
        name = self.keys.decisions(customer_id)
        found = await self.ask("ZREVRANGE", name, 0, -1)
        return shown([_decode(each) for each in found], key.brands)

    async def actions_of(self, found: FoundCustomer, key: ApiKey) -> list[Json]:
        """The open actions of a customer, on the channels that the key may see."""
        actions = await self._actions(self.keys.actions(found.customer_id), key)
        return shown_actions(actions, key.brands, found.touched)

    async def actions_at(self, kind: str, place: str, key: ApiKey) -> list[Json]:
        """The open actions of a venue or a queue."""
        actions = await self._actions(self.keys.place(kind, place), key)
        customers = list(dict.fromkeys(each["customer_id"] for each in actions))
        asked = (self._touched(each, key) for each in customers)
        touched = dict(zip(customers, await asyncio.gather(*asked), strict=True))
        return [
            each
            for action in actions
            if (brands := touched[action["customer_id"]]) is not None
            for each in shown_actions([action], key.brands, brands)
        ]

    async def action(self, action_id: str, key: ApiKey) -> Json:
        """An open action; raises Problem (404)."""
        raw = await self.ask("GET", self.keys.action(action_id))
        found = _seen_actions([raw], key)
        if not found or not await self.sees(found[0]["customer_id"], key):
            detail = "no open action of this id, or not for this key"
            raise Problem(HTTPStatus.NOT_FOUND, detail)
        return found[0]

    async def age_s(self) -> float | None:
        """How long ago the view was last up to date; None where no view has said so."""
        if time.monotonic() >= self._asked_again:
            self._asked_again = time.monotonic() + FRESH_S
            told = await self.ask("HVALS", self.keys.fresh)
            self._fresh = min((int(each) for each in told), default=None)
        return None if self._fresh is None else max(time.time() - self._fresh / 1_000, 0.0)

    async def _actions(self, name: str, key: ApiKey) -> list[Json]:
        now = time.time_ns() // 1_000_000
        ids = await self.ask("ZREVRANGEBYSCORE", name, "+inf", now)
        if not ids:
            return []
        found = await self.ask("MGET", *(self.keys.action(each.decode()) for each in ids))
        actions = _seen_actions(found, key)
        return sorted(actions, key=lambda each: each["time"], reverse=True)

    async def ask(self, *words: Word) -> Any:  # noqa: ANN401 - Redis answers in any form
        """Ask Redis; raises Problem (503) where it does not answer."""
        return await self._told(self._redis.ask(*words))

    async def run(self, script: RedisScript, *arguments: Word) -> Any:  # noqa: ANN401
        """Run a script; raises Problem (503) where Redis does not answer."""
        return await self._told(self._redis.run(script, *arguments))

    async def _told(self, asked: Awaitable[Any]) -> Any:  # noqa: ANN401
        try:
            found = await asked
        except (RedisError, OSError) as error:
            if self.up:
                log.warning("redis does not answer: %s", type(error).__name__)
            self.up = False
            raise try_again("Redis does not answer; ask again", AWAY_AFTER_S) from None
        self.up = True
        return found


def nobody() -> Problem:
    """Say that there is no such customer; also to whom it is none of their business."""
    return Problem(HTTPStatus.NOT_FOUND, "no such customer, or not for this key")


def cut_customer(customer_id: bytes, stands: bytes, key: ApiKey) -> FoundCustomer:
    """Take off a context what leads to it in Redis, and cut out what the key may not see.

    What stands there goes as it is to a key that may see all. Raises Problem (404) where it is
    no context, or nothing of it is to be seen.
    """
    told, found = _LEADS_HERE.subn(rb"\1", stands, count=1)
    if not found:
        raise nobody()
    if not key.brands:
        return FoundCustomer(customer_id.decode(), told)
    context = _decode(told)
    touched = context.get("brands", ())
    if not is_shown(touched, key.brands):
        raise nobody()
    seen = _encode(shown_context(context, key.brands))
    return FoundCustomer(customer_id.decode(), seen, tuple(touched))


def _seen_actions(found: Sequence[bytes | None], key: ApiKey) -> list[Json]:
    """Read actions, without those that are closed or not on a channel of the key."""
    read = [_decode(each) for each in found if each]
    return [
        each
        for each in shown(read, key.brands)
        if "action_id" in each and (not key.channels or each["channel"] in key.channels)
    ]
