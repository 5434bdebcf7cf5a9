"""Who is at a venue or expected there, and who is in contact with a queue: for its pages.

Sets in Redis say where to look, written by the view from contexts, and by this API for guests:
those who are there by a resume code, a scan or a claim. Whoever stands in one may have been
merged, split or erased since, or gone: each is looked up, along whoever they were merged into,
cut to what the key may see, and left out unless what is left says that they are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from legato.core.values.time import LONG_AGO, Instant
from legato.queries.shown import Json
from legato.queries.visibility import (
    Visibility,
    VisibleContact,
    WhyVisible,
    contact_in,
    visible_at,
)
from legato.serving.api.access import now_ms
from legato.serving.api.customers import Customers, FoundCustomer
from legato.serving.api.keys import ApiKey
from legato.serving.api.redis_connection import RedisScript

MOST_LISTED = 1_000
"""So many of a set are looked up, those who stand in it longest: no page shows more."""
MEMBERS = RedisScript.of("""
-- Arguments: now, how many of each set at most, the keys of sets. Answers with each set: who
-- stands in it, each before until when; by a script, since these are so in any protocol.
local sets = {}
for at = 3, #ARGV do
  sets[#sets + 1] = redis.call(
    'ZREVRANGEBYSCORE', ARGV[at], '+inf', '(' .. ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2]
  )
end
return sets
""")
ENTER = RedisScript.of("""
-- Arguments: the key of the set, who enters, until when, now, where to tell, the notice.
redis.call('ZREMRANGEBYSCORE', ARGV[1], '-inf', ARGV[4])
local is_news = redis.call('ZADD', ARGV[1], 'GT', ARGV[3], ARGV[2]) == 1
redis.call('PEXPIREAT', ARGV[1], redis.call('ZRANGE', ARGV[1], -1, -1, 'WITHSCORES')[2])
if is_news then
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
return is_news
""")
ORDER: tuple[WhyVisible, ...] = ("present", "guest", "expected", "left", "lapsed")
"""Who is told of first at a venue."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class VisibleCustomer(Struct, frozen=True):
    """A customer at a venue: the context cut to what the key may see, as JSON, and why."""

    found: FoundCustomer
    context: Json
    visibility: Visibility


class CustomerInContact(Struct, frozen=True):
    """A customer in contact with a queue: the context cut to what the key may see, and how."""

    found: FoundCustomer
    context: Json
    contact: VisibleContact


class PresenceReader:
    """Reads who is where. All raise Problem (503) where Redis does not answer."""

    def __init__(self, customers: Customers, default_queue: str) -> None:
        self._customers, self._default = customers, default_queue

    async def at_venue(self, venue: str, key: ApiKey) -> list[VisibleCustomer]:
        """List who is at a venue or expected there: the last who came first."""
        keys = self._customers.keys
        names = keys.here(venue), keys.expected(venue), keys.guests(venue)
        here, expected, guests = await self._members(*names)
        found = await self._customers.find_all([*{**here, **expected, **guests}], key)
        now, until = now_ms(), _latest(guests, found)
        seen = (
            VisibleCustomer(each, context, why)
            for each in _once(found)
            for context in (_decode(each.context),)
            if (why := visible_at(context, venue, now, until.get(each.customer_id, LONG_AGO)))
        )
        return sorted(seen, key=_by_presence)

    async def in_queue(self, queue: str, key: ApiKey) -> list[CustomerInContact]:
        """List who is in contact with a queue: first who waits, the longest first."""
        (members,) = await self._members(self._customers.keys.contacts(queue))
        found = await self._customers.find_all([*members], key)
        now = now_ms()
        seen = (
            CustomerInContact(each, context, contact)
            for each in _once(found)
            for context in (_decode(each.context),)
            if (contact := contact_in(context, queue, now, self._default))
        )
        return sorted(seen, key=_by_wait)

    async def seen_at(self, found: FoundCustomer, venue: str) -> Visibility | None:
        """Say why one customer is visible to a venue; None if they are not."""
        until = await self._guest_until(venue, found.customer_id)
        return visible_at(_decode(found.context), venue, now_ms(), until)

    def contact_of(self, found: FoundCustomer, queue: str) -> VisibleContact | None:
        """Say how one customer is in contact with a queue; None if they are not."""
        return contact_in(_decode(found.context), queue, now_ms(), self._default)

    async def note_guest(self, venue: str, customer_id: str, until: Instant) -> None:
        """Remember that a customer is at a venue until some instant, and tell its streams.

        It is by what somebody told, such as a code, a scan or a claim. Who is remembered for
        longer stays so.
        """
        now, keys = now_ms(), self._customers.keys
        if until <= now:
            return
        notice = {"kind": "context", "id": customer_id, "customer": customer_id, "venue": venue}
        told = keys.notices, _encode([notice])
        await self._customers.run(ENTER, keys.guests(venue), customer_id, until, now, *told)

    async def hand_on_guest(self, venue: str, former: str, customer_id: str) -> None:
        """Let who was merged be a guest as whom they go on, for as long as they were."""
        await self.note_guest(venue, customer_id, await self._guest_until(venue, former))

    async def _guest_until(self, venue: str, customer_id: str) -> Instant:
        guests = self._customers.keys.guests(venue)
        told = await self._customers.ask("ZSCORE", guests, customer_id)
        return LONG_AGO if told is None else int(float(told))

    async def _members(self, *names: str) -> list[dict[str, Instant]]:
        """Who stands in each of some sets, and until when."""
        sets = await self._customers.run(MEMBERS, now_ms(), MOST_LISTED, *names)
        return [
            {
                customer.decode(): int(until)
                for customer, until in zip(told[::2], told[1::2], strict=True)
            }
            for told in sets
        ]


def _once(found: Mapping[str, FoundCustomer]) -> list[FoundCustomer]:
    """Each customer once, also who is known by several former ids."""
    return [*{each.customer_id: each for each in found.values()}.values()]


def _latest(
    members: Mapping[str, Instant], found: Mapping[str, FoundCustomer]
) -> dict[str, Instant]:
    """Until when customers stand in a set, under any id that they had."""
    until: dict[str, Instant] = {}
    for name, ends in members.items():
        if name in found:
            customer = found[name].customer_id
            until[customer] = max(ends, until.get(customer, LONG_AGO))
    return until


def _by_presence(each: VisibleCustomer) -> tuple[int, Instant, str]:
    seen = each.visibility
    return ORDER.index(seen.why), -seen.since, each.found.customer_id


def _by_wait(each: CustomerInContact) -> tuple[bool, Instant, str]:
    contact = each.contact
    return contact.waiting is None, contact.since, each.found.customer_id
