"""How often somebody may try to sign in: counted in Redis, so for all replicas at once."""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address, ip_address, ip_network

from legato.core.values.time import Instant
from legato.serving.api.customers import Customers
from legato.serving.api.problems import too_many
from legato.serving.api.redis_connection import RedisScript
from legato.serving.pages.users import plain_name

WITHIN_MS = 5 * 60_000
OF_A_NAME, OF_AN_ADDRESS = 5, 20
"""How many tries there are within that span."""
NETWORK_BITS = 64
"""Whoever has one address of IPv6 has all that begin with the same bits."""
_TRY_BYTES = 8

SPEND = RedisScript.of("""
-- Arguments: now, within how many ms, a name for this try, and keys, each followed by how many
-- tries it has. A try that is one too many is not counted: so they come back one by one.
local wait = 0
for at = 4, #ARGV, 2 do
  redis.call('ZREMRANGEBYSCORE', ARGV[at], '-inf', ARGV[1] - ARGV[2])
  if redis.call('ZCARD', ARGV[at]) >= tonumber(ARGV[at + 1]) then
    local first = redis.call('ZRANGE', ARGV[at], 0, 0, 'WITHSCORES')
    wait = math.max(wait, first[2] + ARGV[2] - ARGV[1])
  end
end
if wait > 0 then
  return wait
end
for at = 4, #ARGV, 2 do
  redis.call('ZADD', ARGV[at], ARGV[1], ARGV[3])
  redis.call('PEXPIRE', ARGV[at], ARGV[2])
end
return 0
""")


class Attempts:
    """Counts tries, by name and by address, before a password is looked at.

    Neither stands in Redis, only their keyed hashes. Where Redis does not answer nobody tries:
    all raise Problem (503) then.
    """

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def spend(self, name: str, address: str, now: Instant) -> None:
        """Count a try; raises Problem (429) for one too many, and says when to come again."""
        keys = self._customers.keys
        wait_ms: int = await self._customers.run(
            SPEND,
            now,
            WITHIN_MS,
            secrets.token_hex(_TRY_BYTES),
            keys.tries("name", plain_name(name)),
            OF_A_NAME,
            keys.tries("address", network_of(address)),
            OF_AN_ADDRESS,
        )
        if wait_ms:
            raise too_many("that was tried too often; wait", wait_ms / 1_000)

    async def forgive(self, name: str) -> None:
        """Forget the tries of a name whose password was right; those of the address stay."""
        await self._customers.ask("DEL", self._customers.keys.tries("name", plain_name(name)))


def network_of(address: str) -> str:
    """Write what is counted as one address; what is none is itself."""
    try:
        told = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(told, IPv6Address):
        if told.ipv4_mapped is not None:
            return str(told.ipv4_mapped)
        return str(ip_network((told, NETWORK_BITS), strict=False))
    return str(told)
