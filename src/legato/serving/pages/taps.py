"""What somebody tapped, until it is an outcome: for five seconds it can be undone.

A tap lies in Redis, under a key of its own, and in a list by when it is due. Whichever replica
comes first takes what is due out of reach of undo, has Kafka acknowledge it, and strikes it
off; what a replica took and did not finish, another takes up. A report that is sent twice by
that counts once, since its id is that of the tap.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from legato.core.values.time import SECOND, Instant
from legato.serving.api.access import now_ms
from legato.serving.api.outcomes import send_outcome
from legato.serving.api.problems import Problem
from legato.serving.api.redis_connection import RedisScript
from legato.serving.api.state import ApiState
from legato.wire.topics.outcomes import Outcome

log = logging.getLogger(__name__)

UNDO_MS = 5 * SECOND
KEPT_MS = 24 * 60 * 60 * SECOND
"""So long a tap is known, so that the same one is not done twice."""
LEASE_MS = 15 * SECOND
"""After so long another replica sends what one took."""
LOOK_S = 0.5
AT_ONCE = 100
KEY_BYTES, NAME_DIGITS = 12, 32

_PUT = RedisScript.of("""
-- Arguments: the tap's name, the list, the tap, its id in the list, when it is due, how long it
-- is known.
if not redis.call('SET', ARGV[1], ARGV[3], 'NX', 'PX', ARGV[6]) then
  return 0
end
redis.call('ZADD', ARGV[2], ARGV[5], ARGV[4])
return 1
""")
_TAKE = RedisScript.of("""
-- Arguments: the list, the list of what is being sent, now, until when it is ours, how many,
-- what names of taps begin with.
local taken = redis.call('ZRANGEBYSCORE', ARGV[1], '-inf', ARGV[3], 'LIMIT', 0, ARGV[5])
for _, id in ipairs(taken) do
  redis.call('ZREM', ARGV[1], id)
end
local left = redis.call('ZRANGEBYSCORE', ARGV[2], '-inf', ARGV[3], 'LIMIT', 0, ARGV[5])
for _, id in ipairs(left) do
  taken[#taken + 1] = id
end
local found = {}
for _, id in ipairs(taken) do
  local tap = redis.call('GET', ARGV[6] .. id)
  if tap then
    redis.call('ZADD', ARGV[2], ARGV[4], id)
    found[#found + 1] = id
    found[#found + 1] = tap
  else
    redis.call('ZREM', ARGV[2], id)
  end
end
return found
""")
_read = msgspec.json.Decoder(Outcome).decode
_encode = msgspec.json.Encoder().encode


def new_key() -> str:
    """Make the key of a tap, which a form bears: the form sent twice is one tap."""
    return secrets.token_urlsafe(KEY_BYTES)


class TapResult(Struct, frozen=True):
    """That it was taken; `again` if it was before."""

    again: bool = False


class Taps:
    """Takes taps, lets them be undone, and sends them; without Redis all raise Problem."""

    def __init__(self, api: ApiState) -> None:
        self._api = api
        prefix = api.settings.redis.prefix
        self._named, self._due = f"{prefix}tap:", f"{prefix}taps"
        self._sending = f"{prefix}taps:sending"

    async def take(self, user_id: str, key: str, outcome: Outcome) -> TapResult:
        """Take what somebody tapped; the same key of theirs again is nothing new."""
        name = _id(user_id, key)
        told = _encode(msgspec.structs.replace(outcome, outcome_id=f"tap-{name}"))
        words = self._named + name, self._due, told, name, now_ms() + UNDO_MS, KEPT_MS
        return TapResult(again=not await self._api.customers.run(_PUT, *words))

    async def undo(self, user_id: str, key: str) -> bool:
        """Take a tap back; False if it was sent meanwhile, or is none of theirs."""
        return bool(await self._api.customers.ask("ZREM", self._due, _id(user_id, key)))

    async def run(self) -> None:
        """Send what is due until cancelled."""
        while True:
            try:
                await self.send_due()
            except Problem as problem:
                log.warning("taps wait: %s", problem.detail)
                await asyncio.sleep(LOOK_S)
            await asyncio.sleep(LOOK_S)

    async def send_due(self) -> int:
        """Send all that is due now, and say how many; raises Problem (503)."""
        now: Instant = now_ms()
        lists = self._due, self._sending
        found = await self._api.customers.run(
            _TAKE, *lists, now, now + LEASE_MS, AT_ONCE, self._named
        )
        for name, told in _pairs(found):
            await send_outcome(self._api, _read(told))
            await self._api.customers.ask("ZREM", self._sending, name)
        return len(found) // 2


def _id(user_id: str, key: str) -> str:
    return hashlib.sha256(f"{user_id}\x1f{key}".encode()).hexdigest()[:NAME_DIGITS]


def _pairs(found: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    each = iter(found)
    return zip(each, each, strict=True)
