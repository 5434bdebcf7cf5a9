"""Who has taken an open action up: one of those to whom it is shown, and nobody else.

A claim lies in Redis for as long as its action is good, and nowhere else. It is made, and
given back, by a script: so of any number who claim at once one wins, of an action that is open
then, and all who follow it are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from msgspec import Struct

from legato.core.values.time import Instant
from legato.queries.shown import Json
from legato.serving.api.access import now_ms
from legato.serving.api.customers import Customers
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.redis_connection import RedisScript
from legato.serving.redis_view.open_actions import OpenRule
from legato.settings import ViewSettings

TAKE = RedisScript.of("""
-- Arguments: the keys of the claim and of the action, the claim, until when it lasts, where to
-- tell, the notice.
local action = redis.call('GET', ARGV[2])
if not action or action:sub(1, 10) == '{"closed":' then
  return false
end
local standing = redis.call('GET', ARGV[1])
if standing then
  return standing
end
redis.call('SET', ARGV[1], ARGV[3], 'PXAT', ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return ARGV[3]
""")
GIVE_BACK = RedisScript.of("""
-- Arguments: the key of the claim, the claim that is given back, where to tell, the notice.
if redis.call('GET', ARGV[1]) == ARGV[2] then
  redis.call('DEL', ARGV[1])
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return true
""")
_encode = msgspec.json.Encoder().encode


class ActionClaim(Struct, frozen=True, omit_defaults=True):
    """Who took an action up, by which key, and when. `by` is whatever the caller calls them.

    `name` is what they are called at the desk, where colleagues are told who has it.
    """

    by: str
    key_id: str
    since: Instant
    name: str = ""

    def is_of(self, key: ApiKey, by: str) -> bool:
        """Is it theirs?"""
        return (self.key_id, self.by) == (key.id, by)


_read = msgspec.json.Decoder(ActionClaim).decode


class Claims:
    """Makes and reads claims. All raise Problem (503) where Redis does not answer."""

    def __init__(self, customers: Customers, settings: ViewSettings) -> None:
        rule = OpenRule.of(settings)
        self._customers = customers
        self._pulled = rule.venues | rule.queues | rule.pages

    async def take(self, action: Json, customer: str, claim: ActionClaim) -> ActionClaim:
        """Claim an open action of this customer; whose it is then may be somebody else.

        Raises Problem: 400 for one that is sent rather than shown, 404 for one that is over.
        """
        if action["channel"] not in self._pulled:
            detail = (
                f"what goes out on `{action['channel']}` is sent by an adapter, not claimed"
            )
            raise Problem(HTTPStatus.BAD_REQUEST, detail)
        names = self._name(action), self._customers.keys.action(action["action_id"])
        told = self._notice("claimed", action, customer)
        lasting = _encode(claim), action["expires_at"]
        standing: bytes | None = await self._customers.run(TAKE, *names, *lasting, *told)
        if standing is None:
            raise Problem(HTTPStatus.NOT_FOUND, "the action is over; nothing is left to claim")
        return _read(standing)

    async def give_back(self, action: Json, customer: str, claim: ActionClaim) -> None:
        """Let go of a claim that stands, if it still does."""
        told = self._notice("released", action, customer)
        await self._customers.run(GIVE_BACK, self._name(action), _encode(claim), *told)

    async def of(self, action: Json) -> ActionClaim | None:
        """Who has claimed an action; None if nobody has."""
        found = await self._customers.ask("GET", self._name(action))
        return None if found is None else _read(found)

    async def of_all(self, actions: Sequence[Json]) -> list[ActionClaim | None]:
        """Who has claimed each of these actions."""
        if not actions:
            return []
        found = await self._customers.ask("MGET", *map(self._name, actions))
        return [None if told is None else _read(told) for told in found]

    async def marked(self, actions: Sequence[Json], key: ApiKey) -> list[Json]:
        """Say of each action since when it is claimed, if it is; by whom to that key alone."""
        claims = await self.of_all(actions)
        return [
            action if claim is None else {**action, "claimed": shown_claim(claim, key)}
            for action, claim in zip(actions, claims, strict=True)
        ]

    def _name(self, action: Json) -> str:
        return self._customers.keys.claim(action["action_id"])

    def _notice(self, kind: str, action: Json, customer: str) -> tuple[str, bytes]:
        """Where to tell of a claim, and what: as the view tells of actions."""
        told = {"kind": kind, "id": action["action_id"], "customer": customer, "time": now_ms()}
        told |= {name: action[name] for name in ("channel", "venue", "queue") if name in action}
        return self._customers.keys.notices, _encode([told])


def shown_claim(claim: ActionClaim, key: ApiKey) -> Json:
    """A claim as a key may see it: who it is knows the system alone that has them."""
    if claim.key_id != key.id:
        return {"since": claim.since}
    return {"since": claim.since, "by": claim.by}


def taken(claim: ActionClaim, what: str) -> Problem:
    """Say that somebody else has it, and since when; never who."""
    return Problem(HTTPStatus.CONFLICT, what, claimed={"since": claim.since})
