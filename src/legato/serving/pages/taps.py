"""What somebody tapped, until it is an outcome: for five seconds it can be undone.

A tap lies in Redis, under a key of its own, and in a list by when it is due; of an action there
is one, until it is undone: who taps again is told what stands. Whichever replica
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
from legato.wire.topics.outcomes import Outcome, Status

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
-- is known, the name of what stands for its action, what is to stand there.
local stands = redis.call('GET', ARGV[7])
if stands then
  return stands
end
if redis.call('SET', ARGV[1], ARGV[3], 'NX', 'PX', ARGV[6]) then
  redis.call('ZADD', ARGV[2], ARGV[5], ARGV[4])
  redis.call('SET', ARGV[7], ARGV[8], 'PX', ARGV[6])
end
return ARGV[8]
""")
_UNDO = RedisScript.of("""
-- Arguments: the list, the tap's id in it, the tap's name, what the names of what stands for an
-- action begin with.
local tap = redis.call('GET', ARGV[3])
if redis.call('ZREM', ARGV[1], ARGV[2]) == 0 or not tap then
  return 0
end
-- The tap goes as well: whoever taps again on a page that stands still has the same key.
redis.call('DEL', ARGV[3], ARGV[4] .. cjson.decode(tap)['action_id'])
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


class StandingTap(Struct, frozen=True):
    """What stands for an action: what was tapped first, and not undone since."""

    key: str
    status: Status


_read_standing = msgspec.json.Decoder(StandingTap).decode


class Taps:
    """Takes taps, lets them be undone, and sends them; without Redis all raise Problem."""

    def __init__(self, api: ApiState) -> None:
        self._api = api
        prefix = api.settings.redis.prefix
        self._named, self._due = f"{prefix}tap:", f"{prefix}taps"
        self._standing = f"{prefix}tap:of:"
        self._sending = f"{prefix}taps:sending"

    async def take(self, user_id: str, key: str, outcome: Outcome) -> StandingTap:
        """Take what somebody tapped, and say what stands; once told, no more is taken."""
        name = _id(user_id, key)
        told = _encode(msgspec.structs.replace(outcome, outcome_id=f"tap-{name}"))
        words = self._named + name, self._due, told, name, now_ms() + UNDO_MS, KEPT_MS
        stands = _encode(StandingTap(key, outcome.status))
        told_of = self._standing + outcome.action_id, stands
        return _read_standing(await self._api.customers.run(_PUT, *words, *told_of))

    async def undo(self, user_id: str, key: str) -> bool:
        """Take a tap back; False if it was sent meanwhile, or is none of theirs."""
        name = _id(user_id, key)
        words = self._due, name, self._named + name, self._standing
        return bool(await self._api.customers.run(_UNDO, *words))

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
